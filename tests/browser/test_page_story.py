"""The first minutes of somebody with an export: import, overview, campaign, why, plan, track record, and back again."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect
from tests.browser.page import PATIENCE, Visit, serving, settings_of, visiting

pytestmark = pytest.mark.browser

EXPORTS = Path(__file__).parents[2] / "data" / "samples" / "meta_export"
EXPORT, PLAN = EXPORTS / "ads_manager_monthly_cad.csv", EXPORTS / "plan_september_invented.csv"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving(settings=settings_of(tmp_path_factory.mktemp("story"))) as address:
        yield address


def test_from_an_export_to_a_plan_and_back(browser: Any, address: str) -> None:
    with visiting(browser, address) as visit:
        visit.open("/", ready="Nothing is here yet")
        visit.page.get_by_role("link", name="Drop an export").click()
        read_and_import(visit)
        overview_and_campaign(visit)
        plan(visit)
        visit.page.get_by_role("link", name="Track record").click()
        visit.settle("planner_a (invented)")
        take_back(visit)

        assert visit.console == []
        assert visit.elsewhere == []


def read_and_import(visit: Visit) -> None:
    visit.settle("Drop an export here")
    visit.page.get_by_label("Or choose files").set_input_files(EXPORT)
    visit.settle("How ads_manager_monthly_cad.csv was read")
    visit.page.get_by_text("Read it another way").click()
    visit.page.get_by_label("A campaign is").select_option("month")
    visit.settle("Import 4 campaigns")
    visit.page.get_by_text("Read it another way").click()
    visit.page.get_by_label("Plan file").set_input_files(PLAN)
    visit.settle("Import 4 campaigns")
    assert "CAD" in visit.text
    assert visit.violations() == []
    visit.page.get_by_role("button", name="Import 4 campaigns").click()
    visit.settle("4 new.")


def overview_and_campaign(visit: Visit) -> None:
    visit.page.get_by_role("link", name="See the overview").click()
    visit.settle("Last campaigns")
    visit.page.get_by_role("link", name="Company-Social-Acquisition-Ads").first.click()
    visit.settle("What happened")
    assert "What moved CPA from" in visit.text
    assert "Forecast" in visit.text
    visit.page.get_by_text("Show the numbers").first.click()
    visit.page.get_by_role("row", name="CPA").first.wait_for()  # made when it is asked for


def plan(visit: Visit) -> None:
    visit.page.get_by_role("link", name="Plan", exact=True).click()
    visit.settle("What a plan will probably give")
    fields = {"Platform": "Meta", "Objective": "complete registration", "Budget": "62000", "Target CPA": "80"}
    for label, value in fields.items():
        visit.page.get_by_label(label, exact=True).fill(value)
    visit.page.get_by_label("Currency").fill("CAD")
    learnt = re.compile(r"^Learnt as of [^·]+$")  # behind the page, which hears of it: nothing waits any longer
    expect(visit.page.locator(".live")).to_have_text(learnt, timeout=PATIENCE)
    visit.page.get_by_role("button", name="What will it give?").click()
    visit.settle("The target of CAD 80.00 is reached with a probability of")
    assert "90% interval" in visit.text
    assert visit.violations() == []


def take_back(visit: Visit) -> None:
    visit.page.get_by_role("link", name="Data").click()
    visit.settle("ads_manager_monthly_cad.csv")
    visit.page.get_by_role("button", name="Take it back").click()
    visit.page.get_by_role("button", name="Yes, take all of it back").click()
    visit.settle("Taken back")
    visit.page.get_by_role("link", name="Campaigns").click()
    visit.settle("No campaign yet")


def test_a_file_of_nobodys_is_refused_with_a_way_on(browser: Any, address: str, tmp_path: Path) -> None:
    file = tmp_path / "own.csv"
    rows = [f"2026-01-{day:02},Brand,1000,50,20.5,4" for day in range(1, 20)]
    file.write_text("\n".join(["Tag;Kampagne;Ausspielungen;Klicks;Kosten;Abschluss".replace(";", ","), *rows]))
    with visiting(browser, address, "own") as visit:
        visit.open("/data", ready="Drop an export here")
        visit.page.get_by_label("Or choose files").set_input_files(file)
        visit.settle("The file cannot be read as campaigns")
        assert "own.csv" in visit.text
        assert "--" not in visit.text, "no words of the command line"
        assert visit.violations() == []

        visit.page.locator("input[name=platform]").fill("Own")
        visit.page.locator("select[name=conversions]").select_option("Abschluss")
        visit.page.get_by_role("button", name="Read it this way").click()
        visit.settle("How own.csv was read")
        assert "Import 1 campaign" in visit.text
        visit.page.get_by_text("Which column is which?").click()
        assert visit.violations() == []
        visit.page.locator("select[name=conversions]").select_option("")
        visit.page.get_by_role("button", name="Read it this way").click()
        visit.page.locator(".facts").get_by_text("76").wait_for(state="detached")


def daily(path: Path, days: Iterable[int], spend: float) -> Path:
    rows = [f"2026-08-{day:02},Autumn,{spend:.2f},4000,90,4" for day in days]
    header = "Day,Campaign name,Amount spent (EUR),Impressions,Link clicks,Purchases"
    path.write_text("\n".join([header, *rows]))
    return path


def test_days_that_nobody_reported_are_gaps_and_changed_ones_are_marked(
    browser: Any, address: str, tmp_path: Path
) -> None:
    first = daily(tmp_path / "first.csv", [*range(1, 11), *range(13, 25)], 40.0)
    later = daily(tmp_path / "later.csv", [23, 24, 25], 50.0)
    with visiting(browser, address, "days") as visit:
        for file in (first, later, later):
            visit.open("/data", ready="Drop an export here")
            visit.page.get_by_label("Or choose files").set_input_files(file)
            visit.settle(f"How {file.name} was read")
            assert "--" not in visit.text
            visit.page.get_by_role("button", name="Import 1 campaign").click()
            visit.settle("See the overview")
        assert "Nothing changed: all of this was here already." in visit.text
        visit.open("/data", ready="Spend a day on Meta, EUR")

        assert "Nobody reported Aug 11, 2026 to Aug 12, 2026." in visit.text
        assert "2 days were changed by a later file." in visit.text
        assert visit.page.locator("svg .gap").count() == 1
        assert visit.page.locator("svg .restated").count() == 2
        assert (visit.violations(), visit.console) == ([], [])


def test_a_file_that_could_mean_two_amounts_names_the_control_that_decides(
    browser: Any, address: str, tmp_path: Path
) -> None:
    path = tmp_path / "two_ways.csv"
    path.write_text("Day,Campaign name,Amount spent,Impressions,Link clicks,Purchases\n2026-09-01,A,1.250,100,9,1\n")
    with visiting(browser, address, "amounts") as visit:
        visit.open("/data", ready="Drop an export here")
        visit.page.get_by_label("Or choose files").set_input_files(path)
        visit.settle("‘Numbers are written: 1.234,56’")
        visit.page.get_by_label("Platform").select_option("meta")
        visit.settle("‘Numbers are written: 1.234,56’")
        visit.page.get_by_label("Numbers are written").select_option("de")
        visit.settle("‘Currency: EUR’")

        assert "--" not in visit.text
        assert "1,250" in visit.text
        assert visit.violations() == []
