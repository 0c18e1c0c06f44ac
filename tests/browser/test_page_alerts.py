"""Alerts on the data screen: who is told is added, tried and removed, and it says whether a message arrived."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.sync_api import Browser
from tests.browser.page import WIDTHS, Visit, visiting

pytestmark = pytest.mark.browser


class Receiver(ThreadingHTTPServer):
    """Somebody's own program that is told: it keeps what it got, and answers as it is set to."""

    def __init__(self) -> None:
        self.answer = 204
        self.signatures: list[str | None] = []
        super().__init__(("127.0.0.1", 0), _Taking)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/secret-path"


class _Taking(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.signatures.append(self.headers["webhook-signature"])
        self.send_response(self.server.answer)
        self.end_headers()

    def log_message(self, format: str, *arguments: Any) -> None:
        """Nobody reads it."""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join(10)


@pytest.fixture(params=WIDTHS)
def visit(request: Any, browser: Browser, sample: str) -> Iterator[Visit]:
    own = f"{request.function.__name__[:40]}_{request.param}"
    with visiting(browser, sample, own, width=request.param) as visit:
        visit.open("/data", ready="Who is told when something happens").page.get_by_text("Tell somebody").first.click()
        yield visit


def add(visit: Visit, address: str) -> None:
    visit.page.get_by_label("Mail, or https address").fill(address)
    visit.page.get_by_role("button", name="Tell somebody").click()


def test_somebody_is_told_tried_and_told_no_longer(visit: Visit, receiver: Receiver) -> None:
    visit.page.get_by_label("Who it is for").first.fill("The team <b>")
    for kind in ("an import failed", "an import needs a look"):
        visit.page.get_by_label(kind).uncheck()
    visit.page.get_by_label("Weekly report").select_option("as a page")
    add(visit, receiver.address)
    visit.settle("is told from now on")
    assert visit.page.locator(".secret").inner_text().startswith("whsec_")
    assert "secret-path" not in visit.text
    card = visit.page.locator(".card").filter(has_text="The team <b>")
    assert "Is told when a campaign came out other than forecast" in card.inner_text()
    assert "an import" not in card.inner_text()
    assert "Gets the weekly report (HTML) on Monday at 8:00" in card.inner_text()
    card.get_by_text("Nothing was sent yet.").wait_for()

    card.get_by_role("button", name="Send a test").click()
    card.get_by_text("Arrived").wait_for()
    assert [signature is not None for signature in receiver.signatures] == [True]
    receiver.answer = 410
    card.get_by_role("button", name="Send a test").click()
    card.get_by_text("it answered 410").wait_for()
    assert "Given up" in card.inner_text()
    assert (visit.fits(), visit.violations_in_both_themes()) == (True, [])
    card.get_by_role("button", name="Tell them no longer").click()
    card.wait_for(state="detached")

    assert (visit.console, visit.elsewhere) == ([], [])


def test_what_was_given_up_is_tried_again(visit: Visit, receiver: Receiver) -> None:
    lost = {
        "alert_id": "x", "message_id": "m", "kind": "campaign.held", "title": "A campaign looks like a tracking fault",
        "state": "dead", "tries": 9, "reason": "it answered 500", "created_at": "2026-02-13T09:00:00+00:00",
        "settled_at": None, "next_at": None,
    }  # fmt: skip
    lost_only = json.dumps({"items": [lost]})
    visit.page.route("**/deliveries?**", lambda route: route.fulfill(content_type="application/json", body=lost_only))
    add(visit, receiver.address)
    visit.settle("it answered 500")
    with visit.page.expect_response("**/deliveries/retry") as answered:
        visit.page.get_by_role("button", name="Try again").click()

    assert answered.value.json() == {"retried": 0}
    assert visit.console == []


def test_what_cannot_be_told_is_refused_where_it_was_written(visit: Visit) -> None:
    for address, says in {
        "http://10.0.0.1/x": "private network",
        "nobody": "write 'https://...' or 'mailto:somebody@example.com'",
        "ann@example.com": "MARKO_MAIL_URL",
    }.items():
        add(visit, address)
        visit.settle(says)

    assert visit.page.get_by_role("button", name="Send a test").count() == 0
    assert visit.violations() == []
