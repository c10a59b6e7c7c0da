"""What Chromium tells a screen reader about a page, and what is wrong with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from playwright.sync_api import Page

Node = dict[str, Any]

NAMED = {
    *("button", "link", "textbox", "searchbox", "combobox", "listbox", "checkbox", "radio"),
    *("spinbutton", "Date", "DateTime", "DisclosureTriangle", "image", "meter", "progressbar"),
    *("dialog", "alertdialog", "navigation", "region", "radiogroup", "heading", "option"),
}
LANDMARKS = {"banner", "navigation", "main", "search", "region", "complementary"}


def faults(page: Page) -> list[str]:
    """Controls without a name, headings that skip, tables without heads, landmarks of one name."""
    nodes = list(_nodes(page))
    return [
        *(
            f"{_role(each)} without a name: {_html(page, each)}"
            for each in nodes
            if _nameless(each)
        ),
        *_headings([each for each in nodes if _role(each) == "heading"]),
        *_landmarks([each for each in nodes if _role(each) in LANDMARKS]),
        *_tables(page, nodes),
    ]


def _nodes(page: Page) -> Iterator[Node]:
    """In the order in which they are read; with each how many lie above it, as its `path`."""
    devtools = page.context.new_cdp_session(page)
    tree = devtools.send("Accessibility.getFullAXTree")["nodes"]
    devtools.detach()
    by_id = {node["nodeId"]: node for node in tree}

    def walk(node: Node, path: tuple[str, ...]) -> Iterator[Node]:
        if not node["ignored"]:
            yield node | {"path": path}
            path = (*path, node["nodeId"])
        for child in node.get("childIds", []):
            if child in by_id:
                yield from walk(by_id[child], path)

    return walk(tree[0], ())


def _role(node: Node) -> str:
    return str(node["role"]["value"])


def _name(node: Node) -> str:
    return str(node.get("name", {}).get("value", "")).strip()


def _nameless(node: Node) -> bool:
    return _role(node) in NAMED and not _name(node)


def _html(page: Page, node: Node) -> str:
    """The beginning of the element's own HTML."""
    devtools = page.context.new_cdp_session(page)
    html = devtools.send("DOM.getOuterHTML", {"backendNodeId": node["backendDOMNodeId"]})
    devtools.detach()
    return str(html["outerHTML"])[:160]


def _headings(headings: list[Node]) -> Iterator[str]:
    levels = [
        next(p["value"]["value"] for p in h["properties"] if p["name"] == "level") for h in headings
    ]
    if levels.count(1) != 1 or levels[0] != 1:
        yield f"headings of levels {levels}"
    for before, level, heading in zip(levels, levels[1:], headings[1:], strict=False):
        if level > before + 1:
            yield f"heading of level {level} after {before}: {_name(heading)}"


def _landmarks(landmarks: list[Node]) -> Iterator[str]:
    for (role, name), times in Counter((_role(each), _name(each)) for each in landmarks).items():
        if times > 1:
            yield f"{times} landmarks {role} “{name}”"
    if [_role(each) for each in landmarks].count("main") != 1:
        yield "not one main"


def _tables(page: Page, nodes: list[Node]) -> Iterator[str]:
    for table in nodes:
        if _role(table) in {"table", "LayoutTable"}:
            inside = [each for each in nodes if table["nodeId"] in each["path"]]
            heads = [each for each in inside if _role(each) == "columnheader"]
            above = [each for each in nodes if each["nodeId"] in table["path"]]
            if not _name(table) and not any(_role(each) == "region" for each in above):
                yield f"table without a name: {_html(page, table)}"
            if not heads or any(not _name(head) for head in heads):
                yield f"{_role(table)} without heads: {_html(page, table)}"
