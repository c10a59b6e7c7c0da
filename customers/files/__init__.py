"""Reading tables that people upload: CSV in all its dialects, and spreadsheets.

Knows no database and no Dub. A file is hostile until read: whatever is in it, the answer is rows
or an `Unreadable` with one sentence for the person.
"""

from .delimited import DELIMITERS, ENCODINGS
from .kinds import Limits, Record, Unreadable, kind_of
from .reading import look, read

__all__ = ["DELIMITERS", "ENCODINGS", "Limits", "Record", "Unreadable", "kind_of", "look", "read"]
