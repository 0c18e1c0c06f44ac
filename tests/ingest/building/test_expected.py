"""Expected figures of imported campaigns, always with their source."""

import datetime as dt
import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from reflection.domain.campaign import Metrics
from reflection.errors import ImportFileError
from reflection.ingest import REFERENCES, Forecast, ForecastQuery, ImportOptions, load_mapping, read_export
from reflection.ingest.building.drafts import Sums
from reflection.ingest.building.expected import at_spend
from reflection.ingest.import_report import Finding, ImportReport

Write = Callable[..., Path]
Row = Callable[..., list[str]]
MONTHLY = ImportOptions(group_by="month", as_of=dt.date(2027, 1, 1))


def test_time_grows_with_the_number_of_campaigns_not_with_its_square() -> None:
    """Ten thousand campaigns in five seconds; as each used to look at all others, two thousand took thirty-six."""
    head = "Day,Campaign name,Amount spent (EUR),Impressions,Link clicks,Purchases\n"
    rows = "".join(
        f"2026-09-{1 + i % 28:02d},C {i},{100 + i % 37},{9_000 + i},{150},{3 + i % 5}\n" for i in range(2_000)
    )
    begun = time.process_time()

    report = read_export(("many.csv", (head + rows).encode()), MONTHLY)

    assert len(report.campaigns) == 2_000
    assert time.process_time() - begun < 10


@pytest.fixture
def export(write: Write, meta_header: list[str], meta_row: Row) -> Path:
    """Two months of one campaign, and one month of another."""
    return write(
        [
            meta_header,
            meta_row("2026-07-10", spend=50.0, impressions=4_000, clicks=100, conversions=4),
            meta_row("2026-08-05", spend=100.0, impressions=10_000, clicks=200, conversions=10),
            meta_row("2026-08-20", spend=100.0, impressions=30_000, clicks=600, conversions=10),
            meta_row("2026-08-20", campaign="Other", spend=10.0, impressions=500, clicks=5, conversions=1),
        ]
    )


def test_previous_period_is_its_rates_at_this_periods_spend(export: Path) -> None:
    august = next(
        c for c in read_export(export, MONTHLY).campaigns if "autumn" in c.campaign_id and "08" in c.campaign_id
    )

    assert august.planner == "previous-period"
    assert august.expected_metrics == Metrics(impressions=16_000, clicks=400, conversions=16.0, spend=200.0)


def test_trailing_28_days_take_only_those_days(write: Write, meta_header: list[str], meta_row: Row) -> None:
    rows = [
        meta_row("2026-07-01", spend=999.0, conversions=999),
        meta_row("2026-07-20", spend=50.0, impressions=1_000, clicks=50, conversions=5),
        meta_row("2026-08-03", spend=100.0, impressions=9_000, clicks=90, conversions=9),
    ]
    options = ImportOptions(group_by="month", expected="trailing-28d", as_of=dt.date(2027, 1, 1))

    august = read_export(write([meta_header, *rows]), options).campaigns[-1]

    assert august.planner == "trailing-28d"
    assert august.expected_metrics == Metrics(impressions=2_000, clicks=100, conversions=10.0, spend=100.0)


def test_without_a_past_the_average_of_the_others_is_taken_and_said(export: Path) -> None:
    other = next(c for c in read_export(export, MONTHLY).campaigns if "other" in c.campaign_id)

    assert other.planner == "account-average"
    assert other.expected_metrics.spend == 10.0
    assert other.expected_metrics.clicks == round(900 * 10 / 250)


def test_with_nothing_to_compare_the_facts_stand_and_it_is_said(
    write: Write, meta_header: list[str], meta_row: Row
) -> None:
    report = read_export(write([meta_header, meta_row()]))

    assert report.campaigns[0].planner == "no-forecast"
    assert report.campaigns[0].expected_metrics == report.campaigns[0].actual_metrics
    assert "expected_missing" in [item.code for item in report.findings]


def test_references_are_named_so_that_nobody_takes_them_for_forecasts(export: Path) -> None:
    assert {c.planner for c in read_export(export, MONTHLY).campaigns} <= REFERENCES


def test_a_plan_file_is_found_by_name_and_month(export: Path, write: Write) -> None:
    plan = write(
        [
            ["campaign", "month", "impressions", "clicks", "conversions", "budget", "revenue", "planner"],
            ["AUTUMN", "2026-08", "50,000", "1,000", "20.5", "1,200.00", "4,000.00", "Ada"],
            ["Autumn", "2026-07", "10", "1", "0", "5", "", ""],
        ],
        "plan.csv",
    )
    options = ImportOptions(group_by="month", expected=plan, as_of=dt.date(2027, 1, 1))

    (
        july,
        *_,
    ) = [c for c in read_export(export, options).campaigns if "autumn" in c.campaign_id]
    august = next(
        c for c in read_export(export, options).campaigns if "autumn" in c.campaign_id and "-08" in c.campaign_id
    )

    assert august.planner == "Ada"
    assert august.expected_metrics == Metrics(
        impressions=50_000, clicks=1_000, conversions=20.5, spend=1_200.0, revenue=4_000.0
    )
    assert july.planner == "plan plan"


def test_a_campaign_outside_the_plan_falls_back_and_says_so(export: Path, write: Write) -> None:
    plan = write(
        [["campaign", "impressions", "clicks", "conversions", "budget"], ["Autumn", "9", "1", "1", "5"]],
        "plan.csv",
    )
    report = read_export(export, ImportOptions(expected=plan, as_of=dt.date(2027, 1, 1)))

    assert {c.planner for c in report.campaigns} == {"plan plan", "account-average"}


PLANS = {
    "de": ["Kampagne", "Monat", "Impressionen", "Klicks", "Conversions", "Budget", "Umsatz"],
    "fr": ["Campagne", "Mois", "Impressions", "Clics", "Conversions", "Budget", "Chiffre d'affaires"],
    "es": ["Campaña", "Mes", "Impresiones", "Clics", "Conversiones", "Presupuesto", "Ingresos"],
    "pt": ["Campanha", "Mês", "Impressões", "Cliques", "Conversões", "Orçamento", "Receita"],
    "de planned": ["Kampagnenname", "Zeitraum", "Impressionen (Plan)", "Geplante Klicks", "Erwartete Käufe",
                   "Plankosten", "Umsatz geplant"],
    "fr planned": ["Nom de la campagne", "Période", "Impressions prévues", "Clics prévus", "Achats prévus",
                   "Dépenses prévues (EUR)", "Revenu prévu"],
    "es planned": ["Campaña", "Período", "Impresiones previstas", "Clics previstos", "Ventas esperadas",
                   "Gasto previsto", "Ingresos previstos"],
    "pt planned": ["Nome da campanha", "Período", "Impressões planejadas", "Cliques previstos", "Vendas previstas",
                   "Investimento previsto", "Receita esperada"],
    "en planned": ["Campaign", "Month", "Expected impressions", "Planned clicks", "Target purchases", "Spend (plan)",
                   "Forecast revenue"],
    "it": ["Campagna", "Mese", "Impressioni", "Clic", "Acquisti", "Spesa", "Fatturato"],
}  # fmt: skip
MONTHS = ["2026-08", "2026-08-01", "08/2026", "August 2026", "août 2026", "agosto de 2026", "2026-08-01 - 2026-08-31"]


@pytest.mark.parametrize("language", sorted(PLANS))
def test_a_plan_is_read_in_the_languages_of_its_planners(export: Path, write: Write, language: str) -> None:
    month = MONTHS[sorted(PLANS).index(language) % len(MONTHS)]
    plan = write([PLANS[language], ["Autumn", month, "50000", "1000", "30", "210,5", "900,5"]], "plan.csv", ";")

    report = read_export(export, ImportOptions(group_by="month", expected=plan, as_of=dt.date(2027, 1, 1)))

    august = next(one for one in report.campaigns if one.campaign_id.endswith("2026-08") and one.name == "Autumn")
    assert august.expected_metrics == Metrics(
        impressions=50_000, clicks=1_000, conversions=30.0, spend=210.5, revenue=900.5
    )


def test_a_refused_plan_shows_the_mapping_that_reads_it(export: Path, write: Write) -> None:
    rows = [
        ["Kampanj", "Visningar netto", "Klickningar netto", "Konverteringar netto", "Expected kostnad netto"],
        ["Autumn", "50000", "1000", "30", "200"],
    ]
    plan = write(rows, "plan.csv")
    with pytest.raises(ImportFileError) as refused:
        read_export(export, ImportOptions(expected=plan, as_of=dt.date(2027, 1, 1)))
    mapping = load_mapping(json.loads(refused.value.hint[refused.value.hint.index("{") :]))

    report = read_export(export, ImportOptions(expected=plan, plan_mapping=mapping, as_of=dt.date(2027, 1, 1)))

    autumn = next(campaign for campaign in report.campaigns if campaign.name == "Autumn")
    assert autumn.expected_metrics.impressions == 50_000


def test_a_plan_has_its_own_mapping(export: Path, write: Write) -> None:
    plan = write(
        [["Projekt", "Sicht", "Klicks", "Leads", "Etat"], ["Autumn", "1.000", "10", "1,5", "99,50"]],
        "plan.csv",
        ";",
    )
    mapping = load_mapping(
        {"columns": {"campaign": "Projekt", "impressions": "Sicht", "clicks": "Klicks", "conversions": "Leads", "spend": "Etat"},  # noqa: E501
         "locale": "de_DE"}
    )  # fmt: skip

    report = read_export(export, ImportOptions(expected=plan, plan_mapping=mapping))

    autumn = next(c for c in report.campaigns if "autumn" in c.campaign_id)
    assert autumn.expected_metrics == Metrics(impressions=1_000, clicks=10, conversions=1.5, spend=99.5)


@pytest.mark.parametrize(
    ("rows", "what"),
    [
        ([["campaign", "clicks", "conversions", "budget"], ["A", "1", "1", "1"]], "impressions"),
        ([["who", "impressions", "clicks", "conversions", "budget"], ["A", "1", "1", "1", "1"]], "does not say campaign"),  # noqa: E501
        ([["campaign", "impressions", "clicks", "conversions", "budget"], ["A", "1", "5", "1", "1"]], "exceed"),
        ([["campaign", "impressions", "clicks", "conversions", "budget"], ["A", "1", "", "1", "1"]], "missing"),
        ([["campaign", "impressions", "clicks", "conversions", "budget"], ["A", "x", "1", "1", "1"]], "no number"),
        ([["campaign", "month", "impressions", "clicks", "conversions", "budget"], ["A", "soon", "1", "1", "1", "1"]],
         "no month"),
        ([["campaign", "month", "impressions", "clicks", "conversions", "budget"], ["A", "0000-05", *"1111"]],
         "no month"),
        ([["campaign", "month", "impressions", "clicks", "conversions", "budget"], ["A", "03/04/2026", *"1111"]],
         "no month"),
        ([["campaign", "impressions", "clicks", "conversions", "budget"], ["A", "1", "1", "1", "-1"]], "spend: should"),
        ([["campaign", "impressions", "clicks", "conversions", "budget"], ["A", "9" * 20, "1", "1", "1"]],
         "impressions: should"),
        ([["campaign", "impressions", "clicks", "conversions", "budget"], ["A", *"111", "9" * 308]], "no number"),
        ([["campaign", "impressions", "clicks", "conversions", "budget"], ["A", "900", "1", "1", "1.250"]],
         "1.25 or 1,250"),
    ],
)  # fmt: skip
def test_a_plan_that_cannot_be_used_is_refused(export: Path, write: Write, rows: list[list[str]], what: str) -> None:
    with pytest.raises(ImportFileError, match=what):
        read_export(export, ImportOptions(expected=write(rows, "plan.csv")))


def test_the_forecast_register_is_asked_first(export: Path) -> None:
    asked: list[ForecastQuery] = []
    metrics = Metrics(impressions=5, clicks=4, conversions=3.0, spend=2.0)

    def _register(wanted: ForecastQuery) -> Forecast | None:
        asked.append(wanted)
        return Forecast(metrics, "Forecast service v3") if wanted.campaign_name == "Autumn" else None

    report = read_export(export, ImportOptions(forecasts=_register, as_of=dt.date(2027, 1, 1)))

    autumn = next(c for c in report.campaigns if "autumn" in c.campaign_id)
    assert (autumn.planner, autumn.expected_metrics) == ("Forecast service v3", metrics)
    assert {(w.platform, w.currency, w.first) for w in asked} == {
        ("Meta", "EUR", dt.date(2026, 7, 10)), ("Meta", "EUR", dt.date(2026, 8, 20)),
    }  # fmt: skip


def test_a_past_without_spend_is_taken_as_it_was() -> None:
    assert at_spend(Sums(10, 5, 1.0, 0.0, None), Sums(spend=50.0)).spend == 0.0


HEAD = ["campaign", "month", "impressions", "clicks", "conversions", "budget"]
WHOLE = ImportOptions(as_of=dt.date(2027, 1, 1))


def _with_plan(export: Path, plan: Path, group_by: str = "campaign") -> ImportReport:
    return read_export(export, replace(WHOLE, expected=plan, group_by=group_by))


def _said(report: ImportReport, code: str) -> list[Finding]:
    return [item for item in report.findings if item.code == code]


def test_monthly_plans_add_up_for_a_whole_campaign(export: Path, write: Write) -> None:
    rows = [["Autumn", "2026-07", "1000", "100", "5", "60"], ["Autumn", "2026-08", "3000", "200", "15", "240"]]
    report = _with_plan(export, write([HEAD, *rows], "plan.csv"))

    autumn = next(c for c in report.campaigns if "autumn" in c.campaign_id)
    assert autumn.expected_metrics == Metrics(impressions=4_000, clicks=300, conversions=20.0, spend=300.0)
    assert autumn.planner == "plan plan"
    assert not _said(report, "plan_lines_unmatched")


def test_a_month_without_a_plan_leaves_the_whole_campaign_without_one(export: Path, write: Write) -> None:
    report = _with_plan(export, write([HEAD, ["Autumn", "2026-07", "1000", "100", "5", "60"]], "plan.csv"))

    assert "plan plan" not in {campaign.planner for campaign in report.campaigns}
    (said,) = _said(report, "plan_lines_unmatched")
    assert "line 2, 'Autumn' (2026-07-01 to 2026-07-31 plans none of its days" in said.message


def test_lines_of_a_plan_that_match_nothing_are_named_with_their_reason(export: Path, write: Write) -> None:
    rows = [
        ["Autumn", "2026-07", "1000", "100", "5", "60"],
        ["Autum", "2026-08", "3000", "200", "15", "240"],
        ["Nobody at all", "2026-08", "3000", "200", "15", "240"],
        ["Autumn", "2025-01", "3000", "200", "15", "240"],
    ]
    report = _with_plan(export, write([HEAD, *rows], "plan.csv"), "month")

    (said,) = _said(report, "plan_lines_unmatched")
    assert said.severity == "warning"
    assert said.rows == (3, 4, 5)
    assert "3 of 4 lines match no campaign" in said.message
    assert "line 3, 'Autum' (is it 'Autumn'?)" in said.message
    assert "line 4, 'Nobody at all' (there is none of that name)" in said.message
    assert "line 5, 'Autumn' (2025-01-01 to 2025-01-31" in said.message


@pytest.mark.parametrize(
    ("spend", "more", "cells", "fits"),
    [
        ("spend (USD)", [], ["60"], False),
        ("spend", ["currency"], ["60", "USD"], False),
        ("spend", [], ["£60"], False),
        ("spend (EUR)", [], ["60"], True),
        ("spend", ["currency"], ["60", "eur"], True),
        ("spend", [], ["60"], True),
    ],
)
def test_a_line_of_a_plan_in_another_currency_plans_nothing(
    export: Path, write: Write, spend: str, more: list[str], cells: list[str], fits: bool
) -> None:
    head = ["campaign", "month", "impressions", "clicks", "conversions", spend, *more]
    report = _with_plan(export, write([head, ["Autumn", "2026-07", "1000", "100", "5", *cells]], "plan.csv"), "month")

    july = next(one for one in report.campaigns if "autumn" in one.campaign_id and "-07" in one.campaign_id)
    said = _said(report, "plan_lines_unmatched")
    assert (july.planner == "plan plan") is fits
    assert not said if fits else "spent in EUR" in said[0].message


def test_columns_of_a_plan_that_are_not_read_are_named(export: Path, write: Write) -> None:
    rows = [[*HEAD, "Sales value"], ["Autumn", "2026-07", "1000", "100", "5", "60", "900"]]
    (said,) = _said(_with_plan(export, write(rows, "plan.csv"), "month"), "plan_columns_unread")
    assert "'Sales value'" in said.message


def test_a_week_of_two_months_plans_neither_of_them(export: Path, write: Write) -> None:
    head = ["campaign", "start", "end", "impressions", "clicks", "conversions", "budget"]
    rows = [["Autumn", "2026-07-01", "2026-07-31", *"9111"], ["Autumn", "2026-08-01", "2026-08-15", *"9111"],
            ["Autumn", "2026-08-16", "2026-09-15", *"9111"]]  # fmt: skip
    report = _with_plan(export, write([head, *rows], "plan.csv"), "month")
    planned = {campaign.campaign_id[-7:] for campaign in report.campaigns if campaign.planner == "plan plan"}
    assert planned == {"2026-07"}
    assert _said(report, "plan_lines_unmatched")[0].rows == (3, 4)
