"""The site's settings, with static files straight from their sources and a quick password hash."""

import os
import tempfile
from pathlib import Path

from dubadmin.settings import *  # noqa: F403
from dubadmin.settings import DATABASES

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_AUTOREFRESH = WHITENOISE_USE_FINDERS = True

# A browser keeps its connections to the site open; none of them may hold the database at the end.
DATABASES["default"]["CONN_MAX_AGE"] = 0

# A file, as in a deployment: in memory, a page and its test would share one connection. Nothing of
# it has to survive a power cut.
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    file = Path(tempfile.gettempdir()) / f"dubadmin-test-{os.getpid()}.sqlite3"
    DATABASES["default"]["TEST"] = {"NAME": str(file)}
    DATABASES["default"]["OPTIONS"]["init_command"] = (
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;"
    )
