"""Files on their way in: no more of them is taken than is allowed, on whatever page."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.http import HttpRequest


class Bounded(FileUploadHandler):
    """Throws away what is above IMPORT_MAX_MEGABYTES, and remembers it on the request."""

    taken = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        self.taken += len(raw_data)
        if self.taken > settings.IMPORT_MAX_MEGABYTES * 2**20:
            vars(self.request)["_upload_too_large"] = True
            raise SkipFile
        return raw_data

    def file_complete(self, file_size: int) -> UploadedFile[Any] | None:
        return None


def is_too_large(request: HttpRequest) -> bool:
    """Whether a file of this request was thrown away."""
    return bool(vars(request).get("_upload_too_large"))
