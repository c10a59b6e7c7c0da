"""The scripts of a page are made into one file, whoever looks for it, and however many do."""

from __future__ import annotations

import errno
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from django.conf import settings

from dubadmin import scripts
from dubadmin.scripts import NAME, JoinedScripts

AT_ONCE = 8


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setattr(scripts, "FOLDER", tmp_path)
    return tmp_path


def find() -> Path:
    return Path(JoinedScripts().find(NAME))


def files(folder: Path) -> list[Path]:
    return [path.relative_to(folder) for path in folder.rglob("*") if path.is_file()]


def test_it_works(folder: Path) -> None:
    joined = find().read_text()
    assert (settings.BASE_DIR / "static" / "js" / "palette.js").read_text() in joined
    assert files(folder) == [Path(NAME)]


def test_several_make_it_at_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    all_have_written, replace = Barrier(AT_ONCE, timeout=30), Path.replace

    def replaced(fresh: Path, file: Path) -> Path:
        all_have_written.wait()
        return replace(fresh, file)

    monkeypatch.setattr(Path, "replace", replaced)
    with ThreadPoolExecutor(AT_ONCE) as people:
        found = list(people.map(lambda _: find(), range(AT_ONCE)))
    assert set(found) == {folder / NAME}
    assert found[0].read_text()
    assert files(folder) == [Path(NAME)]


def test_what_fails_leaves_nothing_behind(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*given: Any) -> Path:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="No space"):
        find()
    assert list((folder / NAME).parent.iterdir()) == []


def test_up_to_date_it_needs_no_disk_to_write_to(monkeypatch: pytest.MonkeyPatch) -> None:
    joined = find().read_text()

    def read_only(*given: Any, **more: Any) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    for way in ("mkdir", "replace", "rename"):
        monkeypatch.setattr(os, way, read_only)
    assert find().read_text() == joined
    assert [path for path, _ in JoinedScripts().list(None)] == [NAME]


def test_who_runs_the_site_may_read_what_another_made() -> None:
    others_may_read = 0o044
    mask = os.umask(0o022)
    try:
        assert find().stat().st_mode & others_may_read == others_may_read
    finally:
        os.umask(mask)
