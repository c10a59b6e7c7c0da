"""Reads the settings from the environment and `.env`; what is wrong ends the start in one line."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import environ

T = TypeVar("T")

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"
THIS_MACHINE = ("localhost", "127.0.0.1", "[::1]")
_ORIGIN = re.compile(r"https?://[^\s/@?#]+", re.I)
_HOST = re.compile(r"\*|\[[0-9a-f:.]+\]|\.?[a-z0-9-]+(\.[a-z0-9-]+)*", re.I)
NAMES: set[str] = set()  # of all settings that were asked for


class _Environment(environ.Env):  # type: ignore[misc]  # it has no types
    def get_value(self, var: str, *args: Any, **kwargs: Any) -> Any:
        NAMES.add(var)
        return super().get_value(var, *args, **kwargs)


env = _Environment()
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


def hosts(name: str, default: Sequence[str]) -> list[str]:
    found = [host.strip() for host in env.list(name, default=default) if host.strip()]
    if not found or not all(_HOST.fullmatch(host) for host in found):
        raise stop(name, "host names with commas between, without http:// and without ports")
    return found


def origins(name: str) -> list[str]:
    found = [origin.strip() for origin in env.list(name, default=[]) if origin.strip()]
    if not all(_ORIGIN.fullmatch(origin) for origin in found):
        raise stop(name, "addresses such as https://dubadmin.example.com, with commas between")
    return found


def secret_key(name: str, *, needed: bool) -> str:
    """The key that signs, or the one that this installation has made for itself, kept in var/.

    `needed` is where that one will not do: others can reach the site, perhaps on many machines.
    """
    value = str(env.str(name, default=""))
    if not value and not needed:
        return _key_of_this_installation()
    if len(value) < 50 or len(set(value)) < 10:
        raise stop(name, "at least 50 random characters, as from: openssl rand -base64 48")
    return value


def _key_of_this_installation() -> str:
    path = VAR_DIR / "secret-key"
    try:
        VAR_DIR.mkdir(exist_ok=True)
        if not path.exists():
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w") as file:
                file.write(secrets.token_urlsafe(50))
    except FileExistsError:
        pass  # another process of this start was quicker
    except OSError as error:
        raise SystemExit(f"dubadmin: cannot write to {VAR_DIR}: {error.strerror}.") from None
    return path.read_text()


def database(name: str, *, default: str) -> dict[str, Any]:
    """PostgreSQL by its address, or an SQLite file; `default` is one in var/."""
    must = "an address such as postgres://user:password@host:5432/name or sqlite:////folder/file"
    value = env.str(name, default="").strip()
    if value and not value.startswith(("postgres://", "postgresql://", "sqlite:///")):
        raise stop(name, must)  # before environ could echo it
    found: dict[str, Any] = read(name, env.db_url, "", must) if value else {}
    if not value:
        VAR_DIR.mkdir(exist_ok=True)
        found = environ.Env.db_url_config(f"sqlite:///{VAR_DIR / default}")
    file = str(found["NAME"])
    if file in {"", ":memory:"}:
        raise stop(name, must)
    if found["ENGINE"] == "django.db.backends.sqlite3" and not Path(file).parent.is_dir():
        raise stop(name, "an SQLite file in a folder that exists")
    return found


def cache(name: str) -> dict[str, Any] | None:
    """A cache that several machines share, None without one."""
    value = env.str(name, default="").strip()
    if not value:
        return None
    found: dict[str, Any] = read(name, env.cache_url, "", "an address such as redis://host:6379/0")
    if urlsplit(value).scheme not in {"redis", "rediss"} or not urlsplit(value).hostname:
        raise stop(name, "an address such as redis://host:6379/0")
    return found


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


def phrases(name: str, default: str) -> list[str]:
    """A short list of phrases with semicolons between."""
    found = [phrase.strip() for phrase in env.str(name, default=default).split(";")]
    if len(found) > 30 or any(len(phrase) > 200 for phrase in found):
        raise stop(name, "at most 30 phrases of at most 200 characters, with semicolons between")
    return [phrase for phrase in found if phrase]
