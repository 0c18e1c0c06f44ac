"""Files as agencies, tools and spreadsheets make them: the outcome was written down before each was read.

Every file is read right, or refused for its own reason; none is counted twice, and none is misread in silence.
"""

import datetime as dt

import pytest

from reflection.errors import ImportFileError
from reflection.ingest import ImportOptions, ImportReport, read_export

HEADER = "Campaign name,Day,Amount spent (EUR),Impressions,Link clicks,Purchases\n"
L = "L,2026-09-01,100.31,1000,20,3\nL,2026-09-02,110.20,1100,22,4\n"
M = "M,2026-09-01,10,100,2,1\n"
ALL = L + M
TOTALS = (2_200, 44, 8.0, 220.51)
LARGE = (13_100, 42, 7.0, 1_210.51)
SEPTEMBER, DAYS, WEEKS = ("2026-09-01", "2026-09-30"), ("2026-09-01", "2026-09-02"), ("2026-06-01", "2026-06-14")


def _read(text: str | bytes, name: str = "report.csv") -> ImportReport:
    raw = text if isinstance(text, bytes) else text.encode()
    return read_export((name, raw), ImportOptions(as_of=dt.date(2026, 12, 31)))


def _dated(first: str, second: str, header: str = "Day") -> str:
    rows = ALL.replace("2026-09-01", first).replace("2026-09-02", second)
    return HEADER.replace("Day", header) + rows


def _semicolons(text: str) -> str:
    return text.replace(",", ";")


def _web_page(text: str) -> str:
    rows = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in line.split(','))}</tr>" for line in text.splitlines())
    return f"<html><body><table>{rows}</table></body></html>"


def _subtotals(one: str, whole: str) -> str:
    return f"{HEADER}{L}{one},,210.51,2100,42,7\n{M}{one},,10,100,2,1\n{whole},,220.51,2200,44,8\n"


READ: dict[str, tuple[str | bytes, tuple[float, ...]]] = {
    "title rows": (f"Monthly report September,,,,,\nClient: ACME,,,,,\n,,,,,\n{HEADER}{ALL}", TOTALS),
    "line of filters": (f"Filters: Campaign status = Active\n{HEADER}{ALL}", TOTALS),
    "row of groups above": (f",,Cost,Delivery,,Results\n{HEADER}{ALL}", TOTALS),
    "footer, padded": (f"{HEADER}{ALL}Generated at 2026-10-01 10:00,,,,,\n", TOTALS),
    "footer, bare": (f"{HEADER}{ALL}\nGenerated at 2026-10-01 10:00 by ReportBot\n", TOTALS),
    "footer with a comma": (f'{HEADER}{ALL},,,,,\n"Confidential, do not share",,,,,\n', TOTALS),
    "subtotals": (_subtotals("Subtotal", "Total"), TOTALS),
    "Zwischensummen": (_subtotals("Zwischensumme", "Summe"), TOTALS),
    "sous-totaux": (_subtotals("Sous-total", "Total général"), TOTALS),
    "subtotals of any name": (_subtotals("Client 7", "Whole of it"), TOTALS),
    "a week's total": (f"{HEADER}{L}Week 36 total,,210.51,2100,42,7\n{M}", TOTALS),
    "an average": (f"{HEADER}{ALL}Average,,73.50,733,15,2.7\n", TOTALS),
    "an average as a sign": (f"{HEADER}{ALL}Ø,,73.50,733,15,2.7\n", TOTALS),
    "header again": (f"{HEADER}{L}\n{HEADER}{M}", TOTALS),
    "an index": ("," + HEADER + "".join(f"{n},{line}\n" for n, line in enumerate(ALL.splitlines())), TOTALS),
    "notes": (f"{HEADER[:-1]},Notes\n" + "".join(f'{line},"call, urgent"\n' for line in ALL.splitlines()), TOTALS),
    "ratios": (f"{HEADER[:-1]},CTR\n" + "".join(f"{line},0.02\n" for line in ALL.splitlines()), TOTALS),
    "serial days": (_dated("46266", "46267"), TOTALS),
    "sign behind": (
        _semicolons(HEADER.replace(" (EUR)", ""))
        + "L;2026-09-01;100,31 €;1000;20;3\nL;2026-09-02;110,20 €;1100;22;4\nM;2026-09-01;10,00 €;100;2;1\n",
        TOTALS,
    ),
    "code before": (
        HEADER.replace(" (EUR)", "")
        + ALL.replace("100.31", "EUR 100.31").replace("110.20", "EUR 110.20").replace(",10,", ",EUR 10.00,"),
        TOTALS,
    ),
    "apostrophes": (f"{HEADER}L,2026-09-01,1'100.31,12'000,20,3\nL,2026-09-02,110.20,1100,22,4\n", LARGE),
    "numbers as text": (HEADER + ALL.replace("100.31", "'100.31"), TOTALS),
    "spaces between groups": (
        f"{_semicolons(HEADER)}L;2026-09-01;1 100,31;12 000;20;3\nL;2026-09-02;110,20;1100;22;4\n", LARGE,
    ),
    "points between groups": (
        f"{_semicolons(HEADER)}L;2026-09-01;1.100,31;12.000;20;3\nL;2026-09-02;110,20;1.100;22;4\n", LARGE,
    ),
    "UTF-16, little": (b"\xff\xfe" + (HEADER + ALL).replace(",", "\t").encode("utf-16-le"), TOTALS),
    "UTF-16, big": (b"\xfe\xff" + (HEADER + ALL).replace(",", "\t").encode("utf-16-be"), TOTALS),
    "UTF-16, unmarked": ((HEADER + ALL).replace(",", "\t").encode("utf-16-le"), TOTALS),
}  # fmt: skip


@pytest.mark.parametrize("name", READ)
def test_it_is_read_as_it_was_meant(name: str) -> None:
    text, expected = READ[name]
    report = _read(text)
    facts = report.totals

    assert (facts.impressions, facts.clicks, facts.conversions, facts.spend) == expected
    assert {campaign.name for campaign in report.campaigns} <= {"L", "M"}
    assert report.currency == "EUR"


@pytest.mark.parametrize(
    ("first", "second", "header", "period"),
    [
        ("1.9.26", "2.9.26", "Tag", DAYS),
        ("2026-09-01T00:00:00+02:00", "2026-09-02T00:00:00+02:00", "Day", DAYS),
        ("Tue 01 Sep 2026", "Wed 02 Sep 2026", "Day", DAYS),
        ("KW 23/2026", "KW 24/2026", "Woche", WEEKS),
        ("2026-W23", "2026-W24", "Week", WEEKS),
        ("01.09.2026 - 30.09.2026", "01.09.2026 - 30.09.2026", "Zeitraum", SEPTEMBER),
        ("September 2026", "September 2026", "Month", SEPTEMBER),
    ],
)
def test_days_are_read_as_people_write_them(first: str, second: str, header: str, period: tuple[str, str]) -> None:
    report = _read(_dated(first, second, header))

    assert report.totals.spend == TOTALS[3]
    assert report.period is not None
    assert (report.period[0].isoformat(), report.period[1].isoformat()) == period


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (_dated("KW 23", "KW 24", "KW"), "it names no year"),
        (_dated("1 Sep", "2 Sep"), "it names no year"),
        (_dated("9/1/2026", "9/2/2026"), "--date-order"),
        (
            f"{_semicolons(HEADER)}L;2026-09-01;100,31;1000;20;3\nL;2026-09-02;110.20;1100;22;4\n",
            "some cells are written",
        ),
        ("".join(f'"{line}"\n' for line in (HEADER + ALL).splitlines()), "each line in quotation marks"),
        (_web_page(HEADER + ALL), "web page"),
        ("<?xml version='1.0'?>\n<Workbook xmlns='urn:x'><Worksheet/></Workbook>", "XML"),
        ('[{"campaign_name": "L", "spend": 100.31}]', "its header begins 'campaign_name'"),
        ("", "empty"),
        (HEADER, "no rows"),
        ("Dear client,\n\nyour campaign L spent 100.31 EUR.\n\nKind regards\nAgency\n", "no"),
        (
            "Row Labels,Sum of Spend,Sum of Impressions,Sum of Clicks\nL,210.51,2100,42\nGrand Total,210.51,2100,42\n",
            "--mapping",
        ),
        ('Campaign,Date,Cost,Impressions,Clicks,Conversions\nL,"Sep 1, 2026",€100.31,1000,20,3\n', "--mapping"),
    ],
)
def test_it_is_refused_for_its_own_reason(text: str, words: str) -> None:
    with pytest.raises(ImportFileError) as refusal:
        _read(text, "report.xls" if "<html" in text else "report.csv")
    assert words in f"{refusal.value} {refusal.value.hint}"


def test_a_row_without_a_day_among_days_is_left_out_and_told() -> None:
    report = _read(f"{HEADER}{ALL}N,,55,500,9,2\n")

    assert {campaign.name for campaign in report.campaigns} == {"L", "M"}
    assert [reject.reason for reject in report.rejects] == ["it names no day, as others do"]


def test_amounts_of_two_currencies_are_never_added() -> None:
    header = HEADER.replace(" (EUR)", "")

    assert _read(f"{header}L,2026-09-01,€100.31,1000,20,3\nM,2026-09-01,£10,100,2,1\n").totals.spend is None


def test_a_shortened_number_is_no_number() -> None:
    report = _read(f"{HEADER}L,2026-09-01,100.31,12.5k,20,3\n{M}")

    assert [campaign.name for campaign in report.campaigns] == ["M"]
    assert "'12.5k' is rounded" in report.rejects[0].reason


def test_rows_of_several_networks_are_no_single_platforms() -> None:
    text = "Campaign name,Network,Amount spent,Impressions,Clicks,Total contacts,Currency\n"
    text += "L,Facebook,100.31,1000,20,3,EUR\nG,Google Ads,110.20,1100,22,4,EUR\n"
    try:
        platforms = {campaign.platform for campaign in _read(text).campaigns}
    except ImportFileError as refusal:
        assert refusal.hint  # noqa: PT017 -- either is right
    else:
        assert platforms == {"Meta", "Google"}
