"""What the walks are walked with would notice what it is there to notice."""

from __future__ import annotations

import pytest

from ..conftest import Browse
from .keyboard import Keyboard


@pytest.mark.parametrize(
    ("spoiled", "noticed"),
    [
        ("each.tabIndex = -1", "not among the next stops"),
        ("each.className = 'where'; each.style.outline = 'none'", "no outline: .*where"),
        ("each.style.position = 'fixed'; each.style.top = '-99rem'", "out of sight"),
        ("each.parentElement.inert = true", "not among the next stops"),
    ],
)
def test_what_cannot_be_reached_or_seen_is_noticed(
    browse: Browse, spoiled: str, noticed: str
) -> None:
    vera = Keyboard(browse("vera"))
    vera.go("/accounts/preferences/")
    vera.page.evaluate(f"const each = document.querySelector('#id_time_zone'); {spoiled}")
    with pytest.raises(AssertionError, match=noticed):
        vera.tab_to("combobox", "Time zone")
