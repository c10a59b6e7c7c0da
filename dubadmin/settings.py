"""Settings, read once from the environment and `.env`. A bad value stops the start in one line."""

from __future__ import annotations

from csp.constants import NONE, SELF

from .dub.commands import ACTIONS
from .environment import (
    BASE_DIR,
    THIS_MACHINE,
    VAR_DIR,
    address,
    cache,
    database,
    email_server,
    env,
    file,
    hosts,
    origins,
    phrases,
    secret_key,
    some_of,
    stop,
    whole,
    yes_or_no,
)
from .settings_log import *  # noqa: F403
from .settings_signin import *  # noqa: F403
from .settings_signin import HTTPS

DEBUG = yes_or_no("DEBUG", False)
ALLOWED_HOSTS = hosts("ALLOWED_HOSTS", THIS_MACHINE)
IS_PUBLIC = not set(ALLOWED_HOSTS) <= set(THIS_MACHINE)
if DEBUG and IS_PUBLIC:
    raise stop("DEBUG", "off where ALLOWED_HOSTS names more than this machine")
CSRF_TRUSTED_ORIGINS = origins("CSRF_TRUSTED_ORIGINS")
PORT = whole("PORT", 8000, least=1, most=65535)

# Dub, or the local sandbox when there is no key.
DUB_API_KEY = env.str("DUB_API_KEY", default="").strip()
LIVE = bool(DUB_API_KEY)
SANDBOX_PORT = whole("SANDBOX_PORT", 8001, least=1, most=65535)
if LIVE:
    DUB_API_URL = address("DUB_API_URL", "https://api.dub.co")
elif env.str("DUB_API_URL", default=""):
    raise SystemExit("dubadmin: the setting DUB_API_URL needs DUB_API_KEY beside it.")
else:
    DUB_API_URL = f"http://127.0.0.1:{SANDBOX_PORT}"
    DUB_API_KEY = "dub_sandbox_key"
if not DUB_API_KEY.isascii() or not DUB_API_KEY.isprintable() or " " in DUB_API_KEY:
    raise stop("DUB_API_KEY", "one word of plain ASCII characters")
# Where people find a customer elsewhere: Dub's dashboard of this workspace, and Stripe's.
DUB_DASHBOARD_URL = address("DUB_DASHBOARD_URL", "")
STRIPE_DASHBOARD_URL = address("STRIPE_DASHBOARD_URL", "https://dashboard.stripe.com")
SECRET_KEY = secret_key("SECRET_KEY", needed=LIVE and IS_PUBLIC)
SECRET_KEY_FALLBACKS = [key for key in env.list("SECRET_KEY_FALLBACKS", default=[]) if key]
DUB_TIMEOUT_SECONDS = whole("DUB_TIMEOUT_SECONDS", 10, least=1, most=120)
# How long a process that is told to stop may take: twice the longest exchange with Dub.
GRACE_SECONDS = 4 * DUB_TIMEOUT_SECONDS
DUB_RATE_LIMIT_PER_MINUTE = whole("DUB_RATE_LIMIT_PER_MINUTE", 600, least=20, most=100_000)

REQUIRE_REASON = yes_or_no("REQUIRE_REASON", False)
REQUIRE_REASON_FOR = some_of("REQUIRE_REASON_FOR", (*ACTIONS, "export.start"))
USUAL_REASONS = phrases(
    "USUAL_REASONS",
    "The customer asked for it; Typing mistake; Paid by bank transfer; Paid in person; "
    "Tracking missed it; Duplicate customer; Test data; Request about privacy",
)
FOLLOW_UP_SECONDS = whole("FOLLOW_UP_SECONDS", 120, least=5, most=86_400)
RETYPE_AMOUNT_ABOVE = whole("RETYPE_AMOUNT_ABOVE", 10_000, least=0, most=10**12)
ADD_REFERENCE_TO_METADATA = yes_or_no("ADD_REFERENCE_TO_METADATA", False)
AUDIT_RETENTION_DAYS = whole("AUDIT_RETENTION_DAYS", 0, least=0, most=36_500)
if 0 < AUDIT_RETENTION_DAYS < 30:  # what Dub may still take for a repeat must be known
    raise stop("AUDIT_RETENTION_DAYS", "0, to keep everything, or at least 30")
AUDIT_ANCHOR_MINUTES = whole("AUDIT_ANCHOR_MINUTES", 60, least=0, most=10_080)
AUDIT_ANCHOR_FILE = file("AUDIT_ANCHOR_FILE")
AUDIT_ANCHOR_URL = address("AUDIT_ANCHOR_URL", "", query=True)
TRUSTED_PROXIES = whole("TRUSTED_PROXIES", 0, least=0, most=10)

# Files that come in.
IMPORT_MAX_MEGABYTES = whole("IMPORT_MAX_MEGABYTES", 200, least=1, most=2_000)
IMPORT_MAX_ROWS = whole("IMPORT_MAX_ROWS", 1_000_000, least=1, most=10_000_000)
IMPORT_MAX_COLUMNS = whole("IMPORT_MAX_COLUMNS", 200, least=2, most=900)
IMPORT_MAX_CELL = whole("IMPORT_MAX_CELL", 32_767, least=100, most=100_000)
IMPORT_MAX_UNPACKED_MEGABYTES = whole("IMPORT_MAX_UNPACKED_MEGABYTES", 500, least=1, most=10_000)
IMPORT_MEMORY_MEGABYTES = whole("IMPORT_MEMORY_MEGABYTES", 1_000, least=100, most=100_000)

# Files that go out.
EXPORT_AT_ONCE = whole("EXPORT_AT_ONCE", 10_000, least=0, most=1_000_000)
EXPORT_KEEP_DAYS = whole("EXPORT_KEEP_DAYS", 7, least=1, most=365)

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
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "django_tasks",
    "django_tasks_db",
    "customers",
]
MIDDLEWARE = [
    "customers.middleware.browser_rules",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "customers.middleware.compressed_pages",
    "customers.middleware.request_id",
    "customers.watch.watched",
    "customers.visits.logged",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "customers.middleware.whole_ids",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "customers.middleware.language",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "customers.signin.sessions.timeouts",
    "allauth.account.middleware.AccountMiddleware",
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
                "customers.middleware.here",
            ],
            "builtins": ["customers.templatetags.fixed"],
        },
    }
]
FORM_RENDERER = "customers.forms.drawing.QuickRenderer"

DATABASES = {
    "default": database("DATABASE_URL", default="dubadmin.sqlite3" if LIVE else "demo.sqlite3")
}
DATABASES["default"]["CONN_MAX_AGE"] = 600
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # Web and worker write at the same time: WAL lets readers go on, IMMEDIATE makes writers queue
    # instead of failing half-way. FULL puts a committed intent on disk before the request leaves.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
    }
# What all processes must agree on, such as counted attempts to sign in, is in the database. Hints
# are what can be asked again at any time: a process more or less changes nothing.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "shared_cache",
        "OPTIONS": {"MAX_ENTRIES": 10_000},
    },
    "hints": {
        "BACKEND": "customers.hints.OwnHints",
        "OPTIONS": {"MAX_ENTRIES": 50_000},
    },
}
if shared := cache("CACHE_URL"):
    CACHES["hints"] = {
        **shared,
        "BACKEND": "customers.hints.SharedHints",
        "KEY_PREFIX": "dubadmin",
        "OPTIONS": {"socket_connect_timeout": 0.5, "socket_timeout": 0.5},
    }
# What takes longer than a page may. The worker (`manage.py worker`) takes it from the database.
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True

STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "dubadmin.scripts.JoinedScripts",
]
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
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000
FILE_UPLOAD_HANDLERS = [
    "customers.uploads.Bounded",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000
if HTTPS:
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = ["^healthz$", "^readyz$", "^metrics$"]
    SECURE_HSTS_SECONDS = 365 * 24 * 3600
    SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = True
    if TRUSTED_PROXIES:
        SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# Without EMAIL_URL no mail is sent; whoever invites hands the link over.
EMAIL_URL = env.str("EMAIL_URL", default="")
if EMAIL_URL:
    vars().update(email_server("EMAIL_URL"))
else:
    EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.str("EMAIL_FROM", default="dubadmin@localhost")
