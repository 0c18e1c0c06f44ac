"""What a screen shows when things are otherwise: many, slow, refused, broken, a key asked for; and the keyboard."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from tests.browser.page import CUT, Visit, visiting

pytestmark = pytest.mark.browser

PROBLEM = {
    "type": "/problems/not-allowed",
    "title": "This key may not do that <b>here</b>",
    "status": 403,
    "detail": "reading takes a key of this workspace",
    "errors": [],
    "hint": "ask whoever runs the server",
    "request_id": "abc123",
}
BROKEN = PROBLEM | {"type": "/problems/internal", "title": "Something broke here", "status": 500}
EFFECT = {
    "group": "audience", "metric": "roas", "raw_lift": 1.4, "effect": 1.2, "interval": [0.9, 1.6], "probability": 0.8,
    "lfsr": 0.2, "campaigns": 12.0, "spend": 900.0, "finding": False, "reason": "not enough evidence", "rows": 20,
    "real_campaigns": 12, "events": 90.0, "within": None, "goal": None, "identified": True,
}  # fmt: skip
EFFECTS = {
    "next_cursor": None, "as_of": None, "epoch": 1, "pending": 3, "calibration": {}, "wear": {}, "season": {},
    "weekdays": {}, "events": [], "delivery": None, "goals": ["purchase"],
}  # fmt: skip
CAMPAIGN = {
    "unit_id": "x", "account_id": None, "platform": "Meta", "objective": "Sales", "conversion_kind": "purchase",
    "timestamp": "2026-02-13T09:00:00+00:00", "currency": "EUR", "spend": 10.0, "conversions": 2.5, "revenue": None,
    "cpa": 5.0, "roas": None, "state": "learnt", "reason": None, "revision": 1,
}  # fmt: skip


@pytest.fixture
def visit(browser: Any, sample: str) -> Iterator[Visit]:
    with visiting(browser, sample, "sample") as visit:
        yield visit


def answer(visit: Visit, pattern: str, body: Any, status: int = 200) -> None:
    """Let the server's answer to a path be something else."""
    kind = "application/problem+json" if status >= 400 else "application/json"
    visit.page.route(pattern, lambda route: route.fulfill(status=status, content_type=kind, body=json.dumps(body)))


READ_AT_ONCE = {
    "/": "Last campaigns",
    "/campaigns": "40 campaigns shown",
    "/campaigns/cmp_h39_meta_lead": "What happened",
    "/works": "beyond noise on ROAS",
    "/works?show=learnings": "CPA",
    "/works/creative.type%3Avideo": "Is it as it was?",
    "/record": "planner_a",
    "/data": "Behind the page",
}
"""Screens that ask the server as they open, and what they say with the sample account."""

ASKED_LATER = {"/plan": "What will it give?", "/ask?q=video": "Ask"}
"""Screens that ask when told to, and the button."""


def broken(route: Any) -> None:
    route.fulfill(status=500, content_type="application/problem+json", body=json.dumps(BROKEN))


def go_on(route: Any) -> None:
    route.continue_()


@pytest.mark.parametrize("path", READ_AT_ONCE)
def test_without_the_right_a_screen_says_what_the_server_says(visit: Visit, path: str) -> None:
    answer(visit, "**/v1/**", PROBLEM, 403)
    visit.open(path, ready=PROBLEM["title"])

    assert PROBLEM["detail"] in visit.text
    assert PROBLEM["hint"] in visit.text
    assert visit.violations() == []
    assert visit.fits()


PRESS_AGAIN = "() => document.querySelectorAll('button').forEach((one) => one.innerText === 'Try again' && one.click())"


@pytest.mark.parametrize("path", READ_AT_ONCE)
def test_a_slow_a_broken_and_a_gone_server_are_said_and_tried_again(visit: Visit, path: str) -> None:
    waiting: list[Any] = []
    server = {"slow": waiting.append, "broken": broken, "gone": lambda route: route.abort(), "well": go_on}
    now = "slow"
    visit.page.route("**/v1/**", lambda route: server[now](route))
    visit.page.goto(f"{visit.address}{path}{'&' if '?' in path else '?'}workspace=sample")
    visit.page.get_by_role("status").filter(has_text="Loading").first.wait_for(state="attached")
    now = "broken"
    for route in waiting:
        broken(route)
    visit.settle(BROKEN["title"])
    assert BROKEN["request_id"] in visit.text
    now = "gone"
    visit.page.get_by_role("button", name="Try again").first.click()
    visit.settle("The server cannot be reached")
    now = "well"
    while visit.page.get_by_role("button", name="Try again").count():
        visit.page.evaluate(PRESS_AGAIN)  # those still there: a page that hears the server again asks by itself
        visit.settle()

    visit.settle(READ_AT_ONCE[path])
    assert visit.fits()


@pytest.mark.parametrize("path", ASKED_LATER)
def test_what_is_asked_in_vain_says_why_where_it_was_asked(visit: Visit, path: str) -> None:
    visit.open(path)
    answer(visit, "**/*", PROBLEM, 403)
    if path == "/plan":
        for label, value in {"Platform": "Meta", "Objective": "Sales", "Budget": "4000"}.items():
            visit.page.get_by_label(label, exact=True).fill(value)
    visit.page.get_by_role("button", name=ASKED_LATER[path], exact=True).click()
    visit.settle(PROBLEM["title"])

    assert PROBLEM["hint"] in visit.text
    assert visit.violations() == []


SEASON = {
    "name": "November and December", "effect": 1.26, "interval": [1.09, 1.38], "finding": True,
    "reason": "seen in 2 years",
}  # fmt: skip
SILENT_EVENT = {
    "event_id": "evt_1", "name": "the price change on 2025-03-01", "text": "prices up", "metric": None, "effect": None,
    "interval": None, "finding": False, "reason": "no metric moved with it beyond chance",
}  # fmt: skip


def test_an_effect_that_is_not_identified_shows_its_reason_and_no_interval(visit: Visit) -> None:
    lost = {"identified": False, "reason": "not identified: clicks were never recorded with it"}
    effects = [EFFECT | {"signal": f"audience:number {at}"} | (lost if at == 3 else {}) for at in range(9)]
    answer(visit, "**/v1/effects?**", EFFECTS | {"items": effects})
    visit.open("/works", ready="Not identified: clicks were never recorded with it")

    rows = visit.page.locator(".forest li")
    assert rows.count() == 9
    assert rows.filter(has=visit.page.locator(".figures")).count() == 8
    assert "%" not in rows.filter(has_text="never recorded").inner_text()


def test_of_four_hundred_effects_a_window_is_drawn(visit: Visit) -> None:
    wear = {
        "new_on": "2025-05-02", "a_month": 0.9, "change": 0.8, "interval": [0.7, 0.9], "below_average": "2025-08-01",
        "below_average_interval": ["2025-07-20", "2025-08-15"], "cost": 120.0, "cost_interval": [60.0, 180.0],
    }  # fmt: skip
    trend = {"since": "2025-06-01", "change": 0.82, "interval": [0.7, 0.9], "ongoing": True}
    effects = [
        EFFECT
        | {"signal": f"audience:number {at}", "effect": 1 + at / 1000, "finding": at < 150, "rows": at}
        | {"trend": trend if at == 149 else None, "wear_out": wear if at == 149 else None}
        for at in range(400)
    ]
    page = EFFECTS | {
        "items": effects,
        "wear": {"ctr": {"a_month": 0.95, "interval": [0.93, 0.97]}},
        "season": {"cvr": [{"name": "May", "finding": False}, SEASON]},
        "events": [SILENT_EVENT],
    }
    answer(visit, "**/v1/effects?**", page)
    visit.open("/works", ready="150 of 400 are beyond noise")

    assert "3 campaigns wait to be learnt" in visit.text
    assert "18% lower than before Jun 1, 2025 (90% interval 10% to 30% lower), and it goes on" in visit.text
    assert "Wears out: 20% lower than when it was new, on May 2, 2025" in visit.text
    assert "from Aug 1, 2025 (between Jul 20, 2025 to Aug 15, 2025)" in visit.text
    assert (
        "November and December: CVR 26% higher against the year's average, seen in 2 years (90% interval" in visit.text
    )
    assert "May: CVR" not in visit.text
    assert "The price change on 2025-03-01 (prices up): no metric moved with it beyond chance." in visit.text
    assert visit.page.locator(".forest li").count() == 40
    visit.page.get_by_role("button", name="Show 20 more").first.click()
    assert visit.page.locator(".forest li").count() == 60
    visit.page.get_by_label("Search").fill("number 399")
    visit.page.get_by_text("0 of 1").or_(visit.page.get_by_text("of 1 looked at")).first.wait_for()
    assert visit.violations() == []


def test_of_ten_thousand_campaigns_a_page_is_shown(visit: Visit) -> None:
    def page(route: Any) -> None:
        start = int(route.request.url.partition("cursor=c")[2] or 0)
        items = [CAMPAIGN | {"campaign_id": f"c{at}", "name": f"Campaign {at}"} for at in range(start, start + 50)]
        body = {"items": items, "next_cursor": f"c{start + 50}" if start < 9_950 else None, "as_of": None, "held": 7}
        route.fulfill(content_type="application/json", body=json.dumps(body))

    visit.page.route("**/v1/campaigns?**", page)
    visit.open("/campaigns", ready="50 campaigns shown, there are more")
    visit.page.get_by_role("button", name="Show 50 more").click()

    visit.page.get_by_text("100 campaigns shown, there are more").wait_for()
    assert "7 campaigns look like a tracking fault" in visit.text
    assert visit.page.locator("tbody tr").count() == 100
    assert "2.5" in visit.text, "platforms share a conversion out"


def test_a_key_is_asked_for_kept_for_the_tab_and_sent(visit: Visit) -> None:
    sent: list[str | None] = []

    def guarded(route: Any) -> None:
        sent.append(route.request.headers.get("authorization"))
        if sent[-1] == "Bearer right-key":
            return route.continue_()
        body = PROBLEM | {"status": 401, "title": "A key is needed"}
        return route.fulfill(status=401, content_type="application/problem+json", body=json.dumps(body))

    visit.page.route("**/v1/**", guarded)
    visit.open("/campaigns", ready="This server asks for a key")
    assert visit.violations() == []
    visit.page.get_by_label("Key").fill("wrong-key")
    visit.page.get_by_role("button", name="Open the page").click()
    visit.settle("That key is not known here")
    visit.page.get_by_label("Key").fill("right-key")
    visit.page.get_by_role("button", name="Open the page").click()
    visit.settle("40 campaigns shown")

    assert {None, "Bearer wrong-key", "Bearer right-key"} == set(sent)
    assert visit.page.evaluate("[document.cookie, localStorage.length]") == ["", 0]


def test_what_is_no_screen_says_so(visit: Visit) -> None:
    visit.open("/works", ready="beyond noise on ROAS")
    visit.page.evaluate("history.pushState(null, '', '/nowhere'); dispatchEvent(new CustomEvent('reflection:moved'))")

    visit.settle("There is no such page")


@pytest.mark.parametrize("width", [768, 2560])
def test_no_other_width_scrolls_sideways_or_cuts_a_picture(browser: Any, sample: str, width: int) -> None:
    with visiting(browser, sample, "sample", width=width) as visit:
        for path in ("/", "/works", "/campaigns", "/campaigns/cmp_h39_meta_lead", "/works/creative.type%3Avideo"):
            visit.open(path)
            assert visit.fits(), path
            assert visit.page.evaluate(CUT) == [], path


def test_a_signal_is_shown_over_time_and_intervals_by_month(visit: Visit) -> None:
    visit.open("/works/creative.type%3Avideo?metric=roas", ready="Is it as it was?")
    assert visit.page.locator("svg .band").count() == 1
    visit.open("/record", ready="Intervals that held, month by month: This engine")
    visit.page.get_by_label("Figure").select_option("ROAS")
    visit.settle("Intervals that held, month by month: This engine, ROAS")
    visit.page.get_by_label("Odds, and what happened").select_option(index=1)

    assert visit.page.get_by_role("img").count() == 2
    assert (visit.violations(), visit.console) == ([], [])


def test_what_came_of_advice_is_shown_with_its_campaign_and_on_it(visit: Visit) -> None:
    outcome = {
        "recommendation_id": "r", "campaign_id": "cmp_h39_meta_lead", "matched": "named", "predicted": 1.2,
        "measured": 1.1, "signal": "creative.type:video", "lane": "exploit", "metric": "roas", "held_90": True,
    }  # fmt: skip

    def record(route: Any) -> None:
        body = route.fetch().json()
        body["advice"]["recent"] = [outcome, outcome | {"campaign_id": "other"}]
        route.fulfill(content_type="application/json", body=json.dumps(body))

    visit.page.route("**/v1/track-record", record)
    visit.open("/record", ready="More budget on Creative type video")
    assert "20% higher" in visit.text
    assert visit.violations() == []
    visit.open("/campaigns/cmp_h39_meta_lead", ready="Advice it followed")

    assert visit.page.get_by_role("row", name="Within what was foretold").count() == 1


def test_odds_are_shown_by_budget_and_not_where_so_much_was_never_spent(visit: Visit) -> None:
    visit.open("/plan", ready="What a plan will probably give")
    for label, value in {"Platform": "Meta", "Objective": "Sales", "Budget": "40000", "Target CPA": "40"}.items():
        visit.page.get_by_label(label, exact=True).fill(value)
    visit.page.get_by_label("Currency").fill("USD")
    visit.page.get_by_role("button", name="What will it give?").click()
    visit.settle("how likely the target of USD 40.00 is at other budgets")

    assert visit.page.locator("svg .gap").count() > 0
    assert visit.page.evaluate(CUT) == []
    assert (visit.violations(), visit.console) == ([], [])


def test_what_works_only_in_part_is_said(visit: Visit) -> None:
    """A server that is up while a part of it is down: the data screen names the part, the answers what they lack."""

    def degraded(route: Any) -> None:
        body = route.fetch().json()
        body["parts"] |= {"degraded": ["index-lag"], "worker": {"running": False}}
        route.fulfill(content_type="application/json", body=json.dumps(body))

    def search(route: Any) -> None:
        route.fulfill(
            content_type="application/json", body=json.dumps(route.fetch().json() | {"degraded": ["embedding-lag"]})
        )

    visit.page.route("**/ready", degraded)
    visit.page.route("**/v1/memory/search?**", search)
    visit.open("/data", ready="Not everything works")
    assert "the index of the memory is behind" in visit.text
    assert "What learns behind the page is not running" in visit.text
    assert visit.violations() == []
    visit.open("/ask?q=video").page.get_by_role("button", name="Ask", exact=True).click()
    visit.settle("Not everything could be searched: some texts are not compared by meaning yet.")

    assert visit.violations() == []


def test_the_numbers_of_a_picture_can_be_read_and_taken_away(visit: Visit) -> None:
    def hostile(route: Any) -> None:
        body = route.fetch().json()
        body["items"] = [item | {"label": "=1+1"} for item in body["items"]]
        route.fulfill(content_type="application/json", body=json.dumps(body))

    visit.page.route("**/v1/effects?**", hostile)
    visit.open("/works", ready="beyond noise on ROAS")
    visit.page.get_by_text("Show the numbers").first.click()
    visit.page.get_by_role("table").first.wait_for()
    with visit.page.expect_download() as download:
        visit.page.get_by_role("button", name="Download as CSV").first.click()
    text = download.value.path().read_text(encoding="utf-8-sig")

    assert text.startswith('"What","Against usual"')
    assert '"\'=1+1"' in text, "no formula"
    assert len(text.splitlines()) > 5


def test_where_nothing_learns_every_screen_says_that_it_lacks_what_is_new(visit: Visit) -> None:
    def stalled(route: Any) -> None:
        body = route.fetch().json()
        body["parts"]["degraded"] = ["not-learning"]
        route.fulfill(content_type="application/json", body=json.dumps(body))

    standing = json.dumps({"as_of": "2026-01-01T00:00:00+00:00", "pending": 2, "campaigns": 40, "text": ""})
    body = f"event: learning\ndata: {standing}\n\n"
    visit.page.route("**/v1/stream", lambda route: route.fulfill(content_type="text/event-stream", body=body))
    visit.page.route("**/ready", stalled)
    for path in (*READ_AT_ONCE, *ASKED_LATER):
        visit.open(path, ready="Nothing learns at the moment")
    assert visit.violations() == []


def test_a_held_campaign_is_said_wherever_it_is_left_out(visit: Visit) -> None:
    places = {
        "/": "held campaign",
        "/campaigns": "kept out of every total",
        "/campaigns?state=held": "1 campaign shown",
        "/campaigns/cmp_h31_google_sales": "The figures are right: let it count",
        "/works/creative.type%3Avideo": "Held, so not counted",
    }
    for path, says in places.items():
        visit.open(path, ready=says)


def test_the_report_on_a_period_is_handed_on(visit: Visit) -> None:
    visit.open("/", ready="Report on a period")
    card = visit.page.locator(".card").filter(has_text="Report on a period")
    assert card.get_by_label("From").input_value() == "2026-02-01"
    card.get_by_label("From").fill("2026-01-01")
    for name, begins in {"As a page": b"<!doctype html>", "As Markdown": b"# "}.items():
        with visit.page.expect_download() as download:
            card.get_by_role("button", name=name).click()
        assert download.value.path().read_bytes().startswith(begins)
    card.get_by_label("To").fill("2025-01-01")
    card.get_by_role("button", name="As data").click()
    visit.settle("the period ends before it starts")
