"""Settings of what is seen from outside: the log and /metrics."""

from __future__ import annotations

from .environment import env, one_of, stop

# /metrics answers to this token alone.
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")
if METRICS_TOKEN and len(METRICS_TOKEN) < 20:
    raise stop("METRICS_TOKEN", "at least 20 characters long")
LOG_FORMAT = one_of("LOG_FORMAT", "text", ("json", "text"))
LOG_LEVEL = one_of("LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR"))
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"request": {"()": "customers.logs.Request"}},
    "formatters": {
        "json": {"()": "customers.logs.Json"},
        "text": {"()": "customers.logs.Text"},
    },
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "formatter": LOG_FORMAT,
            "filters": ["request"],
        }
    },
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        "dubadmin": {"level": LOG_LEVEL},
        # Its warnings repeat the request's line, with the whole path.
        "django.request": {"level": "ERROR"},
        "django.security.DisallowedHost": {"level": "CRITICAL"},  # a traceback for each stranger
        "gunicorn.error": {"handlers": ["stderr"], "level": LOG_LEVEL, "propagate": False},
        "django.server": {"handlers": ["stderr"], "level": LOG_LEVEL, "propagate": False},
        "dubadmin.audit": {"level": "INFO"},  # the head of the log is told, whatever LOG_LEVEL is
    },
}
