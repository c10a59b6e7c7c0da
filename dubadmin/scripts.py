"""The scripts of a page as one file, because a request each would make the first visit slow."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage, Storage

from .environment import BASE_DIR, VAR_DIR

NAME = "js/site.js"
FOLDER = VAR_DIR / "joined"
ALONE = {"theme.js"}  # it runs before the page is drawn, the others after


class JoinedScripts(BaseFinder):
    """Finds js/site.js, which it makes of static/js whenever it is looked for."""

    def check(self, **kwargs: Any) -> list[Any]:
        return []

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        found = [str(_make())] if path == NAME else []
        return found if find_all else next(iter(found), None)

    def list(self, ignore_patterns: Any) -> Iterator[tuple[str, Storage]]:
        _make()
        yield NAME, FileSystemStorage(location=FOLDER)


def _make() -> Path:
    """Each script is a block of its own, so that none sees the names of another.

    Several processes may make it at once; nothing is written where it is up to date.
    """
    sources = sorted((BASE_DIR / "static" / "js").glob("*.js"))
    blocks = [f"{{\n{each.read_text()}}}\n" for each in sources if each.name not in ALONE]
    joined, file = "".join(blocks), FOLDER / NAME
    if not file.exists() or file.read_text() != joined:
        file.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=file.parent) as own:
            fresh = Path(own, file.name)
            fresh.write_text(joined)
            fresh.replace(file)
    return file
