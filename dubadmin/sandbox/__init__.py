"""A local Dub: a real HTTP server with its own store and faults on demand.

It shares no code with `dubadmin.dub`, so that the one can witness for the other.
"""

from dubadmin.sandbox.sandbox import Sandbox

__all__ = ["Sandbox"]
