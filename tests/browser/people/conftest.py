from __future__ import annotations

from collections.abc import Callable

import pytest

from ..conftest import Browse
from .keyboard import Keyboard

SitDown = Callable[..., Keyboard]


@pytest.fixture
def sit_down(browse: Browse) -> SitDown:
    """Gives somebody a keyboard and a window, wide and light unless they would have another."""

    def at(
        name: str | None,
        address: str = "/",
        *,
        width: int = 1440,
        scheme: str = "light",
        **more: object,
    ) -> Keyboard:
        keyboard = Keyboard(browse(name, width=width, scheme=scheme, **more))
        keyboard.go(address)
        return keyboard

    return at
