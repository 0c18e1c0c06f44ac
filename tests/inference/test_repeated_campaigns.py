"""Months of one campaign are one witness: no findings where nothing has an effect, and intervals that hold."""

import random
import re
from dataclasses import replace

import numpy as np
import pytest
from benchmarks.worlds_of_accounts import Account, evidence

from benchmarks import worlds
from reflection.domain.evidence import Evidence
from reflection.domain.knowledge import Knowledge
from reflection.domain.results import DESCRIPTIVE, Finding
from reflection.explain.evidence_of_facts import gather_learnt
from reflection.explain.sentences import Sentences
from reflection.inference.columns.design import CellDesign, ControlColumns
from reflection.inference.evidence.dataset import Dataset
from reflection.inference.evidence.raw_lifts import RawLifts
from reflection.inference.fits.fit import fit_metrics
from reflection.inference.learn import learn
from reflection.stats.sums.columns import Feature
from reflection.stats.sums.design import Stratum
from reflection.stats.sums.observations import observe_rate
from reflection.stats.sums.sufficient_statistics import SufficientStatistics


@pytest.fixture(scope="module")
def months() -> list[Evidence]:
    """Twelve months of fifteen campaigns in which nothing has any effect."""
    return list(worlds.WORLDS["repeated units, null"].make(0).evidence)


def _sums(evidence: list[Evidence]) -> SufficientStatistics:
    table = Dataset.of(evidence)
    statistics = SufficientStatistics()
    observations = observe_rate(table.clicks, table.impressions, 0.012)
    for rows, _ in CellDesign.of(table, ControlColumns.of(table)).rows(
        observations, table.campaign, table.campaigns.unit
    ):
        statistics.add(rows)
    return statistics


def test_no_month_is_a_witness_of_its_own(months: list[Evidence]) -> None:
    table = Dataset.of(months)
    fitted = fit_metrics(table)
    lifts = RawLifts.of(table)
    platform = Feature("platform", "meta")
    having = {item.unit for item in months if "platform:meta" in item.cells[0].shares}

    assert len(set(table.campaigns.unit.tolist())) == 15
    assert set(fitted.metrics["ctr"].fit.sigma) == {Stratum.BETWEEN, Stratum.PERIOD}
    assert lifts.campaigns(platform) == pytest.approx(len(having))
    assert lifts.evidence(platform, "ctr")[0] == len(having)
    assert all(len(metric.left_out) == 0 for metric in fitted.metrics.values()), "fifteen are too few to judge by"


def test_nothing_is_found_where_nothing_has_an_effect_and_intervals_hold() -> None:
    """Taken as independent rows: about twenty findings here, and half of the intervals of platforms missed."""
    scores = [worlds.judged("repeated units, null", seed) for seed in range(3)]
    hits = [hit for score in scores for own in score.hits.values() for hit in own]

    assert sum(score.findings for score in scores) <= 1
    assert np.mean(hits) > 0.9
    assert np.mean([h for s in scores for (group, _), own in s.hits.items() if group == "platform" for h in own]) > 0.85


def test_planted_effects_are_found_within_campaigns() -> None:
    score = worlds.judged("repeated units", 0)
    assert score.findings - score.false > 2
    assert score.false <= 1


def test_sums_with_units_are_bit_identical_in_any_order_and_after_a_correction(months: list[Evidence]) -> None:
    some = months[:60]
    whole = _sums(some)
    for seed in range(3):
        shuffled = list(some)
        random.Random(seed).shuffle(shuffled)
        assert _sums(shuffled) == whole
    wrong = replace(some[7], cells=(replace(some[7].cells[0], counts=some[8].cells[0].counts),))
    corrected = _sums([*some[:7], wrong, *some[8:]])
    assert corrected != whole
    assert _sums([*some[:7], some[7], *some[8:]]) == whole


def test_a_name_within_platform_and_account_stands_for_a_missing_unit_id(months: list[Evidence]) -> None:
    named = [replace(item, unit_id=None, name=f" {item.unit_id} ".title()) for item in months[:36]]
    by_id = Dataset.of(months[:36]).campaigns.unit
    assert Dataset.of(named).campaigns.unit.tolist() == by_id.tolist()
    other = [replace(item, account_id=f"account {n % 2}") for n, item in enumerate(named)]
    assert len(set(Dataset.of(other).campaigns.unit.tolist())) == 2 * len(set(by_id.tolist()))
    nameless = [replace(item, name=None) for item in named]
    assert Dataset.of(nameless).campaigns.unit.tolist() == list(range(36)), "each stands for itself"


def test_campaigns_that_do_not_repeat_are_fitted_without_any_of_it(months: list[Evidence]) -> None:
    single = [replace(item, unit_id=None) for item in months[::4]]
    named = [replace(item, unit_id=f"u{n}", name="same") for n, item in enumerate(single)]
    one, other = learn(single), learn(named)

    assert set(one.diagnostics["scatter"]["ctr"]) == {"between"}
    assert one.effects == other.effects
    for name, posterior in one.posteriors.items():
        np.testing.assert_array_equal(posterior.draws, other.posteriors[name].draws)


@pytest.mark.parametrize("seed", range(3))
def test_nothing_that_is_said_counts_more_campaigns_than_there_are(seed: int) -> None:
    """Not for it, not against it, not in a group: rows beyond the campaigns are called results."""
    knowledge = learn(evidence(Account(fall=0.6, promise=1.3, units=8), seed))
    item = gather_learnt(knowledge).items
    texts = [f"{one.title} {one.description}" for one in knowledge.findings] + [Sentences().about(one) for one in item]
    texts += [text for one in item if one.kind == "finding" and (text := Sentences().contradicted(one))]

    assert all(one.evidence_count <= 8 for one in knowledge.findings)
    assert "lasting" in {one.metadata.get("kind") for one in knowledge.findings}
    assert not [text for text in texts if any(int(number) > 8 for number in re.findall(r"(\d+) campaigns?\b", text))]


def test_a_group_of_months_is_told_as_results_of_their_campaigns() -> None:
    members = [f"c{number}" for number in range(24)]
    finding = Finding(
        "f1", "cluster", "t", "d", "cluster:scale", 1.0, 5, {"members": members}, "roas", "favorable", 1.3, (1.1, 1.5),
        None, None, None, 5.0, None, (), (), status=DESCRIPTIVE,
    )  # fmt: skip
    (item,) = [one for one in gather_learnt(Knowledge(findings=(finding,))).items if one.kind == "description"]

    assert Sentences().about(item).startswith("24 results of 5 campaigns look alike")
