"""Pages are sent compressed to who can read that, at lengths that give nothing away."""

from __future__ import annotations

import gzip

import pytest
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.test import RequestFactory

from customers.middleware import compressed_pages

PAGE = b"<p>Two customers of the same name</p>" * 40


def sent(response: HttpResponseBase, accepts: str = "gzip, deflate") -> HttpResponse:
    request = RequestFactory().get("/", headers={"accept-encoding": accepts})
    return compressed_pages(lambda request: response)(request)  # type: ignore[arg-type, return-value]


def test_a_page_is_compressed_and_reads_the_same() -> None:
    answer = sent(HttpResponse(PAGE, headers={"Content-Length": str(len(PAGE))}))
    assert answer["Content-Encoding"] == "gzip"
    assert answer["Vary"] == "Accept-Encoding"
    assert int(answer["Content-Length"]) == len(answer.content) < len(PAGE)
    assert gzip.decompress(answer.content) == PAGE


@pytest.mark.parametrize("accepts", ["", "br", "identity"])
def test_who_does_not_read_gzip_gets_it_as_it_is(accepts: str) -> None:
    answer = sent(HttpResponse(PAGE), accepts)
    assert answer.content == PAGE
    assert "Content-Encoding" not in answer
    assert answer["Vary"] == "Accept-Encoding"


def test_the_same_page_is_of_many_lengths() -> None:
    assert len({len(sent(HttpResponse(PAGE)).content) for _ in range(40)}) > 10


def test_what_is_short_or_streams_is_left_alone() -> None:
    assert "Content-Encoding" not in sent(HttpResponse(b"short"))
    assert "Content-Encoding" not in sent(StreamingHttpResponse([PAGE]))
