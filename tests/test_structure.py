"""What keeps the promise cannot be walked around: who may send, import and connect."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("customers", "dubadmin")
FILES = {
    str(path.relative_to(ROOT)): ast.parse(path.read_text())
    for package in PACKAGES
    for path in sorted((ROOT / package).rglob("*.py"))
    if "migrations" not in path.parts
}
SITE = {
    name: tree
    for name, tree in FILES.items()
    if not name.startswith(("dubadmin/dub/", "dubadmin/sandbox/"))
}


def parents(tree: ast.Module) -> dict[ast.AST, ast.AST]:
    return {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}


def uses_of_the_client(tree: ast.Module) -> Iterator[str]:
    """What is done with the connection: "fetch" for `dub().fetch`, "?" where that is unclear."""
    above = parents(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id == "dub" and isinstance(node.ctx, ast.Load):
            call = above[node]
            attribute = above.get(call)
            clear = isinstance(call, ast.Call) and isinstance(attribute, ast.Attribute)
            yield attribute.attr if clear else "?"


def imported(tree: ast.Module) -> set[str]:
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.split(".")[0])
    return names


def test_only_the_audit_log_sends() -> None:
    senders = {name for name, tree in SITE.items() if "send" in set(uses_of_the_client(tree))}
    assert senders == {"customers/audit.py"}


@pytest.mark.parametrize("name", SITE)
def test_the_connection_is_only_asked_and_never_handed_on(name: str) -> None:
    allowed = {"fetch", "fetch_together"} | ({"send"} if name == "customers/audit.py" else set())
    assert set(uses_of_the_client(SITE[name])) <= allowed


def test_only_connect_makes_a_client() -> None:
    makers = {
        name
        for name, tree in SITE.items()
        if any(
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id == "Client"
            for node in ast.walk(tree)
        )
    }
    assert makers == {"dubadmin/connect.py"}


def test_only_dub_speaks_http_to_dub() -> None:
    speakers = {name for name, tree in FILES.items() if imported(tree) & {"requests", "urllib3"}}
    assert speakers
    assert all(name.startswith("dubadmin/dub/") for name in speakers)


def test_dub_and_the_sandbox_know_no_django() -> None:
    for name, tree in FILES.items():
        if name.startswith(("dubadmin/dub/", "dubadmin/sandbox/")):
            assert not imported(tree) & {"django", "customers"}, name


@pytest.mark.parametrize("name", FILES)
def test_imports_stand_at_the_top_and_are_real(name: str) -> None:
    tree = FILES[name]
    top = {id(node) for node in tree.body}
    inner = [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom) and id(node) not in top
    ]
    assert inner == []
    assert "TYPE_CHECKING" not in {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}


def test_all_that_the_site_imports_is_installed_with_it() -> None:
    """And not only with the packages for the tests."""
    locked = re.findall(r"(?m)^([\w.-]+)==", (ROOT / "requirements.txt").read_text())
    given = {*PACKAGES, *sys.stdlib_module_names}
    of = packages_distributions()
    for name, tree in FILES.items():
        for module in imported(tree) - given:
            assert {each.lower().replace("_", "-") for each in of[module]} & {*locked}, (
                name,
                module,
            )
