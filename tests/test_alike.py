"""What is drawn once for all who may do the same holds nothing of one person or one request."""

from __future__ import annotations

import re

import pytest
from django.conf import settings
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse

pytestmark = pytest.mark.django_db

TEMPLATES = settings.BASE_DIR / "templates"
USED = [
    name
    for path in sorted(TEMPLATES.rglob("*.html"))
    for name in re.findall(r'{% alike "([^"]+)" %}', path.read_text())
]
# What may stand in them: texts, addresses and icons by name, and what one may do.
TAGS = {
    *("load", "if", "elif", "else", "endif", "url", "icon", "tone_icon", "current"),
    *("translate", "blocktranslate", "endblocktranslate"),
}
LITERAL = r'"[^"]*"|\'[^\']*\''


def test_it_is_used() -> None:
    assert "parts/nav.html" in USED


@pytest.mark.parametrize("name", sorted(set(USED)))
def test_it_asks_for_permissions_alone(name: str) -> None:
    text = (TEMPLATES / name).read_text()
    assert "{{" not in text
    for tag, asked in re.findall(r"{% *(\w+)([^%]*)%}", text):
        assert tag in TAGS
        names = set() if tag == "load" else set(re.sub(LITERAL, "", asked).split())
        assert all(re.fullmatch(r"perms\.\w+\.\w+|and|or|not|trimmed", each) for each in names)


def test_who_lost_a_role_is_no_longer_offered_its_pages(
    max_: Client, people: dict[str, User]
) -> None:
    assert reverse("import_list") in max_.get("/").content.decode()
    people["max"].groups.clear()
    assert reverse("import_list") not in max_.get("/").content.decode()
    people["max"].groups.add(Group.objects.get(name="Editor"))
    page = max_.get("/").content.decode()
    assert reverse("sale_new") in page
    assert reverse("import_list") not in page
