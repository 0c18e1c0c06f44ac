"""Files of one platform and the same days, of which one names no campaign, do not count the same money twice."""

import datetime as dt
from dataclasses import replace

import pytest

from reflection.ingest import ImportOptions, ImportReport, read_exports

OPTIONS = ImportOptions(as_of=dt.date(2026, 11, 30))
HEADER = "Reporting starts,Reporting ends,{what},Impressions,Link clicks,Amount spent (EUR),Purchases"


def _file(what: str, *names: str, month: int = 8) -> str:
    span = f"2026-{month:02}-01,2026-{month:02}-28"
    return "\n".join([HEADER.format(what=what), *(f"{span},{name},60000,1200,300.00,30" for name in names)])


def _read(*texts: str, options: ImportOptions = OPTIONS) -> list[ImportReport]:
    return read_exports([(f"{chr(97 + number)}.csv", text.encode()) for number, text in enumerate(texts)], options)


def _spend(reports: list[ImportReport]) -> float:
    return sum(one.actual_metrics.spend or 0.0 for report in reports for one in report.campaigns)


@pytest.mark.parametrize("named_first", [True, False])
def test_ad_sets_without_their_campaign_are_left_out_beside_campaigns_of_the_same_days(named_first: bool) -> None:
    named, nameless = _file("Campaign name", "Summer", "Autumn"), _file("Ad set name", "Students", "Parents")
    reports = _read(*([named, nameless] if named_first else [nameless, named]))

    assert _spend(reports) == 600
    (note,) = [one for report in reports for one in report.findings if one.code == "two_sources"]
    assert (note.severity, "If it is other money, say --campaign NAME" in note.message) == ("error", True)


def test_other_days_other_platforms_and_money_that_you_name_are_counted() -> None:
    named, nameless = _file("Campaign name", "Summer"), _file("Ad set name", "Students", "Parents")
    google = "Day,Campaign,Cost,Impr.,Clicks,Conversions,Currency code\n2026-08-01,Brand,5,100,9,1,EUR"

    assert _spend(_read(named, _file("Ad set name", "Students", "Parents", month=9))) == 900
    assert _spend(_read(google, nameless)) == 605
    assert _spend(_read(named, nameless, options=replace(OPTIONS, campaign="Another account"))) == 900
    assert _spend(_read(nameless)) == 600
