"""Experiments in the learning: bit-identical in any order, gone without a trace, above observation, told as what they
are; a broken split, an unknown name and a foreign goal say nothing."""

import random

import numpy as np
import pytest

from reflection.domain.bookable import agreed, descriptions_of
from reflection.domain.experiment import Arm, Experiment
from reflection.explain.advice import recommendation
from reflection.inference.fit_request import FitRequest
from reflection.inference.learn import learn
from reflection.inference.trials.experiment_results import results_of
from reflection.inference.trials.experiments import booked, split_p, wrong_split
from reflection.recommendations.cards import build
from reflection.store import knowledge_blob


def arm(creative, clicks=None, shown=200_000.0, conversions=None, **more):
    """An arm with one of the creatives of the sample campaigns."""
    counts = {} if clicks is None else {"impressions": shown, "clicks": clicks}
    counts |= {} if conversions is None else {"conversions": conversions}
    return Arm(name=creative, creative=f"crt_{creative}", **counts, **more)


def ab(name="video or image", *arms, **more):
    """An A/B test; of video against image without arms, in which the image wins by half."""
    both = arms or (arm("video", 4000.0, conversions=200.0), arm("image", 6000.0, conversions=300.0))
    return Experiment(experiment_id=name, name=name, arms=both, **more)


@pytest.fixture(scope="module")
def defined(history):
    return agreed(map(descriptions_of, history))


@pytest.fixture(scope="module")
def few(history_evidence):
    """Enough campaigns to have seen every creative."""
    return history_evidence[:24]


@pytest.fixture(scope="module")
def learnt(few, defined):
    """What these campaigns and some experiments teach."""

    def of(*experiments):
        return learn(few, FitRequest(definitions=defined, experiments=experiments))

    return of


@pytest.fixture(scope="module")
def bare(learnt):
    """What they teach without any."""
    return learnt()


@pytest.fixture(scope="module")
def tests():
    return (
        ab(),
        ab("three", arm("text", 3000.0), arm("carousel", 1200.0, 60_000.0), arm("video", 2500.0, 100_000.0)),
        ab(
            "lifts",
            Arm(name="a", creative="crt_text", control=True),
            Arm(name="b", creative="crt_image", lift=1.2, low=1.1, high=1.31),
            metric="cvr",
        ),
    )


@pytest.fixture(scope="module")
def with_tests(learnt, tests):
    return learnt(*tests)


def test_the_order_of_experiments_changes_no_bit(learnt, tests, with_tests):
    shuffled = random.Random(3).sample(tests, len(tests))
    turned = [item.model_copy(update={"arms": tuple(reversed(item.arms))}) for item in shuffled]
    assert knowledge_blob.encode(learnt(*turned)) == knowledge_blob.encode(with_tests)
    assert [item.content() for item in turned] == [item.content() for item in shuffled]


def test_where_there_is_no_experiment_nothing_is_said_of_any(bare):
    assert bare.experiments.trust is None
    assert bare.experiments.attribution == {}
    assert not {"experiment_reasons", "trust", "attribution", "experiment_changes"} & set(bare.diagnostics)


def test_tested_effects_say_so_and_others_do_not(with_tests):
    grades = {(effect.signal, effect.metric): effect for effect in with_tests.effects}
    ctr = grades["creative.type:video", "ctr"]
    assert (ctr.grade, ctr.experiments) == ("randomised", ("three", "video or image"))
    assert grades["platform:meta", "ctr"].grade == "observed"
    assert grades["platform:meta", "ctr"].experiments == ()
    assert grades["creative.type:carousel", "cvr"].grade == "observed", "only its CTR was tested"
    assert grades["creative.type:carousel", "cpa"].experiments == ("three",)
    assert grades["creative.type:carousel", "cpa"].grade == "observed"
    assert grades["creative.type:video", "cpa"].grade == "randomised"


def test_an_experiment_stands_above_many_campaigns(learnt, bare):
    """Campaigns in which video is clicked more; a large test in which the image is, by half."""
    observed = {e.signal: e.effect for e in bare.effects if e.metric == "ctr"}
    assert observed["creative.type:video"] > observed["creative.type:image"] * 1.2
    large = ab("large", arm("video", 40_000.0, 2e6), arm("image", 60_000.0, 2e6))
    tested = {e.signal: e for e in learnt(large).effects if e.metric == "ctr"}
    ratio = tested["creative.type:image"].effect / tested["creative.type:video"].effect
    assert ratio == pytest.approx(1.5, rel=0.12)


def test_cards_and_advice_say_that_it_was_tested(learnt):
    test = ab(
        "clear",
        arm("video", 9000.0, conversions=900.0, revenue=90_000.0),
        arm("image", 3000.0, conversions=150.0, revenue=15_000.0),
    )
    known = learnt(test)
    cards = {option.card.signal: option.card for option in build(known)}
    assert cards["creative:crt_video"].grade == "randomised"
    assert cards["creative:crt_video"].experiments == ("clear",)
    assert "tested at random in 1 experiment" in cards["creative:crt_video"].reason
    assert cards["platform:meta"].grade == "observed"
    bookable = next(one for one in known.bookables if one.key == "creative:crt_video")
    assert recommendation(bookable, bookable.total).grade == "randomised"
    findings = [item for item in known.findings if item.signal_key == "creative.type:video"]
    assert {item.grade for item in findings} == {"randomised"}
    assert "Randomised: tested in 1 experiment." in findings[0].description


def test_what_cannot_be_learnt_from_says_why_and_teaches_nothing(learnt, bare):
    uneven = (arm("video", 4000.0, units=50_000.0), arm("image", 6000.0, units=52_000.0))
    broken = ab("broken", *uneven)
    fresh = ab("fresh", arm("video", 4000.0), Arm(name="new", creative="crt_99", impressions=9e4, clicks=900.0))
    silent = ab("silent", Arm(name="a", creative="crt_video", units=9.0), Arm(name="b", creative="crt_text", units=9.0))
    known = learnt(broken, fresh, silent)
    assert "something favoured one of them" in known.experiments.reasons["broken"]
    assert known.experiments.reasons["fresh"] == "no campaign that was learnt from has creative crt_99"
    assert "give impressions and clicks" in known.experiments.reasons["silent"]
    assert known.effects == bare.effects
    assert known.bookables == bare.bookables


def test_a_split_is_held_against_the_plan():
    uneven = (arm("video", 4000.0, units=50_000.0), arm("image", 6000.0, units=52_000.0))
    assert split_p(ab("broken", *uneven)) < 1e-6
    assert wrong_split(ab("broken", *uneven))
    assert not wrong_split(ab("accepted", *uneven, accept_split=True))
    planned = (uneven[0].model_copy(update={"share": 50.0}), uneven[1].model_copy(update={"share": 52.0}))
    assert not wrong_split(ab("uneven by plan", *planned))
    assert split_p(ab()) is None


def test_another_kind_of_conversion_says_nothing_of_cvr_here(learnt):
    foreign = learnt(ab("leads", conversion_kind="store_visit"))
    grades = {(effect.signal, effect.metric): effect.grade for effect in foreign.effects}
    assert grades["creative.type:video", "ctr"] == "randomised"
    assert grades["creative.type:video", "cvr"] == "observed"


def test_a_name_brings_what_belongs_to_it(defined):
    by_key = {definition.key: definition for definition in defined}
    test = ab(platform="Meta")
    shares = booked(test, test.arms[0], by_key)
    assert shares["creative.type:video"] == 1.0
    assert shares["platform*creative.type:meta*video"] == 1.0
    assert "platform*creative.type:meta*video" not in booked(test, test.arms[0], by_key, alone=True)


def test_results_by_hand():
    found = results_of(ab())
    of_ctr = next(item for item in found["comparisons"] if item["metric"] == "ctr")
    assert (of_ctr["arm"], of_ctr["against"], of_ctr["verdict"]) == ("video", "image", "lower")
    assert of_ctr["lift"] == pytest.approx(1 / 1.5, abs=0.001)
    low, high = of_ctr["interval"]
    assert np.log(high / low) == pytest.approx(2 * 1.645 * np.sqrt(2 / 5000), rel=0.01)
    assert of_ctr["always_valid"][0] < low < high < of_ctr["always_valid"][1]
    assert not found["settled"], "CVR is alike, and not known well enough to say so"


def test_a_study_says_what_ads_brought():
    lift = Experiment(
        name="holdout",
        kind="lift",
        arms=(
            Arm(name="ads", units=100_000.0, conversions=1500.0, spend=5000.0, attributed=1000.0),
            Arm(name="no ads", control=True, units=50_000.0, conversions=500.0),
        ),
    )
    (found,) = results_of(lift)["studies"]
    assert found["incremental"] == 500.0
    assert found["share_incremental"] == 0.5
    assert found["cost_per_incremental"] == 10.0
    assert found["interval"][1] - found["interval"][0] == pytest.approx(2 * 1.645 * np.sqrt(1500 + 4 * 500), rel=0.01)
    places = lift.model_copy(update={"kind": "geo"})
    assert results_of(places)["studies"] == [], "counts of places scatter more than counts of people"


def test_studies_say_how_far_attribution_can_be_trusted(history_evidence):
    studies = [
        Experiment(
            experiment_id=f"s{number}",
            name=f"s{number}",
            kind="geo",
            platform="Meta" if number % 2 else "Google",
            arms=(
                Arm(name="on", incremental=share * 400.0, incremental_error=30.0, attributed=400.0),
                Arm(name="off", control=True),
            ),
        )
        for number, share in enumerate([0.55, 0.6, 0.65, 0.6, 0.58])
    ]
    told = learn(history_evidence[:4], FitRequest(experiments=studies)).experiments.attribution
    assert told[""]["factor"] == pytest.approx(0.6, abs=0.03)
    assert told["platform:google"]["experiments"] == 3
    assert told["platform:meta"]["factor"] is None
    assert told["platform:meta"]["reason"] == "2 of at least 3 studies"


@pytest.mark.parametrize(
    "broken",
    [
        {"arms": [{"name": "a", "creative": "x"}]},
        {"arms": [{"name": "a", "creative": "x"}, {"name": "a", "creative": "y"}]},
        {"arms": [{"name": "a", "creative": "x"}, {"name": "b", "creative": "x"}]},
        {
            "arms": [
                {"name": "a", "creative": "x"},
                {"name": "b", "creative": "y", "lift": 1.2, "low": 1, "high": 2},
            ]
        },
        {"arms": [{"name": "a", "creative": "x", "control": True}, {"name": "b", "creative": "y", "lift": 1.2}]},
        {"kind": "lift", "arms": [{"name": "a"}, {"name": "b"}]},
        {"arms": [{"name": "a", "creative": "x", "clicks": 3.0, "impressions": 2.0}, {"name": "b", "creative": "y"}]},
        {"arms": [{"name": "a", "creative": "x", "clicks": float("nan")}, {"name": "b", "creative": "y"}]},
        {"start": "2026-03-02", "end": "2026-03-01"},
    ],
)
def test_what_is_no_experiment_is_refused(broken):
    good = {"name": "t", "arms": [{"name": "a", "creative": "x"}, {"name": "b", "creative": "y"}]}
    with pytest.raises(ValueError, match=r".+"):
        Experiment.model_validate(good | broken)
