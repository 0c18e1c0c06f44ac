"""Which pairs have effects: all of the signals that are paired, whichever of them ran."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reflection.domain.evidence import Cell, Counts, Evidence
from reflection.inference.evidence.dataset import Dataset
from reflection.inference.fit_request import FitRequest
from reflection.inference.fits.posterior import feature_rows
from reflection.inference.learn import learn

PLATFORMS, TYPES = ("p0", "p1", "p2"), ("t0", "t1", "t2")
KIND = "platform*creative.type"
EVERY = set(product(PLATFORMS, TYPES))


def _pair(platform: str, kind: str) -> str:
    return f"{KIND}:{platform}*{kind}"


def _campaign(number: int, platform: str, kind: str, clicks: float) -> Evidence:
    keys = (f"platform:{platform}", f"creative.type:{kind}", "objective:sales", _pair(platform, kind))
    counts = Counts(50_000, clicks, round(0.1 * clicks), 500.0, None)
    cell = Cell(dict.fromkeys(keys, 1.0), counts)
    return Evidence(
        f"c{number:03d}", number, f"platform:{platform}", "objective:sales", None, "EUR", counts, counts, (cell,)
    )


def _account(pairs: list[tuple[str, str]]) -> list[Evidence]:
    rng = np.random.default_rng(8)
    return [_campaign(number, *pair, float(rng.poisson(1000))) for number, pair in enumerate(pairs)]


@settings(max_examples=30, deadline=None)
@given(st.sets(st.sampled_from(sorted(EVERY)), min_size=2))
def test_every_pair_of_the_signals_that_are_paired_has_an_effect_whether_it_ran_or_not(ran):
    table = Dataset.of(_account(sorted(ran)))
    pairs = [str(feature) for feature in (*table.features, *table.unseen) if feature.group == KIND]
    levels = [pair.partition(":")[2].split("*") for pair in pairs]
    first, second = ({level[side] for level in levels} for side in (0, 1))
    assert len(pairs) == len(set(pairs)) == len(first) * len(second)


# The third platform ran with one type only, fifty times.
RAN = [pair for pair in sorted(EVERY) if pair[0] != "p2" for _ in range(12)] + [("p2", "t0")] * 50


@pytest.fixture(scope="module")
def knowledge():
    rng = np.random.default_rng(5)
    effect = {pair: rng.normal(0, 0.4) for pair in sorted(EVERY)}
    clicks = [float(rng.poisson(1000 * np.exp(effect[pair] + rng.normal(0, 0.05)))) for pair in RAN]
    evidence = [_campaign(number, *pair, own) for number, (pair, own) in enumerate(zip(RAN, clicks, strict=True))]
    return learn(evidence, FitRequest(goal="conversions_per_spend"))


def _effects(knowledge) -> np.ndarray:
    """Draws of the effects of the pairs on CTR, (platforms, types, draws)."""
    ctr = knowledge.posteriors["ctr"]
    rows = feature_rows(ctr)
    return np.array([[ctr.draws[rows[_pair(p, t)]] for t in TYPES] for p in PLATFORMS]).astype(np.float64)


def test_what_two_do_together_is_none_on_average_over_all_partners_and_not_over_those_that_ran(knowledge):
    pairs = _effects(knowledge)  # draws of several metrics are mixed (`joint_draws`), which moves sums a little
    np.testing.assert_allclose(pairs.sum(axis=0), 0.0, atol=0.02)
    np.testing.assert_allclose(pairs.sum(axis=1), 0.0, atol=0.02)


def test_what_ran_with_one_partner_alone_is_unsure_by_as_much_as_partners_matter(knowledge):
    ctr = knowledge.posteriors["ctr"]
    rows, pairs = feature_rows(ctr), _effects(knowledge)
    platform = ctr.draws[rows["platform:p2"]].astype(np.float64)
    types = [ctr.draws[rows[f"creative.type:{t}"]].astype(np.float64) for t in TYPES]
    ran, *others = (float((platform + own + pair).std()) for own, pair in zip(types, pairs[2], strict=True))
    matter = float(pairs[:2].mean(axis=-1).std())
    assert platform.std() > 0.5 * matter, "fifty campaigns do not say what it does with others"
    assert min(others) > 2 * ran
    assert min(others) > matter
