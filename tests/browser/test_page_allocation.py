"""A budget spread over plans on the plan screen: the split, what it rests on, curves only where they were learnt."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser
from tests.browser.page import CUT, WIDTHS, Visit, visiting

pytestmark = pytest.mark.browser


def plans(visit: Visit, *platforms: str, budget: str = "4000") -> None:
    """Fill in one plan for each platform."""
    visit.open("/plan", ready="What a plan will probably give")
    assert visit.page.get_by_role("button", name="Spread it").count() == 0
    fields = {"Platform": platforms[0], "Objective": "Sales", "Budget": budget, "Currency": "USD"}
    for label, value in fields.items():
        visit.page.get_by_label(label).fill(value)
    for at, platform in enumerate(platforms[1:], start=1):
        visit.page.get_by_role("button", name="Compare with another plan").click()
        visit.page.locator("fieldset").nth(at).get_by_label("Platform").fill(platform)


def spread(visit: Visit, ready: str) -> None:
    visit.page.get_by_role("button", name="Spread it").click()
    visit.settle(ready)


@pytest.fixture(params=WIDTHS)
def look(request: Any, browser: Browser, sample: str) -> Iterator[Visit]:
    with visiting(browser, sample, "sample", width=request.param) as visit:
        yield visit
        assert (visit.console, visit.elsewhere) == ([], [])


@pytest.fixture
def visit(browser: Browser, sample: str) -> Iterator[Visit]:
    with visiting(browser, sample, "sample") as visit:
        yield visit


def test_a_budget_is_spread_within_bounds_and_says_what_it_rests_on(look: Visit) -> None:
    plans(look, "Meta", "LinkedIn", "Mastodon <i>")
    look.page.get_by_label("Budget to spread").fill("20,000")
    look.page.get_by_text("Least and most for each plan").click()
    look.page.get_by_label("Plan 2 at least").fill("3000")
    look.page.get_by_label("Plan 1 at most").fill("9000")
    spread(look, "Spread so, USD")
    rows = look.page.locator("main tbody tr")
    cells = [[cell.inner_text().replace("\u00a0", " ") for cell in row.locator("td").all()] for row in rows.all()]
    amounts = [float(row[1].removeprefix("USD ").replace(",", "")) for row in cells]

    assert sum(amounts) == pytest.approx(20_000, abs=1)
    assert amounts[0] <= 9_000
    assert amounts[1] >= 3_000
    assert all(" to USD " in row[4] for row in cells)
    assert "Beyond what was seen" in cells[2][0]
    assert "Part of it lies beyond what campaigns there ever spent, and is a guess." in look.text
    assert "Mastodon <i>: what more money brings is not learnt yet, because its platform was never seen." in look.text
    assert look.page.locator("figcaption").all_inner_texts() == [
        "Plan 1 on Meta: Revenue at other budgets",
        "Plan 2 on LinkedIn: Revenue at other budgets",
    ]
    assert look.page.locator("svg polygon.level").count() == 2
    assert look.page.evaluate(CUT) == []
    assert look.fits()
    assert look.violations_in_both_themes() == []


def test_caution_changes_the_split_or_nothing_but_never_the_money(visit: Visit) -> None:
    plans(visit, "Meta", "Mastodon")
    visit.page.get_by_label("Judge by").select_option("the worse half of what may come")
    with visit.page.expect_request("**/v1/plans/allocate") as asked:
        spread(visit, "Spread so, USD")

    assert asked.value.post_data_json["risk"] == 0.5
    assert asked.value.post_data_json["bounds"] == {}
    assert "USD\u00a08,000 usually bring" in visit.text


def test_of_an_account_that_counts_conversions_the_plans_own_shares_may_be_best(visit: Visit) -> None:
    def counted(route: Any) -> None:
        body = route.fetch().json()
        items = [item | {"was": item["amount"]} for item in body["items"]]
        route.fulfill(
            content_type="application/json", body=json.dumps(body | {"metric": "conversions", "items": items})
        )

    visit.page.route("**/v1/plans/allocate", counted)
    plans(visit, "Meta", "LinkedIn")
    spread(visit, "Spread so, USD")

    assert re.search(r"usually bring [\d,]+ conversions \(90% interval [\d,]+ to [\d,]+\)", visit.text)
    assert "These are the plans' own shares: no other split is expected to bring more." in visit.text
    assert "Cost of one more" in visit.text
    assert (visit.violations(), visit.console) == ([], [])


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("Budget to spread", "a lot", "budget"),
        ("Budget to spread", "20k", "budget"),
        ("Plan 1 at most", "10", "the most amounts add up to less than the budget"),
        ("Plan 1 at least", "9000", "the least amounts add up to more than the budget"),
        ("Target CPA", "thirty", "targets.cpa"),
    ],
)
def test_what_cannot_be_spread_is_refused_in_words(visit: Visit, field: str, value: str, says: str) -> None:
    plans(visit, "Meta", "LinkedIn")
    visit.page.get_by_text("Least and most for each plan").click()
    if says.startswith("the most"):
        visit.page.get_by_label("Plan 2 at most").fill(value)
    visit.page.get_by_label(field).first.fill(value)
    spread(visit, says)

    assert "Spread so" not in visit.text
    assert visit.violations() == []


def test_of_an_empty_account_it_says_that_nothing_was_learnt(browser: Browser, sample: str) -> None:
    with visiting(browser, sample, "empty", width=390) as visit:
        plans(visit, "Meta", "LinkedIn")
        spread(visit, "yet that a split could rest on")
        assert visit.fits()
        assert visit.violations() == []
