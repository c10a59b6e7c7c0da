"""Reads the settings from the environment and `.env`; what is wrong ends the start in one line."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import environ

T = TypeVar("T")

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
env.read_env(BASE_DIR / ".env")


def stop(name: str, must: str) -> SystemExit:
    return SystemExit(f"dubadmin: the setting {name} must be {must}.")


def read(name: str, cast: Callable[..., T], default: Any, must: str) -> T:
    try:
        return cast(name, default=default)
    except (ValueError, environ.ImproperlyConfigured):
        raise stop(name, must) from None


def whole(name: str, default: int, *, least: int, most: int) -> int:
    must = f"a whole number from {least} to {most}"
    value: int = read(name, env.int, default, must)
    if not least <= value <= most:
        raise stop(name, must)
    return value


def yes_or_no(name: str, default: bool) -> bool:
    text = env.str(name, default=str(default)).strip().lower()
    if text not in {"1", "0", "true", "false", "yes", "no", "on", "off"}:
        raise stop(name, "on or off")
    return text in {"1", "true", "yes", "on"}


def one_of(name: str, default: str, choices: tuple[str, ...]) -> str:
    value = str(env.str(name, default=default)).strip()
    if value not in choices:
        raise stop(name, f"one of {', '.join(choices)}")
    return value


def file(name: str) -> str:
    """A file that may not be there yet, in a folder that is."""
    value = str(env.str(name, default="")).strip()
    if value and (not Path(value).parent.is_dir() or Path(value).is_dir()):
        raise stop(name, "a file in a folder that exists")
    return value


def address(name: str, default: str, *, query: bool = False) -> str:
    value = str(env.str(name, default=default)).strip().rstrip("/")
    if not value and not default:
        return ""
    try:
        parts = urlsplit(value)
        valid = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 1)
    except ValueError:
        valid = False
    if not valid or parts.username or parts.fragment or (parts.query and not query):
        without = "user name" if query else "user name or query"
        raise stop(name, f"an http:// or https:// address without {without}")
    return value


def secure_address(name: str) -> str:
    """An https:// address or none; on this machine http:// will do."""
    value = address(name, "")
    parts = urlsplit(value)
    if (
        value
        and parts.scheme != "https"
        and parts.hostname not in {"localhost", "127.0.0.1", "::1"}
    ):
        raise stop(name, "an https:// address")
    return value


def email_server(name: str) -> dict[str, Any]:
    """Django's settings of an e-mail server, by its address."""
    must = "the address of an e-mail server, such as smtp+tls://user:password@host:587"
    found: dict[str, Any] = read(name, env.email_url, "", must)
    if found["EMAIL_BACKEND"].endswith("smtp.EmailBackend") and not found["EMAIL_HOST"]:
        raise stop(name, must)
    return found


def some_of(name: str, known: Iterable[str]) -> list[str]:
    """Some of the `known` words, separated by commas."""
    given = [word.strip() for word in env.str(name, default="").split(",") if word.strip()]
    if not set(given) <= set(known):
        raise stop(name, f"empty, or some of {', '.join(known)} with commas between")
    return given
