"""What a process does before its first request.

The settings that are in force are in the log, and every change of them: each process compares
them with those that were logged last. Of a secret only a fingerprint is kept: it tells that the
secret changed, and nothing about what it is.
"""

from __future__ import annotations

import logging
import re
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.cache import caches
from django.db import DatabaseError, connection, connections, transaction
from django.template.loader import get_template
from django.urls import reverse
from django.utils import translation
from django.utils.crypto import salted_hmac

from dubadmin.environment import NAMES, env

from . import formats
from .audit import note, operator
from .models import AuditEntry
from .templatetags.show import TONE_ICONS, tone_icon

logger = logging.getLogger("dubadmin.audit")
_SECRET = re.compile(r"KEY|SECRET|PASSWORD|TOKEN")
_LOCK = 0x5E77  # for PostgreSQL; any number that nobody else locks


def note_settings() -> None:
    """Logs the settings where they differ from those logged last. Never stops a start."""
    try:
        with transaction.atomic():
            _note_changes(in_force())
    except DatabaseError as error:
        logger.warning("The settings could not be compared with the log: %s", type(error).__name__)


def warm_up() -> None:
    """Does once what the first pages of each process would do, each of its threads for itself.

    Imports all pages, compiles their templates (which draws icons), reads what languages need.
    Leaves no connection open: gunicorn makes its processes of this one.
    """
    reverse("home")
    folder = settings.BASE_DIR / "templates"
    for template in folder.rglob("*.html"):
        get_template(str(template.relative_to(folder)))
    for tone in TONE_ICONS:
        tone_icon(tone)
    for language, name in settings.LANGUAGES:
        with translation.override(language), formats.override(language):
            translation.gettext(name)
            formats.current().warm_up()
    caches["hints"].get("facets")
    connections.close_all()


def in_force() -> dict[str, str]:
    """Every setting that can be made from outside, as text; of secrets and the like a fingerprint.

    All is made of what the process read as it started.
    """
    return {name: _shown(name) for name in sorted(NAMES)}


def _shown(name: str) -> str:
    value: Any = getattr(settings, name, None)
    if value is None:
        value = env.str(name, default="")
    if isinstance(value, bool):
        return "on" if value else "off"
    if value in ("", [], ()):
        return "empty"
    if _SECRET.search(name):
        return f"secret {_fingerprint(name, str(value))}"
    if name.endswith("_URL") and "://" in str(value):
        return _address(name, str(value))
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return str(value)


def _address(name: str, value: str) -> str:
    """An address without what may be secret in it: name, password and query."""
    parts = urlsplit(value)
    host = parts.netloc.rpartition("@")[2]
    shown = f"{parts.scheme}://{host}{parts.path}"
    rest = value.removeprefix(shown)
    return f"{shown} and secret {_fingerprint(name, value)}" if rest else shown


def _fingerprint(name: str, value: str) -> str:
    """Eight digits that change with the secret, or with SECRET_KEY itself."""
    return salted_hmac(f"dubadmin.settings.{name}", value, algorithm="sha256").hexdigest()[:8]


def _note_changes(now: dict[str, str]) -> None:
    """One entry for all that start together: the others wait, and then find it."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    last = AuditEntry.objects.filter(action="settings.change").order_by("-pk").first()
    before = dict((last and last.after) or {})
    changed = [name for name in sorted({*before, *now}) if before.get(name) != now.get(name)]
    if not changed:
        return
    words = f"Changed: {', '.join(changed)}." if last else "The first start with this database."
    if last and "SECRET_KEY" in changed:
        words += " With SECRET_KEY the fingerprints of all secrets change."
    note("settings.change", actor=operator(), before=before, after=now, explanation=words)
