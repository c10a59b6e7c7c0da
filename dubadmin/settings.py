"""Settings, read once from the environment and `.env`. A bad value stops the start in one line."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import environ
from csp.constants import NONE, SELF

T = TypeVar("T")

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"
env = environ.Env()
env.read_env(BASE_DIR / ".env")


def _stop(name: str, must: str) -> SystemExit:
    return SystemExit(f"dubadmin: the setting {name} must be {must}.")


def _read(name: str, cast: Callable[..., T], default: Any, must: str) -> T:
    try:
        return cast(name, default=default)
    except (ValueError, environ.ImproperlyConfigured):
        raise _stop(name, must) from None


def _whole(name: str, default: int, *, least: int, most: int) -> int:
    must = f"a whole number from {least} to {most}"
    value: int = _read(name, env.int, default, must)
    if not least <= value <= most:
        raise _stop(name, must)
    return value


def _yes_or_no(name: str, default: bool) -> bool:
    text = env.str(name, default=str(default)).strip().lower()
    if text not in {"1", "0", "true", "false", "yes", "no", "on", "off"}:
        raise _stop(name, "on or off")
    return text in {"1", "true", "yes", "on"}


def _file(name: str) -> str:
    """A file that may not be there yet, in a folder that is."""
    value = str(env.str(name, default="")).strip()
    if value and (not Path(value).parent.is_dir() or Path(value).is_dir()):
        raise _stop(name, "a file in a folder that exists")
    return value


def _address(name: str, default: str, *, query: bool = False) -> str:
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
        raise _stop(name, f"an http:// or https:// address without {without}")
    return value


def _key_of_this_installation() -> str:
    """The secret that an installation without SECRET_KEY makes for itself, kept in var/."""
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


DEBUG = _yes_or_no("DEBUG", False)
SECRET_KEY = env.str("SECRET_KEY", default="") or _key_of_this_installation()
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
PORT = _whole("PORT", 8000, least=1, most=65535)

# Dub, or the local sandbox when there is no key.
DUB_API_KEY = env.str("DUB_API_KEY", default="").strip()
LIVE = bool(DUB_API_KEY)
SANDBOX_PORT = _whole("SANDBOX_PORT", 8001, least=1, most=65535)
if LIVE:
    DUB_API_URL = _address("DUB_API_URL", "https://api.dub.co")
elif env.str("DUB_API_URL", default=""):
    raise SystemExit("dubadmin: the setting DUB_API_URL needs DUB_API_KEY beside it.")
else:
    DUB_API_URL = f"http://127.0.0.1:{SANDBOX_PORT}"
    DUB_API_KEY = "dub_sandbox_key"
if not DUB_API_KEY.isascii() or not DUB_API_KEY.isprintable() or " " in DUB_API_KEY:
    raise _stop("DUB_API_KEY", "one word of plain ASCII characters")
DUB_TIMEOUT_SECONDS = _whole("DUB_TIMEOUT_SECONDS", 10, least=1, most=120)
DUB_RATE_LIMIT_PER_MINUTE = _whole("DUB_RATE_LIMIT_PER_MINUTE", 600, least=20, most=100_000)

REQUIRE_REASON = _yes_or_no("REQUIRE_REASON", False)
FOLLOW_UP_SECONDS = _whole("FOLLOW_UP_SECONDS", 120, least=5, most=86_400)
RETYPE_AMOUNT_ABOVE = _whole("RETYPE_AMOUNT_ABOVE", 10_000, least=0, most=10**12)
ADD_REFERENCE_TO_METADATA = _yes_or_no("ADD_REFERENCE_TO_METADATA", False)
AUDIT_RETENTION_DAYS = _whole("AUDIT_RETENTION_DAYS", 0, least=0, most=36_500)
if 0 < AUDIT_RETENTION_DAYS < 30:  # what Dub may still take for a repeat must be known
    raise _stop("AUDIT_RETENTION_DAYS", "0, to keep everything, or at least 30")
AUDIT_ANCHOR_MINUTES = _whole("AUDIT_ANCHOR_MINUTES", 60, least=0, most=10_080)
AUDIT_ANCHOR_FILE = _file("AUDIT_ANCHOR_FILE")
AUDIT_ANCHOR_URL = _address("AUDIT_ANCHOR_URL", "", query=True)
TRUSTED_PROXIES = _whole("TRUSTED_PROXIES", 0, least=0, most=10)

# Files that come in.
IMPORT_MAX_MEGABYTES = _whole("IMPORT_MAX_MEGABYTES", 200, least=1, most=2_000)
IMPORT_MAX_ROWS = _whole("IMPORT_MAX_ROWS", 1_000_000, least=1, most=10_000_000)
IMPORT_MAX_COLUMNS = _whole("IMPORT_MAX_COLUMNS", 200, least=2, most=16_384)
IMPORT_MAX_CELL = _whole("IMPORT_MAX_CELL", 32_767, least=100, most=100_000)
IMPORT_MAX_UNPACKED_MEGABYTES = _whole("IMPORT_MAX_UNPACKED_MEGABYTES", 500, least=1, most=10_000)
IMPORT_MEMORY_MEGABYTES = _whole("IMPORT_MEMORY_MEGABYTES", 1_000, least=100, most=100_000)

INSTALLED_APPS = [
    "dubadmin.apps.DubadminAdmin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.forms",
    "django_htmx",
    "template_partials",
    "heroicons",
    "csp",
    "django_tasks",
    "django_tasks_db",
    "customers",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "customers.middleware.request_id",
    "customers.visits.logged",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "customers.middleware.whole_ids",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "customers.middleware.time_zone",
    "customers.middleware.dub_problems",
]
ROOT_URLCONF = "dubadmin.urls"
WSGI_APPLICATION = "dubadmin.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "customers.middleware.site",
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

DATABASES = {
    "default": _read(
        "DATABASE_URL",
        env.db_url,
        f"sqlite:///{VAR_DIR / ('dubadmin.sqlite3' if LIVE else 'demo.sqlite3')}",
        "a database address such as postgres://user:password@host:5432/name",
    )
}
DATABASES["default"]["CONN_MAX_AGE"] = 60
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # Web and worker write at the same time: WAL lets readers go on, IMMEDIATE makes writers queue
    # instead of failing half-way. FULL puts a committed intent on disk before the request leaves.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
    }
# Only hints and what can be asked again at any time; a process more or less changes nothing.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "OPTIONS": {"MAX_ENTRIES": 50_000},
    }
}
# What takes longer than a page may. The worker (`manage.py worker`) takes it from the database.
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"
SESSION_COOKIE_NAME = "dubadmin_session"
CSRF_COOKIE_NAME = "dubadmin_csrf"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = 14 * 24 * 3600

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True

STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = DEBUG
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000
FILE_UPLOAD_HANDLERS = [
    "customers.uploads.Bounded",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        "django.server": {"handlers": ["stderr"], "level": "INFO", "propagate": False},
        "dubadmin.audit": {"level": "INFO"},
    },
}
