"""Dub's HTTP API. No Django in here, and only this package sees `requests`."""
