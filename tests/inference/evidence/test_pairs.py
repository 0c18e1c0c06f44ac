"""Which pairs a fit looks at, by a rule that never sees what came of them, and what it says of them."""

import random
from itertools import product

import numpy as np
import pytest
from scipy import sparse

from reflection.domain import signals
from reflection.domain.bookable import Definition
from reflection.domain.evidence import Cell, Counts, Evidence
from reflection.domain.pairs import Pairs
from reflection.explain.evidence_of_facts import advised
from reflection.inference.evidence import pairs
from reflection.inference.evidence.dataset import Dataset
from reflection.inference.fit_request import FitRequest
from reflection.inference.learn import learn
from reflection.inference.totals.usual_delivery import booked
from reflection.learnings.claims import Claim
from reflection.learnings.lifecycle import readings_of
from reflection.recommendations import cards

SEGMENTS, TYPES = ("parents", "students"), ("image", "video")
PAIR = "audience.segment*creative.type:students*video"


def _evidence(number: int, segment: str, kind: str, platform: str = "meta", lift: float = 1.0) -> Evidence:
    shares = {f"platform:{platform}": 1.0, f"audience.segment:{segment}": 1.0, f"creative.type:{kind}": 1.0,
              f"platform*creative.type:{platform}*{kind}": 1.0, f"audience:the {segment}": 1.0,
              f"creative:a {kind}": 1.0}  # fmt: skip
    clicks = round(2_000 * (1.0 + 0.03 * (number % 3)))
    counts = Counts(150_000, clicks, round(clicks * 0.05 * lift), 1_500.0, round(clicks * 0.05 * lift) * 60.0)
    return Evidence(
        campaign_id=f"c{number:03d}", day=19_500 + number, platform_key=f"platform:{platform}", objective_key="",
        planner=None, currency="EUR", expected=counts, actual=counts, cells=(Cell(shares, counts),),
    )  # fmt: skip


def _account(campaigns: int, lift: float = 1.0, without: tuple[str, str] | None = None) -> list[Evidence]:
    """Every segment with every type by turns; students with video do otherwise than the two do alone."""
    both = [pair for pair in product(SEGMENTS, TYPES) if pair != without]
    chosen = [both[number % len(both)] for number in range(campaigns)]
    return [
        _evidence(number, *pair, lift=lift if pair == ("students", "video") else 1.0)
        for number, pair in enumerate(chosen)
    ]


@pytest.fixture(scope="module")
def evidence() -> list[Evidence]:
    return _account(40, lift=1.8)


@pytest.fixture(scope="module")
def knowledge(evidence):
    booked = [("audience", f"the {one}", f"audience.segment:{one}") for one in SEGMENTS]
    booked += [("creative", f"a {one}", f"creative.type:{one}") for one in TYPES]
    names = [Definition(f"{kind}:{name}", kind, {f"{kind}:{name}": 1.0, own: 1.0}) for kind, name, own in booked]
    return learn(evidence, FitRequest(definitions=names))


def _pairs_of(evidence: list[Evidence]) -> list[str]:
    return [
        str(feature) for feature in Dataset.of(evidence).features if feature.group == "audience.segment*creative.type"
    ]


def test_what_two_do_together_is_told_apart_from_what_each_does(knowledge):
    cvr = {effect.signal: effect for effect in knowledge.effects if effect.metric == "cvr"}
    (finding,) = [finding for finding in knowledge.findings if finding.signal_key == PAIR]

    assert cvr[PAIR].finding
    assert cvr[PAIR].effect == pytest.approx(1.8**0.25, rel=0.05)
    assert finding.title.startswith("segment students with creative type video: ")
    assert finding.title.endswith(" above what the two do alone")
    assert " level" not in finding.description.partition("(")[0]


def test_the_two_together_are_advised_by_their_total_effect(knowledge):
    (card,) = [option.card for option in cards.build(knowledge) if option.card.signal == PAIR]
    worse = {option.card.signal for option in cards.build(knowledge) if signals.CROSS in option.card.signal} - {PAIR}

    assert card.lane == "exploit"
    assert not [key for key in worse if key.endswith("parents*image")]  # better together, and no better than usual
    assert card.action == "put more of the budget on segment students with creative type video"
    assert card.parts == {"audience.segment:students": 1.0, "creative.type:video": 1.0}
    assert " above what the two do alone; " in card.reason
    assert card.effect == pytest.approx(1.8**0.75, rel=0.1)
    assert [one.key for one in advised(knowledge, ["audience.segment:students", "creative.type:video"])] == [PAIR]
    assert not advised(knowledge, ["audience.segment:parents", "creative.type:image"])


def test_where_the_two_do_what_each_does_nothing_is_found_of_them():
    assert not [finding for finding in learn(_account(40)).findings if signals.CROSS in finding.signal_key]


@pytest.mark.parametrize(("campaigns", "count"), [(15, 0), (16, 4)])
def test_a_kind_of_pair_takes_enough_campaigns(campaigns: int, count: int):
    assert (pairs.LEAST_CAMPAIGNS, pairs.LEAST_PER_PAIR) == (5, 4)
    assert len(_pairs_of(_account(campaigns))) == count


def test_a_signal_seen_too_seldom_takes_no_part(evidence):
    rare = [_evidence(100 + number, "gamers", "video") for number in range(pairs.LEAST_CAMPAIGNS - 1)]

    assert not [key for key in _pairs_of([*evidence, *rare]) if "gamers" in key]
    assert len(_pairs_of([*evidence, *rare])) == 4


def test_a_pair_never_seen_is_unknown_and_told_of_nobody():
    evidence = _account(42, without=("students", "video"))
    known = learn(evidence)

    assert PAIR in map(str, Dataset.of(evidence).unseen)
    assert not [effect for effect in known.effects if effect.signal == PAIR]
    posterior = known.posteriors["cvr"]
    assert posterior.draws[1 + posterior.features.index(PAIR)].std() > 0


def test_no_more_columns_than_a_fit_has_time_for():
    rng = np.random.default_rng(5)
    levels = {
        "platform": 4,
        "audience": 12,
        **{f"audience.a{n}": 9 for n in range(5)},
        "creative.type": 6,
        "creative": 9,
    }
    keys = [f"{group}:{level}" for group, count in levels.items() for level in range(count)]
    first = np.cumsum([0, *levels.values()])[:-1]
    columns = np.stack([first[i] + rng.integers(count, size=2_000) for i, count in enumerate(levels.values())], axis=1)
    parts = (np.ones(columns.size), columns.ravel(), np.arange(0, columns.size + 1, len(levels)))
    matrix = sparse.csr_array(parts, shape=(2_000, len(keys)))
    chosen = pairs.choose({key: n for n, key in enumerate(keys)}, matrix, np.arange(2_000))
    crossed = {key.partition(":")[0] for key in chosen.kinds}

    assert 0 < len(chosen.kinds) <= pairs.MOST_PAIRS
    assert 0 < len(chosen.names) <= 2 * pairs.MOST_NAMES
    assert len(crossed) <= pairs.MOST_KINDS
    assert {"audience*creative.type", "platform*creative.type"} & crossed == {"audience*creative.type"}


def test_columns_are_a_function_of_each_cell_alone(evidence):
    """Of any part of the campaigns they are made from what was chosen of all: partitions add up."""
    table = Dataset.of(evidence)
    mains = [n for n, feature in enumerate(table.features) if signals.CROSS not in feature.group]
    columns, matrix = {str(table.features[n]): place for place, n in enumerate(mains)}, table.shares[:, mains]
    keys = pairs.choose(columns, matrix, table.campaigns.real[table.campaign]).kinds
    whole = pairs.pair_shares(keys, columns, matrix).toarray()
    parts = [pairs.pair_shares(keys, columns, matrix[some]).toarray() for some in (slice(0, 13), slice(13, None))]

    assert keys
    assert np.array_equal(whole, np.concatenate(parts))


def test_the_order_of_arrival_does_not_show(evidence):
    mixed = random.Random(3).sample(evidence, len(evidence))
    one, other = Dataset.of(evidence), Dataset.of(mixed)

    assert (one.features, one.unseen, one.aliases) == (other.features, other.unseen, other.aliases)
    assert np.array_equal(one.shares.toarray(), other.shares.toarray())


def test_a_plan_gets_what_the_two_do_together(knowledge):
    shares = {"platform:meta": 1.0, "audience.segment:students": 1.0, "creative.type:video": 1.0}

    assert booked(knowledge, shares, "")[PAIR] == 1.0
    assert booked(knowledge, {**shares, "creative.type:video": 0.25}, "")[PAIR] == 0.25


def test_the_share_of_a_pair_is_the_product_of_both_whatever_stands_for_them():
    made = Pairs([PAIR, "creative.type:video"], {"audience:ann": "audience.segment:students"})

    assert made.added_to({"audience:ann": 0.5, "creative.type:video": 0.5})[PAIR] == 0.25
    assert PAIR not in made.added_to({"audience:ben": 0.5, "creative.type:video": 0.5})
    assert made.added_to({"audience:ann": 0.5, "creative.type:video": 0.5, PAIR: 0.5})[PAIR] == 0.5
    assert made.kinds == {("audience.segment", "creative.type")}


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("platform*creative.type:meta*video", "creative type video on meta"),
        (PAIR, "segment students with creative type video"),
        ("audience*creative:ann*clip", "audience ann with creative clip"),
    ],
)
def test_a_pair_is_said_as_people_say_it(key: str, said: str):
    assert signals.spoken(key, {}) == said


def test_what_always_ran_on_one_platform_is_not_advised_as_a_pair():
    """Students saw videos on Meta only, and images on TikTok: which of the two it is nobody can tell."""
    evidence = [
        _evidence(n, segment, kind, "meta" if (segment, kind) != ("students", "image") and n % 4 != 2 else "tiktok",
                  lift=1.8 if (segment, kind) == ("students", "video") else 1.0)
        for n, (segment, kind) in enumerate([pair for pair in product(SEGMENTS, TYPES) for _ in range(12)])
        if (segment, kind) != ("students", "video") or n % 4 != 2
    ]  # fmt: skip
    platform = "platform*audience.segment:meta*students"
    known = learn(evidence)

    assert not {platform, PAIR} & known.aliases.keys(), "each has an effect, of which the sum is known best"
    assert not [one for one in known.bookables if one.key == PAIR]


def test_campaigns_for_a_signal_within_a_context_are_counted_as_the_fit_counts_them(knowledge):
    (about,) = [one.metadata["also"]["cvr"] for one in knowledge.findings if one.signal_key == PAIR]
    reading = readings_of(knowledge)[Claim("creative.type:video", "audience.segment:students", "cvr")]

    assert about["within"] == (10, 0)  # all campaigns with both
    assert reading.sides == about["within"]
