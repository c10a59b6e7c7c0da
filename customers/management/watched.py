"""How far a command is, for somebody who watches it in a terminal."""

from __future__ import annotations

import os
import sys

from django.core.management.base import OutputWrapper


def show(stderr: OutputWrapper, said: str, *, last: bool = False) -> None:
    """One line that is written over and over. Nothing where nobody watches."""
    if not sys.stderr.isatty():
        return
    width = os.get_terminal_size(sys.stderr.fileno()).columns
    stderr.write(f"\r{said[: width - 1]:<{width - 1}}", ending="\n" if last else "")
