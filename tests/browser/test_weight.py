"""What a visit costs, measured in Chromium against the site as it is deployed.

Requests and compressed bytes have bounds; how long it took is only told, at the end of the tests.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Browser, Page, expect

from dubadmin.sandbox import Sandbox

from ..processes.conftest import ROOT, StartSite, environment, start_site  # noqa: F401
from ..signin.conftest import PASSWORD, with_password

Json = dict[str, Any]
FIRST_REQUESTS, FIRST_BYTES, LATER_BYTES = 8, 100_000, 20_000
# Up to 0.1 counts as good. Less than this is Chromium drawing what it has parsed so far, on a busy
# machine: a select grows with its options.
SHIFT = 0.005
LATER = {
    "home": "/",
    "customers": "/customers/",
    "customer": "/customers/ext_user_1/",
    "sale": "/sales/new/?customer=user_1",
    "audit log": "/audit/",
    "entry": "/audit/1/",
    "preferences": "/accounts/preferences/",
}
_PAINT = """() => new Promise((resolve) => {
  let lcp = 0, cls = 0;
  const moved = [];
  const see = (type, add) =>
    new PerformanceObserver((list) => list.getEntries().forEach(add))
      .observe({ type, buffered: true });
  see("largest-contentful-paint", (entry) => (lcp = entry.startTime));
  see("layout-shift", (entry) => {
    cls += entry.value;
    moved.push(...entry.sources.map((each) => each.node?.outerHTML?.slice(0, 120)));
  });
  requestAnimationFrame(() => setTimeout(() => resolve([lcp, cls, moved]), 50));
})"""


@dataclass
class Cost:
    requests: int = 0
    bytes: int = 0
    lcp: float = 0
    shift: float = 0
    moved: list[str] = field(default_factory=list)


class Scales:
    """Weighs what a window takes from the network; what the browser has in its cache is free."""

    def __init__(self, page: Page, tell: Callable[[str, object], None]) -> None:
        self.page, self.tell, self.cost = page, tell, Cost()
        self.devtools = page.context.new_cdp_session(page)
        self.devtools.on("Network.loadingFinished", self._add)
        self.devtools.send("Network.enable")

    def _add(self, finished: Json) -> None:
        if taken := int(finished["encodedDataLength"]):
            self.cost.requests += 1
            self.cost.bytes += taken

    def empty_cache(self) -> None:
        self.devtools.send("Network.clearBrowserCache")

    def weigh(self, name: str, go: Callable[[], object]) -> Cost:
        self.cost = Cost()
        go()
        self.page.wait_for_load_state("networkidle")
        self.cost.lcp, self.cost.shift, self.cost.moved = self.page.evaluate(_PAINT)
        self.tell(
            "weight",
            f"{name:<28}{self.cost.requests:>3} requests {self.cost.bytes / 1000:>6.1f} KB"
            f"   LCP {self.cost.lcp:>4.0f} ms   CLS {self.cost.shift:.3f}",
        )
        return self.cost


@pytest.fixture
def window(
    chromium: Browser,
    start_site: StartSite,  # noqa: F811
    dub: Sandbox,
    tmp_path: Path,
) -> Iterator[Page]:
    """One with nothing in its cache, on a site whose static files were collected."""
    deployed = {
        "DJANGO_SETTINGS_MODULE": "tests.settings_as_deployed",
        "COLLECTED": str(tmp_path / "static"),
    }
    subprocess.run(
        [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity", "0"],
        cwd=ROOT,
        env=environment(dub) | deployed,
        check=True,
    )
    site = start_site(as_deployed=True, **deployed)
    context = chromium.new_context(base_url=site.url, viewport={"width": 1440, "height": 900})
    context.request.get("/healthz")  # it has started
    yield context.new_page()
    context.close()


def test_pages_are_light(
    window: Page,
    dub: Sandbox,
    jane: Json,
    people: dict[str, User],
    record_property: Callable[[str, object], None],
) -> None:
    with_password(people["ada"])
    for n in range(60):
        dub.add_customer(f"Customer {n}", f"customer{n}@acme.example", f"user_{n + 100}", "DE")
    for n in range(30):
        dub.add_lead(jane, f"Event {n}", metadata='{"order": "A-7"}')
    page, scales = window, Scales(window, record_property)
    for name, address in (("signing in", "/"), ("home", "/"), ("customers", "/customers/")):
        scales.empty_cache()
        cost = scales.weigh(f"first visit: {name}", lambda address=address: page.goto(address))
        assert cost.requests <= FIRST_REQUESTS, name
        assert cost.bytes < FIRST_BYTES, name
        assert cost.shift < SHIFT, (name, cost.moved)
        if name == "signing in":
            sign_in(page)
    for name, address in LATER.items():
        cost = scales.weigh(f"later: {name}", lambda address=address: page.goto(address))
        assert cost.requests == 1, name
        assert cost.bytes < LATER_BYTES, name
        assert cost.shift < SHIFT, (name, cost.moved)
    it_would_notice(page)


def sign_in(page: Page) -> None:
    page.get_by_label("User name").fill("ada")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", name="Home")).to_be_visible()


def it_would_notice(page: Page) -> None:
    def spoil() -> None:
        page.goto("/customers/")
        page.evaluate(
            """() => new Promise((done) => requestAnimationFrame(() => {
              document.querySelector("h1").before(new Image(9, 300));
              requestAnimationFrame(done);
            }))"""
        )

    scales = Scales(page, lambda *told: None)
    scales.empty_cache()
    cost = scales.weigh("spoiled", spoil)
    assert cost.requests > 1
    assert cost.bytes > LATER_BYTES
    assert cost.shift > SHIFT
    assert cost.moved
