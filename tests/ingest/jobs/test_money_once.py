"""One month's money, exported in whatever forms, in one import or one after another, is never stored twice."""

import datetime as dt
import itertools
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from reflection.domain.campaign import Campaign
from reflection.ingest import ImportOptions
from reflection.settings import Settings
from reflection.wiring import Application, build

SPEND = 310.0
DAYS = [dt.date(2026, 8, 1) + dt.timedelta(number) for number in range(31)]
HEADER = "Campaign name,{more},Reporting starts,Reporting ends,Amount spent (EUR),Impressions,Link clicks,Purchases"
OPTIONS = ImportOptions(as_of=dt.date(2026, 11, 30))


def _meta(more: str, *cells: str, daily: bool = False) -> str:
    """A Meta export of the campaign, in rows that differ in one more column."""
    spans = [(day, day) for day in DAYS] if daily else [(DAYS[0], DAYS[-1])]
    share = SPEND / len(spans) / len(cells)
    rows = [
        f"Summer,{cell},{first},{last},{share:.2f},{3100 // len(spans)},{62 // len(spans)},2"
        for first, last in spans
        for cell in cells
    ]
    return "\n".join([HEADER.format(more=more), *rows])


def _sheet(*, daily: bool) -> str:
    """The same from a connector, where a column names the platform."""
    days = DAYS if daily else DAYS[:1]
    rows = [f"{day},facebook,Summer,{SPEND / len(days):.2f},3100,62,2,EUR" for day in days]
    header = f"{'Date' if daily else 'Month'},Source,Campaign,Spend,Impressions,Clicks,Conversions,Currency"
    return "\n".join([header, *rows])


def _nameless(*, daily: bool) -> str:
    """The account's money, of which nobody says which campaign's it is."""
    lines = _meta("Account name", "Shop", daily=daily).splitlines()
    return "\n".join(line.partition(",")[2] for line in lines)


FORMS = {
    "campaign": _meta("Account name", "Shop"),
    "by id": _meta("Campaign ID", "120200"),
    "by ad": _meta("Ad name", "One", "Two"),
    "by ad and day": _meta("Ad name", "One", "Two", daily=True),
    "by id and day": _meta("Campaign ID", "120200", daily=True),
    "sheet by month": _sheet(daily=False),
    "sheet by day": _sheet(daily=True),
    "nameless": _nameless(daily=False),
    "nameless by day": _nameless(daily=True),
}


@pytest.fixture(scope="module")
def application(
    tmp_path_factory: pytest.TempPathFactory, settings_in: Callable[..., Settings]
) -> Iterator[Application]:
    with build(settings_in(tmp_path_factory.mktemp("money"), embedding_model="none")) as application:
        yield application


def _put(application: Application, workspace: str, *forms: str) -> dict[str, Any]:
    files = [(f"{form}.csv", FORMS[form].encode()) for form in forms]
    imports = application.imports
    return imports.run(workspace, imports.begin(workspace, imports.read(workspace, files, OPTIONS), OPTIONS))


def _spend(application: Application, workspace: str) -> float:
    stored = application.store.campaigns(workspace)
    return sum(Campaign.model_validate_json(one.campaign_json).actual_metrics.spend or 0.0 for one in stored)


@pytest.mark.parametrize(
    ("first", "second", "together"),
    [(*pair, False) for pair in itertools.permutations(FORMS, 2)]
    + [(*pair, True) for pair in itertools.combinations(FORMS, 2)],
)
def test_two_exports_of_one_month_are_one_months_money(
    application: Application, first: str, second: str, together: bool
) -> None:
    workspace = f"{first} {second} {together}".replace(" ", "-")
    answers = (
        [_put(application, workspace, first, second)]
        if together
        else [_put(application, workspace, form) for form in (first, second)]
    )

    assert _spend(application, workspace) == pytest.approx(SPEND)
    apart = any((word in first) != (word in second) for word in ("id", "sheet", "nameless"))
    assert ("'two_sources'" in str(answers[-1])) is apart  # what nobody can put together is left out, and said


def test_what_was_left_out_is_in_nobodys_way_later(application: Application) -> None:
    for form in ("campaign", "by id", "by ad and day"):
        _put(application, "later", form)

    (one,) = application.store.campaigns("later")
    campaign = Campaign.model_validate_json(one.campaign_json)
    assert len(campaign.creatives) == 2
    assert campaign.actual_metrics.spend == pytest.approx(SPEND)


def test_other_days_and_money_that_you_name_are_counted_beside_a_file_that_names_no_campaign(
    application: Application,
) -> None:
    july = FORMS["nameless by day"].replace("2026-08", "2026-07")
    named = ImportOptions(as_of=OPTIONS.as_of, campaign="Another account")
    imports = application.imports
    for text, options in [(FORMS["campaign"], OPTIONS), (july, OPTIONS), (FORMS["nameless"], named)]:
        reports = imports.read("apart", [("account.csv", text.encode())], options)
        imports.run("apart", imports.begin("apart", reports, options))

    assert _spend(application, "apart") == pytest.approx(3 * SPEND)


def test_a_file_that_names_campaigns_counts_once_the_one_that_names_none_is_taken_back(
    application: Application,
) -> None:
    first = _put(application, "back", "nameless")
    assert f"take {first['import_id']} back" in str(_put(application, "back", "campaign")["findings"])
    application.imports.undo("back", first["import_id"])
    _put(application, "back", "campaign")

    (one,) = application.store.campaigns("back")
    assert Campaign.model_validate_json(one.campaign_json).name == "Summer"
