"""Files that go out: rows of cells as CSV, JSON Lines or XLSX, in bytes as they come."""

from .cells import Cell, guarded, unguarded
from .sending import Sent, sending
from .writers import CSV, FORMATS, JSON_LINES, XLSX, Format, Row

__all__ = [
    "CSV",
    "FORMATS",
    "JSON_LINES",
    "XLSX",
    "Cell",
    "Format",
    "Row",
    "Sent",
    "guarded",
    "sending",
    "unguarded",
]
