"""Signal keys: one key for one thing, and back."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reflection.domain import signals
from reflection.domain.campaign import Audience, Campaign, Creative
from reflection.domain.signals import Signal, normalise, parse

TEXT = st.text(alphabet=st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=30)


@pytest.mark.parametrize(
    "spellings",
    [
        ("R&D", "r&d", " R&D ", "Ｒ＆Ｄ"),
        ("18-25", "18 – 25", "18—25", "18 - 25", "18−25", "18‐25"),
        ("Lead Generation", "lead  generation", "LEAD\u00a0GENERATION"),
        ("Straße", "STRASSE"),
        ("Ｔｉｋ Ｔｏｋ", "tik tok"),
    ],
)
def test_spellings_of_one_thing_are_one_level(spellings):
    assert len({normalise(text) for text in spellings}) == 1


@pytest.mark.parametrize(
    ("one", "other"), [("a:b", "a b"), ("a*b", "ab"), ("a/b", "ab"), ("a%3ab", "a:b"), ("18-25", "18-26")]
)
def test_different_things_stay_different(one, other):
    assert normalise(one) != normalise(other)


@given(TEXT)
def test_a_level_holds_no_separator_and_no_outer_space(text):
    level = normalise(text)
    assert not set(":*/") & set(level)
    assert level == level.strip()


@given(TEXT)
def test_normalising_the_readable_form_again_changes_nothing(text):
    once = normalise(text)
    assert normalise(Signal("audience", once).label.removeprefix("audience").strip()) == once


@given(TEXT.map(normalise), st.sampled_from(["platform", "audience.age", "creative", "audience.city_tier"]))
def test_a_key_reads_back_as_its_signal(level, group):
    signal = Signal(group, level)
    assert parse(signal.key) == signal


@given(TEXT.map(normalise), TEXT.map(normalise))
def test_an_interaction_reads_back_as_its_parts(first, second):
    signal = Signal("platform*creative.type", f"{first}*{second}")
    assert parse(signal.key).parts == (Signal("platform", first), Signal("creative.type", second))


@pytest.mark.parametrize("key", ["platform*creative.type:meta", "platform:meta*video"])
def test_an_interaction_without_a_level_for_each_group_has_no_parts(key):
    with pytest.raises(ValueError, match=r"shorter|longer"):
        _ = parse(key).parts


@pytest.mark.parametrize(
    ("key", "label"),
    [
        ("platform:meta", "platform meta"),
        ("audience.age:18-25", "age 18-25"),
        ("audience.city_tier:tier-1", "city tier tier-1"),
        ("creative.type:video", "creative type video"),
        ("platform*creative.type:meta*video", "platform meta x creative type video"),
        ("audience:a%3ab %2525", "audience a:b %25"),
    ],
)
def test_a_label_is_what_people_read(key, label):
    assert parse(key).label == label


@pytest.mark.parametrize(
    ("attribute", "group"),
    [
        ("age_range", "audience.age"),
        ("Age Group", "audience.age"),
        ("City-Tier", "audience.city_tier"),
        ("sex", "audience.gender"),
        ("interest", "audience.interest"),
    ],
)
def test_names_of_one_attribute_are_one_group(attribute, group):
    assert signals.attribute_group("audience", attribute) == group


def test_an_audience_has_its_name_and_its_attributes():
    found = dict(
        signals.of_audience(Audience(name="Students", attributes={"age_range": "18 – 25", "city": ["A", "B"]}))
    )
    assert found == {
        Signal("audience", "students"): 1.0,
        Signal("audience.age", "18-25"): 1.0,
        Signal("audience.city", "a"): 0.5,
        Signal("audience.city", "b"): 0.5,
    }


def test_the_same_attribute_value_in_two_spellings_adds_up():
    cell = signals.of_cell("Meta", "Sales", [Audience(name="S", attributes={"city": ["Pune", "PUNE "]})], [])
    assert cell[Signal("audience.city", "pune")] == 1.0


def test_a_creative_has_its_id_its_type_and_its_attributes():
    found = dict(signals.of_creative(Creative(id="CRT_1", type="Video", attributes={"hook": "Question"})))
    assert found == {
        Signal("creative", "crt_1"): 1.0,
        Signal("creative.type", "video"): 1.0,
        Signal("creative.hook", "question"): 1.0,
    }


def test_several_audiences_share_and_interactions_are_products(make_campaign):
    campaign = make_campaign(
        audiences=[{"name": "A", "attributes": {"age": "18-25"}}, {"name": "B", "attributes": {"age": "26-34"}}],
        creatives=[{"id": "1", "type": "video"}, {"id": "2", "type": "video"}, {"id": "3", "type": "image"}],
    )
    shares = signals.of_campaign(campaign)

    assert shares[Signal("audience.age", "18-25")] == 0.5
    assert shares[Signal("creative.type", "video")] == pytest.approx(2 / 3)
    assert shares[Signal("platform*creative.type", "meta*video")] == pytest.approx(2 / 3)
    assert shares[Signal("platform*audience.age", "meta*26-34")] == 0.5


def test_shares_of_a_group_add_up_to_at_most_one(history):
    for campaign in history:
        sums: dict[str, float] = {}
        for signal, share in signals.of_campaign(campaign).items():
            sums[signal.group] = sums.get(signal.group, 0.0) + share
        assert max(sums.values()) <= 1 + 1e-9


def test_labels_are_spelt_as_the_campaign_spells_them(sample):
    labels = signals.labels_of(sample)
    assert labels["platform:meta"] == "platform Meta"
    assert labels["audience:students 18-25"] == "audience Students 18-25"
    assert labels["audience.city_tier:tier-1"] == "city tier Tier-1"
    assert labels["platform*creative.type:meta*video"] == "platform Meta x creative type video"


def test_every_signal_of_a_campaign_has_a_label_and_nothing_else(history):
    for campaign in history:
        assert set(signals.labels_of(campaign)) == {signal.key for signal in signals.of_campaign(campaign)}


def test_a_campaign_without_audiences_still_has_platform_and_objective(make_campaign):
    assert signals.of_campaign(make_campaign(audiences=[], creatives=[])) == {
        Signal("platform", "meta"): 1.0,
        Signal("objective", "lead generation"): 1.0,
    }


def _named(number: int, platform: str, audience: str, objective: str = "leads") -> Campaign:
    metrics = {"impressions": 100, "clicks": 10, "conversions": 1.0, "spend": 1.0}
    fields = {
        "campaign_id": f"c{number}",
        "platform": platform,
        "objective": objective,
        "expected_metrics": metrics,
        "actual_metrics": metrics,
        "audiences": [{"name": audience, "attributes": {"age_range": "18 – 25"}}],
        "creatives": [{"id": "CRT 1", "type": "Video"}],
        "timestamp": "2026-01-01T00:00:00Z",
    }
    return Campaign.model_validate(fields)


PLATFORMS = st.sampled_from(["Meta", "META", "meta", " Meta"])


@given(st.lists(PLATFORMS, min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_the_usual_spelling_is_the_most_common_then_the_smallest_in_any_order(names, random):
    campaigns = [_named(number, name, "Students 18-25") for number, name in enumerate(names)]
    counts = Counter(name.strip() for name in names)
    expected = min(counts, key=lambda name: (-counts[name], name))

    found = signals.usual_among(map(signals.spellings_of, campaigns))
    random.shuffle(campaigns)

    assert signals.usual_among(map(signals.spellings_of, campaigns)) == found
    assert found.get("platform:meta", "meta") == expected
    assert found["audience:students 18-25"] == "Students 18-25"
    assert found["audience.age:18-25"] == "18 – 25"
    assert "objective:leads" not in found, "spelt as the key is"


def test_labels_and_speech_take_the_spelling_also_of_the_parts_of_an_interaction():
    spelt = signals.usual_among(map(signals.spellings_of, [_named(1, "Meta", "Students")]))
    crossed = "platform*creative.type:meta*video"

    assert signals.label_of("platform:meta", spelt) == "platform Meta"
    assert signals.label_of(crossed, spelt) == "platform Meta x creative type Video"
    assert signals.spoken(crossed, spelt) == "creative type Video on Meta"
    assert signals.label_of(crossed, {}) == parse(crossed).label == "platform meta x creative type video"
    assert signals.labels_of(_named(1, "Meta", "Students"))[crossed] == signals.label_of(crossed, spelt)


@given(TEXT)
def test_a_spelling_never_changes_the_key(text):
    key = signals.of_platform(text).key
    label = signals.label_of(key, {key: text}).removeprefix("platform").strip()
    assert normalise(label) == parse(key).level
