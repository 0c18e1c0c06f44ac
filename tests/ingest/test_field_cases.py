"""Files that people who do this job met: read right, or refused for the true reason; never wrong, stored, exit 0.

One folder a case in `field_cases/`, each with its `expected.json` in words. What it says is checked here in two forms:
the right figures per platform and campaign, or what a refusal has to say.
"""

import datetime as dt
import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from reflection.errors import ImportFileError
from reflection.ingest import ImportOptions, ImportReport, load_mapping, read_exports

FOLDER = Path(__file__).parent / "field_cases"
D = dt.date
Figures = tuple[float | None, ...]


@dataclass(frozen=True)
class Case:
    """What a case's files have to become.

    Attributes:
        campaigns: (platform or '', part of the name, currency) -> impressions, clicks, conversions, spend, revenue; the
            figure `ANY` is not checked.
        period: first and last day of all campaigns.
        refusal: words of a refusal that is right too; None where the file has to be read.
        options: how the user reads it.
        error: the code of the only error, which has to be there.
        findings: codes of findings that have to be among those of the verdict; with '!' that must not be.
    """

    campaigns: dict[tuple[str, str, str | None], Figures]
    period: tuple[dt.date, dt.date] | None = None
    refusal: tuple[str, ...] | None = None
    options: dict[str, Any] = field(default_factory=dict)
    findings: tuple[str, ...] = ()
    zone: str = ""
    granularity: str = ""
    error: str = ""


ANY = -1.0
SEPTEMBER = (D(2026, 9, 1), D(2026, 9, 30))
FIRST_TWO = (D(2026, 9, 1), D(2026, 9, 2))

CASES: dict[str, Case] = {
    "01": Case(
        {
            ("Meta", "prospecting", "USD"): (49_920, None, 42, 1_250, ANY),
            ("Meta", "retargeting", "USD"): (25_920, None, 35, 500, ANY),
        },
        SEPTEMBER,
        findings=("column_missing", "!conversions_above_clicks"),
    ),
    "03": Case(
        {
            ("Google", "Brand", "SEK"): (12_000, 600, 30, None, 5_000),
            ("Google", "Generic", "SEK"): (40_000, 900, 20, None, 4_000),
        },
        SEPTEMBER,
        findings=("column_missing",),
    ),
    "04": Case(
        {
            ("Google", "Brand", "GBP"): (1_900, 95, 7, 76, None),
            ("Google", "Brand", "SEK"): (2_800, 130, 9, 930, None),
        },
        FIRST_TWO,
    ),
    "06": Case(
        {("Snapchat", "Snap_Fall", None): (360_100, 2_620, 34, 850.25, 1_870)},
        SEPTEMBER,
        findings=("currency_missing",),
    ),
    "08": Case(
        {
            ("Apple", "Brand", "AUD"): (4_100, 80, 10, 120.5, None),
            ("Apple", "Category", "AUD"): (9_400, 120, 14, 210.25, None),
        },
        (D(2026, 9, 7), D(2026, 9, 13)),
        zone="UTC",
    ),
    "09": Case(
        {
            ("Google", "Lokaal", "EUR"): (18_914, 1_696, 77, 1_487.67, 0),
            ("Google", "Breed", "EUR"): (1_196, 100, 5, 87.57, 0),
        },
        (D(2026, 5, 9), D(2026, 6, 7)),
    ),
    "10": Case(
        {
            ("Google", "Lokaal", "EUR"): (18_914, 1_696, 77, 1_487.67, 0),
            ("Google", "Breed", "EUR"): (1_196, 100, 5, 87.57, 0),
        },
        (D(2026, 5, 9), D(2026, 6, 7)),
        findings=("total_confirmed",),
    ),
    "12": Case(
        {
            ("Amazon", "Pans", "USD"): (20_000, 95, 16, 74.48, 1_390.5),
            ("Amazon", "Knives", "USD"): (4_100, 30, 3, 33, 99.9),
        },
        (D(2026, 9, 1), D(2026, 9, 3)),
    ),
    "13": Case(
        {("Pinterest", "Autumn Pins", None): (13_500, 165, 9, 27, 26.97)},
        FIRST_TWO,
        findings=("!pin_clicks",),
    ),
    "15": Case({("Meta", "Fall Launch", "EUR"): (31_000, 460, 14, 224.5, 930)}, FIRST_TWO),
    "16": Case({("Meta", "Lead gen fall", None): (30_000, 350, 17, 235, None)}, FIRST_TWO),
    "18": Case(
        {("Meta", "Always on", "EUR"): (21_000, 310, 9, None, None)}, FIRST_TWO, error="formulas_without_values"
    ),
    "19": Case({("", "", "EUR"): (ANY, ANY, ANY, 510, ANY)}, (D(2026, 9, 1), D(2026, 9, 5))),
    "21": Case(
        {
            ("Meta", "Launch", "EUR"): (19_800, 230, 11, 175.5, None),
            ("Google", "Launch", "EUR"): (12_100, 810, 41, 610, None),
        },
        FIRST_TWO,
    ),
    "23": Case(
        {
            ("Meta", "Launch", "EUR"): (19_800, 230, 11, 175.5, None),
            ("Google", "Launch", "EUR"): (7_900, 155, 9, 136, None),
            ("TikTok", "Launch", "EUR"): (18_500, 126, 5, 84, None),
        },
        FIRST_TWO,
    ),
    "25": Case({("Meta", "Always on", "EUR"): (21_000, 310, 9, 211, None)}, FIRST_TWO),
    "26": Case(
        {("CM360", "Fall Display", None): (102_000, 126, 7, 306, None)},
        FIRST_TWO,
        findings=("total_confirmed",),
        zone="America/New_York",
    ),
    "27": Case(
        {("Microsoft", "Search Brand", "USD"): (3_900, 165, 9, 120, 720)},
        (D(2026, 9, 13), D(2026, 9, 14)),
        findings=("cells_missing",),
    ),
    "29": Case(
        {("Google", "suv", "BRL"): (73_420, 2_180, 56.5, 2_939.49, None)},
        (D(2025, 10, 27), D(2025, 11, 30)),
        findings=("total_confirmed",),
        granularity="week",
    ),
    "30": Case({("Meta", "Oferta", "CLP"): (1_820, 38, 3, 223_350, None)}, FIRST_TWO),
    "31": Case({("Meta", "Spring sale", "KRW"): (270_300, 3_750, 71, 2_230_500, 15_100_000)}, FIRST_TWO),
    "34": Case({("Meta", "Hero", "EUR"): (19_000, 290, 7, 191, None)}, FIRST_TWO),
    "35": Case({("Meta", "Immer an", "EUR"): (21_000, 310, 9, 2_350.5, None)}, FIRST_TWO),
    "36": Case(
        {("Google", "Brand | new", "EUR"): (3_300, 157, 9, 120, None)},
        (D(2026, 9, 1), D(2026, 9, 3)),
        findings=("total_confirmed",),
    ),
    "37": Case({("Meta", "Always on", "EUR"): (1_820, 38, 3, 2_350, None)}, FIRST_TWO, refusal=("--locale",)),
    "38": Case(
        {
            ("Google", "", None): (98_903, 200, 1, 44, None),
            ("Meta", "", None): (40_000, 180, 2, 50, None),
        },
        refusal=("--mapping", "Impressions", "Cost"),
        options={"conversions": "Conversion"},
    ),
}


def _folder(number: str) -> Path:
    return next(path for path in sorted(FOLDER.iterdir()) if path.name.startswith(f"{number}_"))


def _read(number: str) -> list[ImportReport]:
    folder, case = _folder(number), CASES[number]
    files = sorted(path for path in folder.iterdir() if path.name not in ("expected.json", "mapping.json"))
    command = json.loads((folder / "expected.json").read_text(encoding="utf-8"))["command"]
    files.sort(key=lambda path: command.index(path.name) if path.name in command else 0)
    mapping = load_mapping(folder / "mapping.json") if "--mapping" in command else None
    return read_exports(files, ImportOptions(as_of=D(2026, 12, 31), mapping=mapping, **case.options))


def test_every_case_is_checked() -> None:
    assert {path.name[:2] for path in FOLDER.iterdir() if path.is_dir()} == set(CASES)


@pytest.mark.parametrize("number", sorted(CASES))
def test_a_field_case_is_read_right_or_refused_for_the_true_reason(number: str) -> None:
    case = CASES[number]
    try:
        reports = _read(number)
    except ImportFileError as error:
        said = f"{error} {error.hint}"
        assert case.refusal is not None, said
        assert all(word in said for word in case.refusal), said
        return
    codes = {note.code for report in reports for note in report.findings}
    errors = [note.message for report in reports for note in report.findings if note.severity == "error"]
    if case.refusal is not None and errors:
        assert any(all(word in message for word in case.refusal) for message in errors), errors
        assert not any(report.campaigns for report in reports)
        return
    wrong = {note.code for report in reports for note in report.findings if note.severity == "error"}
    assert wrong == ({case.error} if case.error else set()), errors
    _check_campaigns(case, reports)
    for code in case.findings:
        assert (code.removeprefix("!") in codes) != code.startswith("!"), code
    days = [report.period for report in reports if report.period]
    assert case.period is None or case.period == (min(first for first, _ in days), max(last for _, last in days))
    assert not case.zone or {report.timezone for report in reports} == {case.zone}
    assert not case.granularity or {report.granularity for report in reports} == {case.granularity}


def _check_campaigns(case: Case, reports: list[ImportReport]) -> None:
    campaigns = [campaign for report in reports for campaign in report.campaigns]
    taken: Counter[tuple[str, str, str | None]] = Counter()
    for campaign in campaigns:
        place = next(
            (platform, name, currency)
            for platform, name, currency in case.campaigns
            if (platform in ("", campaign.platform) and name in str(campaign.name) and currency == campaign.currency)
        )
        taken[place] += 1
        metrics = campaign.actual_metrics
        figures = (metrics.impressions, metrics.clicks, metrics.conversions, metrics.spend, metrics.revenue)
        checked = [pair for pair in zip(figures, case.campaigns[place], strict=True) if pair[1] != ANY]
        assert [pair[0] for pair in checked] == pytest.approx([pair[1] for pair in checked]), place
    assert taken == Counter(dict.fromkeys(case.campaigns, 1))
