"""Where the running month ends, on the overview: of an account with daily files, and nothing where nothing runs."""

import datetime as dt
import json
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser
from tests.browser.page import WIDTHS, Visit, serving, settings_of, visiting

pytestmark = pytest.mark.browser

NEWEST = dt.date(2026, 6, 20)
NOW = "2026-06-21T09:00:00Z"
BEGINNINGS = {"winter sale": 120, "spring sale <b>&": 90, "newcomer": 12, "ended": 120}
"""Days that each campaign ran; the last stopped ten days ago."""


def export() -> str:
    """A daily file of one platform, as somebody downloads it."""
    lines = ["Date,Campaign,Platform,Cost,Currency,Impressions,Clicks,Conversions"]
    for place, (name, days) in enumerate(BEGINNINGS.items()):
        for back in range(10 if name == "ended" else 0, days):
            spend, sales = 40 + 7 * ((back * 5 + place) % 6), 3 + (back + place) % 4
            lines.append(f"{NEWEST - dt.timedelta(days=back)},{name},Meta,{spend}.50,EUR,9000,150,{sales}")
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[str]:
    """The address of a server that imported such a file."""
    with serving(settings=settings_of(tmp_path_factory.mktemp("daily"))) as address:
        with visiting(browser, address) as visit:
            file = {"name": "daily.csv", "mimeType": "text/csv", "buffer": export().encode()}
            begun = visit.page.request.post(f"{address}/v1/imports", multipart={"files": file})  # type: ignore[dict-item]
            assert begun.ok, begun.text()
            visit.page.request.get(f"{address}/v1/imports/{begun.json()['import_id']}/events")  # ends with the import
        yield address


@pytest.fixture(params=WIDTHS)
def visit(request: Any, browser: Browser, address: str) -> Iterator[Visit]:
    with visiting(browser, address, width=request.param) as visit:
        visit.page.clock.set_fixed_time(NOW)
        yield visit
        assert (visit.console, visit.elsewhere) == ([], [])


def test_the_end_of_the_month_is_told_of_accounts_and_campaigns(visit: Visit) -> None:
    visit.open("/", ready="Where June 2026 will probably end")
    section = visit.page.locator("section").filter(has=visit.page.get_by_role("heading", name="Where June 2026"))
    (account,) = (text.replace("\u00a0", " ") for text in section.locator("li").all_inner_texts())
    rows = {row.split("\n")[0]: row for row in section.locator("tbody tr").all_inner_texts()}

    assert account.startswith("Meta: EUR ")
    assert "spent by Jun 20, 2026, probably EUR " in account
    assert account.count("by Jun 30, 2026 (90% interval") == 2
    assert set(rows) == set(BEGINNINGS) - {"ended"}
    assert rows["newcomer"].count("10 days are to come, which takes 30 days without a gap, not 12") == 2
    assert rows["winter sale"].count(" to ") == 2
    assert "In the past such 90% intervals held: those of spend" in section.inner_text()
    assert visit.fits()
    assert visit.violations_in_both_themes() == []


def test_of_a_month_that_is_over_nothing_is_said(browser: Browser, address: str) -> None:
    with visiting(browser, address) as visit:
        visit.page.clock.set_fixed_time("2026-07-01T09:00:00Z")
        visit.open("/", ready="Last campaigns")
        assert "will probably end" not in visit.text
        assert (visit.console, visit.elsewhere) == ([], [])


def test_an_account_whose_end_cannot_be_told_says_why(browser: Browser, address: str) -> None:
    def young(route: Any) -> None:
        body = route.fetch().json()
        body["items"][0]["spend"] |= {"projected": None, "interval": None, "reason": "it is too young"}
        silent = {
            "so_far": None,
            "projected": None,
            "interval": None,
            "reason": "some days do not say their conversions",
        }
        body["items"][0]["conversions"] = silent
        route.fulfill(content_type="application/json", body=json.dumps(body))

    with visiting(browser, address) as visit:
        visit.page.clock.set_fixed_time(NOW)
        visit.page.route("**/v1/pacing", young)
        visit.open("/", ready="Where June 2026 will probably end")
        said = visit.text.replace("\u00a0", " ")

        assert "spent by Jun 20, 2026, where that ends cannot be told yet: it is too young." in said
        assert "Conversions cannot be told: some days do not say their conversions." in said
