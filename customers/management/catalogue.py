"""The catalogues of translations: what the sources say, and what it is in another language.

English is in the sources. locale/<language>/LC_MESSAGES/django.po has each of its texts beside the
translation, and django.mo is the same for the machine; both are kept with the sources.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel.messages import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.utils.translation.template import templatize

_KEYWORDS = DEFAULT_KEYWORDS | {
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
_NEVER = ("customers/migrations/", "dubadmin/sandbox/")
_THEN = datetime(2026, 1, 1, tzinfo=UTC)  # a date of today would change the files for nothing


def languages() -> list[str]:
    return [code for code, _ in settings.LANGUAGES if code != settings.LANGUAGE_CODE]


def po_file(language: str) -> Path:
    return Path(settings.LOCALE_PATHS[0]) / language / "LC_MESSAGES" / "django.po"


def kept(language: str) -> Catalog:
    """What the file of a language has."""
    file = po_file(language)
    if not file.exists():
        return _empty(language)
    with file.open("rb") as po:
        return read_po(po, locale=language)


def renewed(language: str) -> Catalog:
    """All that the sources say now, with the translations there are; "" where there is none."""
    old, new = kept(language), _empty(language)
    for path, id, context in _texts():
        known = old.get(id, context)
        is_one = isinstance(id, str)
        text = known.string if known and isinstance(known.id, str) == is_one else ""
        new.add(id, text or ("" if is_one else ("", "")), [(path, 0)], context=context)
    return new


def missing(catalog: Catalog) -> list[Message]:
    return [each for each in catalog if each.id and not all(_strings(each))]


def _strings(message: Message) -> tuple[str, ...]:
    return (message.string,) if isinstance(message.string, str) else tuple(message.string or ())


def po_of(catalog: Catalog) -> bytes:
    written = io.BytesIO()
    write_po(written, catalog, width=100, sort_output=True, include_lineno=False)
    return written.getvalue()


def mo_of(catalog: Catalog) -> bytes:
    written = io.BytesIO()
    write_mo(written, catalog)
    return written.getvalue()


def write(language: str, catalog: Catalog) -> None:
    file = po_file(language)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(po_of(catalog))
    file.with_suffix(".mo").write_bytes(mo_of(catalog))


def _empty(language: str) -> Catalog:
    return Catalog(
        locale=language,
        project="dubadmin",
        version="1",
        creation_date=_THEN,
        revision_date=_THEN,
        fuzzy=False,
    )


def _texts() -> Iterator[tuple[str, str | tuple[str, ...], str | None]]:
    """Where each text stands, the text (or its singular and plural), and its context."""
    root = settings.BASE_DIR
    for file in sorted([*root.glob("customers/**/*.py"), *root.glob("dubadmin/**/*.py")]):
        path = file.relative_to(root).as_posix()
        if not path.startswith(_NEVER):
            yield from _in(path, file.read_text())
    for file in sorted([*root.glob("templates/**/*.html"), *root.glob("templates/**/*.txt")]):
        # Django turns a template into what reads like Python; in brackets, lines need no order.
        python = templatize(file.read_text(), origin=str(file))
        yield from _in(file.relative_to(root).as_posix(), f"({python})")


def _in(path: str, source: str) -> Iterator[tuple[str, str | tuple[str, ...], str | None]]:
    for _, text, _, context in extract("python", io.BytesIO(source.encode()), _KEYWORDS):
        yield path, text, context
