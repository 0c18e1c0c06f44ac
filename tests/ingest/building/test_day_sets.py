"""What a file does not say of a day corrects nothing: an earlier one still says it."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from reflection.ingest import ImportOptions, ImportReport, read_export
from reflection.ingest.building.day_sets import ReportedRows

HEAD = "Campaign name,Ad set name,Day,Impressions,Link clicks,Purchases"
START = dt.date(2026, 9, 1)
DAYS = st.dictionaries(st.tuples(st.sampled_from("AB"), st.integers(0, 9)), st.integers(1, 50), min_size=1, max_size=8)


def export(days: dict[tuple[str, int], int], *, spend: bool, parts: Sequence[str] = ("New", "Known")) -> str:
    """A Meta export of campaigns' days by ad set, with or without a column of spend (and so of its currency)."""
    rows = [
        f"{campaign},{part},{START + dt.timedelta(days=day)},1000,{clicks},1{',10.5' if spend else ''}"
        for (campaign, day), clicks in sorted(days.items())
        for part in parts
    ]
    return "\n".join([f"{HEAD},Amount spent (EUR)" if spend else HEAD, *rows, ""])


def read(text: str, *earlier: ImportReport, made_on: int = 40) -> ImportReport:
    """A file beside what earlier ones said."""
    known: list[ReportedRows] = [one.reported for one in earlier if one.reported is not None]
    options = ImportOptions(
        platform="meta", as_of=START + dt.timedelta(days=made_on), known=lambda _dialect, _keys: known
    )
    return read_export(("export.csv", text.encode()), options)


def facts(report: ImportReport) -> dict[str, tuple[object, ...]]:
    return {one.campaign_id: (one.currency, one.actual_metrics, one.breakdown) for one in report.campaigns}


@settings(max_examples=6, phases=[Phase.explicit, Phase.generate])
@given(DAYS, st.integers(1, 900))
def test_a_later_file_without_spend_leaves_what_was_spent_as_it_was(days, more) -> None:
    first = read(export(days, spend=True))
    later = {place: clicks + more for place, clicks in days.items()}

    silent = read(export(later, spend=False), first, made_on=41)

    assert facts(silent) == facts(read(export(later, spend=True)))
    assert facts(read(export(later, spend=False), first, silent, made_on=42)) == facts(silent)


def test_spend_stays_known_where_the_later_file_has_whole_campaigns() -> None:
    days = {("A", 0): 10, ("A", 1): 12}
    (campaign,) = read(export(days, spend=False, parts=("",)), read(export(days, spend=True)), made_on=41).campaigns

    assert (campaign.actual_metrics.spend, campaign.actual_metrics.clicks, campaign.currency) == (42.0, 22, "EUR")


@pytest.mark.parametrize("parts", [("New", "Other"), ("New", "Known", "Other")])
def test_where_files_split_a_day_in_different_ways_the_later_one_replaces_nothing(parts: tuple[str, ...]) -> None:
    report = read(export({("A", 0): 10}, spend=False, parts=parts), read(export({("A", 0): 10}, spend=True)))

    assert not report.campaigns
    assert "splits its days in another way" in report.rejects[0].reason


def test_a_day_that_only_the_later_file_has_is_not_spent_for() -> None:
    later = read(export({("A", 0): 10, ("A", 1): 5}, spend=False), read(export({("A", 0): 10}, spend=True)))

    assert [one.actual_metrics.spend for one in later.campaigns] == [None]


def test_what_a_file_states_is_asked_of_all_of_it_whichever_campaigns_come_next() -> None:
    """A blank cell beside filled ones says that it is not known, also where the file is met again for its campaign."""
    spent = read(export({("A", 0): 10, ("B", 0): 10}, spend=True, parts=("",)))
    blank_in_a = export({("A", 0): 12, ("B", 0): 12}, spend=True, parts=("",)).replace("12,1,10.5", "12,1,", 1)
    later = read(blank_in_a, spent, made_on=41)

    third = read(export({("A", 2): 7}, spend=True, parts=("",)), *map(_of_a, (spent, later)), made_on=42)

    assert [one.actual_metrics.spend for one in later.campaigns] == [None, 10.5]
    assert [one.actual_metrics.spend for one in third.campaigns] == [None]


def _of_a(report: ImportReport) -> ImportReport:
    """As the rows are kept: those of campaign A alone."""
    assert report.reported is not None
    rows, kinds = report.reported.of_campaigns()
    own = {key: columns for key, columns in rows.items() if key.endswith("A") or "a" in key.rsplit(":", 1)[-1].lower()}
    kept = ReportedRows.together(own or rows, kinds, report.reported.counted, report.reported.as_of)
    return replace(report, reported=kept)
