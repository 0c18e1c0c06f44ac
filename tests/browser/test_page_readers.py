"""The page as its readers have it: by keyboard, with figures of another country, with less motion, on paper."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from tests.browser.page import Visit, visiting

pytestmark = pytest.mark.browser

CONTROLS = """[...document.querySelectorAll("a[href], button:enabled, select, input, summary, [tabindex='0']")]
  .filter(one => one.checkVisibility({visibilityProperty: true})).map((one, at) => one.place = at).length"""
"""Marks every control that is shown with its place, and counts them."""
FOCUSED = "[document.activeElement.place ?? -1, getComputedStyle(document.activeElement).outlineStyle]"
INK = "Math.max(...getComputedStyle(document.querySelector('h1')).color.match(/\\d+/g).map(Number))"


@pytest.fixture
def visit(browser: Any, sample: str) -> Iterator[Visit]:
    with visiting(browser, sample, "sample") as visit:
        yield visit


def test_the_keyboard_reaches_everything_and_a_new_screen_has_the_focus(visit: Visit) -> None:
    visit.open("/works", ready="beyond noise on ROAS")
    visit.page.keyboard.press("Tab")
    assert visit.page.evaluate("document.activeElement.textContent") == "Skip to the content"
    visit.page.get_by_role("link", name="Track record").focus()
    visit.page.keyboard.press("Enter")
    visit.settle("planner_a")

    assert visit.page.evaluate("document.activeElement.tagName") == "H1"
    assert visit.page.get_by_role("link", name="Track record").get_attribute("aria-current") == "page"
    visit.page.go_back()
    visit.settle("beyond noise on ROAS")
    assert visit.page.evaluate("location.pathname") == "/works"


def test_every_control_is_reached_by_the_keyboard_and_seen_where_it_is(visit: Visit) -> None:
    visit.open("/works", ready="beyond noise on ROAS")
    number = visit.page.evaluate(CONTROLS)
    reached, unseen = set(), []
    for _ in range(number + 5):
        visit.page.keyboard.press("Tab")
        place, outline = visit.page.evaluate(FOCUSED)
        reached.add(place)
        unseen += [place] if place >= 0 and outline == "none" else []

    assert reached >= set(range(number))
    assert unseen == []


def test_days_numbers_and_money_are_written_as_the_browser_does(browser: Any, sample: str) -> None:
    with visiting(browser, sample, "sample", locale="de-DE") as visit:
        visit.open("/campaigns/cmp_h39_meta_lead", ready="What happened")
        assert re.search(r"\d,\d\d\xa0USD", visit.text)
        visit.open("/campaigns", ready="40 campaigns shown")
        assert "13.02.2026" in visit.text
        visit.open("/plan", ready="What a plan will probably give")
        for label, value in {"Platform": "Meta", "Objective": "Sales", "Budget": "4.000,50"}.items():
            visit.page.get_by_label(label, exact=True).fill(value)
        with visit.page.expect_request("**/v1/plans/evaluate") as asked:
            visit.page.get_by_role("button", name="What will it give?").click()
        visit.settle("Plan 1: Meta")

        assert asked.value.post_data_json["plans"][0]["budget"] == 4000.5
        assert visit.fits()


def test_who_wants_less_motion_sees_none(browser: Any, sample: str) -> None:
    for wish, moving in {"reduce": False, "no-preference": True}.items():
        with visiting(browser, sample, "sample") as visit:
            visit.page.emulate_media(reduced_motion=wish)  # type: ignore[arg-type]
            visit.page.route("**/v1/**", lambda route: None)
            visit.page.goto(f"{sample}/works?workspace=sample")
            visit.page.locator(".skeleton").first.wait_for(state="attached")
            assert (visit.page.evaluate("document.getAnimations().length") > 0) is moving


def test_on_paper_it_is_dark_on_white_whole_and_without_controls(browser: Any, sample: str) -> None:
    with visiting(browser, sample, "sample", width=700, theme="dark") as visit:
        for path in ("/", "/campaigns/cmp_h39_meta_lead", "/works"):
            visit.open(path)
            visit.page.emulate_media(media="print")
            assert visit.page.evaluate(INK) < 100, "the ink is dark, whatever the screen's theme"
            assert visit.page.get_by_role("button").count() == visit.page.get_by_role("navigation").count() == 0
            assert visit.fits()
            visit.page.emulate_media(media="screen")
