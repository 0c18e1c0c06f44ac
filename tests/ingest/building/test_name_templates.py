"""Names with a convention, ids that stay apart, and names a campaign accepts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reflection.domain.campaign import MAX_AUDIENCES, PLACEHOLDERS, Audience
from reflection.errors import ImportFileError
from reflection.ingest.building.identity import undated
from reflection.ingest.building.name_templates import campaign_id, parse_name, real_name
from reflection.ingest.dialects.platforms import platform_name


@pytest.mark.parametrize(
    ("template", "name", "fields"),
    [
        ("{year}_{platform}_{audience}_{type}", "2026_Meta_Students_Video",
         {"year": "2026", "platform": "Meta", "audience": "Students", "type": "Video"}),
        ("{campaign} - {angle}", "Autumn | DE - social proof", {"angle": "social proof"}),
        ("{campaign} - {angle}", "Something else", {}),
        ("{a}|{b}", "x|y|z", {"a": "x", "b": "y|z"}),
        ("{a}-{b}", "x-unknown", {"a": "x"}),
        ("", "anything", {}),
    ],
)  # fmt: skip
def test_reads_a_name_whole_or_not_at_all(template: str, name: str, fields: dict[str, str]) -> None:
    assert parse_name(template, name, "Autumn | DE") == fields


@pytest.mark.parametrize("template", ["no fields", "{a} - {a}", "{}", "{A}"])
def test_a_template_without_distinct_fields_is_refused(template: str) -> None:
    with pytest.raises(ImportFileError):
        parse_name(template, "x")


@given(st.text(), st.text())
def test_different_names_never_share_an_id(one: str, two: str) -> None:
    ids = campaign_id("meta", one), campaign_id("meta", two)

    assert (ids[0] == ids[1]) == (one == two or not (one or two)) or one.casefold() == two.casefold()


@given(st.text(min_size=1))
def test_an_id_is_plain_bounded_and_stable(name: str) -> None:
    identity = campaign_id("google", name, "2026-09")

    assert identity == campaign_id("google", name, "2026-09")
    assert identity.isascii()
    assert len(identity) < 100
    assert "/" not in identity
    assert ".." not in identity


@given(st.text(max_size=400))
def test_a_real_name_is_one_a_campaign_accepts(text: str) -> None:
    name = real_name(text)

    assert name is None or Audience(name=name).name == name


@pytest.mark.parametrize("text", [*sorted(PLACEHOLDERS), "", "  ", "None", "UNKNOWN", "\x00"])
def test_placeholders_are_no_names(text: str) -> None:
    assert real_name(text) is None


def test_long_names_stay_apart_when_shortened() -> None:
    one, two = real_name("x" * 300 + "1"), real_name("x" * 300 + "2")

    assert one != two
    assert MAX_AUDIENCES > 1


@pytest.mark.parametrize(
    ("channel", "platform"),
    [("Meta Ads", "Meta"), ("facebook", "Meta"), ("Google Search", "Google"), ("bing", "Microsoft"),
     ("tiktok", "TikTok"), ("Podcast", "Podcast")],
)  # fmt: skip
def test_channels_are_platforms(channel: str, platform: str) -> None:
    assert platform_name(channel) == platform


@pytest.mark.parametrize(
    ("name", "stem"),
    [("Company-Social-Ads-Aug-1-2025-Aug-31-2025.csv", "Company-Social-Ads"), ("report_2026-09-01.csv.gz", "report"),
     ("Campaigns 20260901.xlsx", "Campaigns"), ("plain.csv", "plain"), ("2026-09.csv", "2026-09")],
)  # fmt: skip
def test_a_files_name_without_its_dates(name: str, stem: str) -> None:
    assert undated(name) == stem
