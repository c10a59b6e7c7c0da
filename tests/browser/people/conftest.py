from __future__ import annotations

from collections.abc import Callable

import pytest

from ..conftest import Browse
from .keyboard import Keyboard

WAYS = [(1440, "light"), (1440, "dark"), (390, "light"), (390, "dark")]
SitDown = Callable[..., Keyboard]


@pytest.fixture(params=WAYS, ids=lambda way: f"{way[0]} {way[1]}")
def sit_down(request: pytest.FixtureRequest, browse: Browse) -> SitDown:
    """Gives somebody a window and a keyboard, at each width and in each scheme."""
    width, scheme = request.param

    def at(name: str | None, address: str = "/", **more: object) -> Keyboard:
        keyboard = Keyboard(browse(name, width=width, scheme=scheme, **more))
        keyboard.go(address)
        return keyboard

    return at
