"""The currency of amounts by the signs beside them: one where a sign means one, a question where it may be several."""

import datetime as dt
from pathlib import Path

import pytest

from reflection.errors import ImportFileError
from reflection.ingest import ImportOptions, ImportReport, read_export
from reflection.ingest.building.plan_file import read_plan
from reflection.ingest.dialects.currencies import SIGNS
from reflection.ingest.reading.archives import DEFAULT_LIMITS

HEADER = "Day\tCampaign name\tAmount spent\tImpressions\tLink clicks\tPurchases\tAttribution setting\n"


def report_of(cells: list[str], header: str = HEADER, currency: str | None = None) -> ImportReport:
    """The verdict on a file with these amounts, a day each."""
    rows = [f"2026-09-{n:02}\tA\t{cell}\t1000\t10\t1\t7-day click\n" for n, cell in enumerate(cells, start=1)]
    options = ImportOptions(as_of=dt.date(2026, 12, 31), currency=currency)
    return read_export(("export.csv", (header + "".join(rows)).encode()), options)


def messages(report: ImportReport, code: str) -> list[str]:
    """What the findings of a code say."""
    return [note.message for note in report.findings if note.code == code]


@pytest.mark.parametrize("sign", sorted(SIGNS))
def test_every_sign_before_or_behind_its_amount_is_its_currency_or_asks_for_it(sign: str) -> None:
    report = report_of([f"{sign}1,012.50", f"12.50 {sign}", f"-{sign}2.50", f"({sign} 3.00)", "0.00"])

    assert report.totals.spend == 1_019.5
    asked = messages(report, "currency_missing")
    if len(SIGNS[sign]) == 1:
        assert (report.currency, asked) == (SIGNS[sign][0], [])
        assert len(report.campaigns) == 1
    else:
        assert report.currency is None
        assert all(code in asked[0] for code in SIGNS[sign][:2])


@pytest.mark.parametrize(
    ("header", "currency"),
    [("(€)", "EUR"), ("(EUR)", "EUR"), ("[EUR]", "EUR"), ("in EUR", "EUR"), ("EUR", "EUR"), ("(CA$)", "CAD"),
     ("($)", None), ("(kr)", None)],
)  # fmt: skip
def test_a_header_says_the_currency_in_any_way_people_write_it(header: str, currency: str | None) -> None:
    report = report_of(["12.50"], HEADER.replace("Amount spent", f"Amount spent {header}"))

    assert (report.totals.spend, report.currency) == (12.5, currency)
    assert bool(messages(report, "currency_missing")) == (currency is None)


def test_the_user_says_which_of_several_currencies_a_sign_means_and_is_contradicted_where_it_cannot() -> None:
    assert report_of(["$12.50", "0"], currency="AUD").currency == "AUD"
    with pytest.raises(ImportFileError, match=r"written with .*USD or CAD"):
        report_of(["$12.50"], currency="EUR")
    with pytest.raises(ImportFileError, match="in GBP, not EUR"):
        report_of(["£12.50"], currency="EUR")
    with pytest.raises(ImportFileError, match="written with '£'"):
        report_of(["£12.50"], HEADER.replace("spent", "spent (EUR)"))


def test_two_signs_are_two_currencies_never_added() -> None:
    report = report_of(["£12.50", "€10.00"])

    assert sorted(str(campaign.currency) for campaign in report.campaigns) == ["EUR", "GBP"]
    assert report.totals.spend is None
    value = HEADER.replace("Attribution setting", "Purchases conversion value\tAttribution setting")
    rows = "2026-09-01\tA\t€12.50\t1000\t10\t1\t$50.00\t7-day click\n"
    with pytest.raises(ImportFileError, match="not of one currency"):
        read_export(("export.csv", (value + rows).encode()))


@pytest.mark.parametrize("revenue", ["", "(USD)", "($)", "(EUR)", "in €", "[GBP]", "(CA$)"])
@pytest.mark.parametrize("spend", ["", "(USD)", "(€)"])
def test_headers_that_name_two_currencies_are_refused_and_never_divided(spend: str, revenue: str) -> None:
    meant = {"(USD)": {"USD"}, "($)": {"USD", "CAD"}, "(CA$)": {"CAD"}, "[GBP]": {"GBP"}}
    sides = [meant.get(mark, {"EUR"}) for mark in (spend, revenue) if mark]
    header = HEADER.replace("Amount spent", f"Amount spent {spend}".strip())
    header = header.replace("Attribution", f"Purchases conversion value {revenue}".strip() + "\tAttribution")
    file = ("export.csv", (header + "2026-09-01\tA\t12.50\t1000\t10\t1\t50.00\t7-day click\n").encode())

    if len(sides) == 2 and not set.intersection(*sides):
        with pytest.raises(ImportFileError, match=r"'Amount spent.*' is in .* and 'Purchases conversion value.*' in "):
            read_export(file)
    else:
        assert read_export(file).totals.revenue == 50.0


@pytest.mark.parametrize("first", ["", "Currency", "Cost currency", "Währung"])
@pytest.mark.parametrize(
    "second", ["Revenue currency", "Conversion value currency", "Umsatzwährung", "Moneda de ingresos"]
)
@pytest.mark.parametrize("said", [["EUR", "EUR"], ["USD", "USD"], ["USD", "EUR"], ["", "eur"], ["usd", "$"]])
def test_columns_that_say_two_currencies_of_a_row_are_refused_wherever_the_two_stand(
    first: str, second: str, said: list[str]
) -> None:
    head = HEADER.replace("Attribution", f"Purchases conversion value\t{second}\tAttribution")
    cells = [f"2026-09-0{n}\tA\t12.50\t1000\t10\t1\t50.00\t{code}\t7-day click" for n, code in enumerate(said, 1)]
    rows = [head.strip() + f"\t{first}", *(f"{row}\tUSD" for row in cells)] if first else [head.strip(), *cells]
    text = "\n".join(rows) + "\n"
    options = ImportOptions(as_of=dt.date(2026, 12, 31), currency=None if first in ("Currency", "Währung") else "USD")

    if "EUR" in map(str.upper, said):
        with pytest.raises(ImportFileError, match=f"'{second}' says") as refusal:
            read_export(("export.csv", text.encode()), options)
        assert refusal.value.field == "currency"
    else:
        assert read_export(("export.csv", text.encode()), options).currency == "USD"


def test_a_header_and_a_column_that_say_two_currencies_of_one_row_are_refused() -> None:
    head = HEADER.replace("Amount spent", "Amount spent (EUR)").replace("Attribution", "Currency\tAttribution")
    rows = [f"2026-09-0{n}\tA\t12.50\t1000\t10\t1\t{code}\t7-day click\n" for n, code in enumerate(["EUR", "USD"], 1)]

    assert read_export(("export.csv", (head + rows[0]).encode())).currency == "EUR"
    with pytest.raises(ImportFileError, match=r"'Amount spent \(EUR\)' is headed EUR, but 'Currency' says USD"):
        read_export(("export.csv", (head + "".join(rows)).encode()))
    with pytest.raises(ImportFileError, match=r"headed \$, but the amounts are said to be in EUR"):
        report_of(["12.50"], HEADER.replace("Amount spent", "Amount spent ($)"), currency="EUR")


def test_converted_amounts_of_a_manager_which_are_not_read_are_no_second_currency() -> None:
    head = HEADER.replace("Attribution", "Currency\tConverted currency code\tAttribution")
    row = "2026-09-01\tA\t12.50\t1000\t10\t1\tEUR\tUSD\t7-day click\n"

    assert read_export(("export.csv", (head + row).encode())).currency == "EUR"


def test_a_plan_in_two_currencies_is_refused_as_an_export_is(tmp_path: Path) -> None:
    plan = tmp_path / "plan.csv"
    plan.write_text(
        "Campaign,Impressions,Clicks,Conversions,Spend,Revenue,Currency,Revenue currency\n"
        "A,1000,10,1,12.50,50.00,USD,EUR\n"
    )
    with pytest.raises(ImportFileError, match="says EUR"):
        read_plan(plan, None, DEFAULT_LIMITS)
