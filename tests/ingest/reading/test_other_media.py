"""Rows of television, radio and print in a sheet of online platforms: set aside and told, never a platform's."""

import datetime as dt

import pytest

from reflection.errors import ImportFileError
from reflection.ingest import ImportOptions, ImportReport, read_export

HEADER = "Date,Channel,Campaign,Impressions,Clicks,Spend (EUR),Conversions\n"
ONLINE = "2026-09-14,Google Ads,Brand,50000,800,1234.50,20\n2026-09-15,Meta,Wide,40000,700,1000.25,15\n"


def read(text: str) -> ImportReport:
    """What is read of a text."""
    return read_export(("media.csv", text.encode()), ImportOptions(as_of=dt.date(2027, 1, 1)))


@pytest.mark.parametrize("figures", ["{spend}", "900000,0,{spend},0"])
@pytest.mark.parametrize(
    "medium", ["TV", "Fernsehen", "Télévision", "Radio (regional)", "Print", "Out-of-home", "Kino"]
)
def test_rows_of_another_medium_are_set_aside_and_named_with_their_money(medium: str, figures: str) -> None:
    cells = figures.format(spend="750") if "," in figures else ",,750,"
    rows = "".join(f"2026-09-{day},{medium},Spot,{cells}\n" for day in range(14, 18))
    report = read(HEADER + ONLINE + rows)

    assert {(one.platform, one.name) for one in report.campaigns} == {("Google", "Brand"), ("Meta", "Wide")}
    assert (report.totals.spend, report.totals.clicks, report.totals.impressions) == (2234.75, 1500, 90_000)
    (note,) = [note for note in report.findings if note.code == "other_media"]
    assert (note.severity, note.rows) == ("warning", (4, 5, 6, 7))
    assert f"{medium} (4 rows, 3,000.00 spent)" in note.message


@pytest.mark.parametrize("cells", ["n/k,tbc,750,-", "ca. 5000,,750,", "900000,0,750,soon"])
def test_rows_of_another_medium_are_set_aside_whatever_stands_in_their_cells(cells: str) -> None:
    report, alone = read(f"{HEADER}{ONLINE}2026-09-14,TV,Spot,{cells}\n"), read(HEADER + ONLINE)

    assert (report.campaigns, report.rejects) == (alone.campaigns, ())
    (note,) = [note for note in report.findings if note.code in ("other_media", "rows_rejected")]
    assert (note.code, note.rows) == ("other_media", (4,))
    assert "TV (1 row, 750.00 spent)" in note.message


def test_an_online_row_that_cannot_be_read_is_rejected_beside_other_media() -> None:
    report = read(f"{HEADER}{ONLINE}2026-09-16,Meta,Wide,many,700,1000.25,15\n2026-09-14,TV,Spot,tbc,,750,\n")

    assert {reject.line for reject in report.rejects} >= {4}
    assert 5 not in {reject.line for reject in report.rejects}


def test_the_online_rows_are_read_as_without_the_others() -> None:
    alone, mixed = read(HEADER + ONLINE), read(HEADER + "2026-09-14,TV,Spot,,,750,\n" + ONLINE)

    assert mixed.campaigns == alone.campaigns


def test_the_total_of_the_file_is_checked_with_what_is_set_aside() -> None:
    text = HEADER + ONLINE + "2026-09-14,TV,Spot,,,750,\nTotal,,,90000,1500,2984.75,35\n"
    codes = {note.code for note in read(text).findings}

    assert "total_confirmed" in codes
    assert "total_differs" not in codes


def test_amounts_in_several_currencies_are_not_added() -> None:
    header = "Date,Channel,Campaign,Currency,Impressions,Clicks,Spend,Conversions\n"
    rows = "2026-09-14,Meta,A,EUR,9,1,5,0\n2026-09-14,TV,B,EUR,,,7,\n2026-09-14,TV,C,USD,,,8,\n"
    (note,) = [note for note in read(header + rows).findings if note.code == "other_media"]

    assert "TV (2 rows)" in note.message


def test_a_section_of_another_medium_is_no_part_of_the_platform_above_it() -> None:
    text = (
        "Date,Campaign,Spend (EUR),Impressions,Clicks,Conversions\nGoogle Ads,,,,,\n"
        "2026-09-14,Brand,1234.50,50000,800,20\nMeta Ads,,,,,\n2026-09-15,Wide,1000.25,40000,700,15\n"
        "TV,,,,,\n2026-09-15,Spot,750,,,\n"
    )
    report = read(text)

    assert {(one.platform, one.name) for one in report.campaigns} == {("Google", "Brand"), ("Meta", "Wide")}
    assert report.totals.spend == 2234.75


@pytest.mark.parametrize("channel", ["Podcast", "Affiliates", "Partner network"])
def test_a_channel_that_may_be_online_is_asked_about(channel: str) -> None:
    rows = "".join(f"2026-09-{day},{channel},Other,,,750,\n" for day in range(14, 18))
    with pytest.raises(ImportFileError, match="no export of a platform that is known"):
        read(HEADER + ONLINE + rows)


def test_a_sheet_of_other_media_alone_stores_nothing() -> None:
    with pytest.raises(ImportFileError):
        read(HEADER + "2026-09-14,TV,Spot,900000,0,750,0\n2026-09-15,Radio,Spot,90000,0,75,0\n")


@pytest.mark.parametrize("line", ["Podcasts", "Affiliates", "Outdoor shoes"])
def test_a_section_that_may_be_online_is_asked_about(line: str) -> None:
    text = (
        "Date,Campaign,Spend (EUR),Impressions,Clicks,Conversions\nGoogle Ads,,,,,\n"
        f"2026-09-14,Brand,1234.50,50000,800,20\nMeta Ads,,,,,\n2026-09-15,Wide,1000.25,40000,700,15\n{line},,,,,\n"
        "2026-09-15,Pod,750,,,\n"
    )
    with pytest.raises(ImportFileError):
        read(text)


@pytest.mark.parametrize(
    "channel", ["Smart TV", "Roku TV", "Samsung TV Plus", "Radio.de", "Print on demand", "Kino App"]
)
def test_what_may_be_an_online_medium_is_not_set_aside(channel: str) -> None:
    rows = "".join(f"2026-09-{day},{channel},Other,9000,10,750,\n" for day in range(14, 18))
    with pytest.raises(ImportFileError, match="no export of a platform that is known"):
        read(HEADER + ONLINE + rows)


def test_a_medium_that_was_clicked_on_is_read() -> None:
    report = read(HEADER + ONLINE + ONLINE + ONLINE + "2026-09-14,Print,QR flyer,9000,350,500,12\n")

    assert report.totals.clicks is not None
    assert "other_media" not in {note.code for note in report.findings}
    assert "QR flyer" in {one.name for one in report.campaigns}


def test_a_sheet_may_begin_with_many_rows_of_another_medium() -> None:
    rows = "".join(f"2026-0{1 + day // 28}-{1 + day % 28:02d},Fernsehen,Spot,,,750,\n" for day in range(100))

    assert read(HEADER + rows + ONLINE).totals.spend == 2234.75


@pytest.mark.parametrize(("cells", "said"), [(("", ""), "TV (2 rows)"), (("750", "50"), "TV (2 rows, 800.00 spent)")])
def test_money_that_no_row_says_is_not_called_nought(cells: tuple[str, str], said: str) -> None:
    rows = "".join(f"2026-09-14,TV,Spot,,,{cell},\n" for cell in cells)
    (note,) = [note for note in read(HEADER + ONLINE + rows).findings if note.code == "other_media"]

    assert said in note.message


def test_a_section_far_below_is_no_part_of_the_platform_above_it() -> None:
    days = "".join(f"2026-0{1 + day // 28}-{1 + day % 28:02d},Wide,10,400,7,1\n" for day in range(100))
    text = (
        "Date,Campaign,Spend (EUR),Impressions,Clicks,Conversions\nGoogle Ads,,,,,\n2026-01-14,Brand,10,500,8,2\n"
        f"Meta Ads,,,,,\n{days}Podcasts,,,,,\n2026-01-15,Pod,750,,,\n"
    )

    assert ("Meta", "Pod") not in {(one.platform, one.name) for one in read(text).campaigns}
