"""What a fit changes in the learnings: news only, the most certain first, and nothing from campaigns held out."""

import math
from dataclasses import replace

import numpy as np
import pytest

from reflection.domain.evidence import Cell, Counts, Evidence
from reflection.domain.knowledge import Effect, Knowledge, MetricPosterior
from reflection.learnings import revision
from reflection.learnings.lifecycle import Claim, Learning
from reflection.learnings.revision import revised

VIDEO = Claim("creative.type:video", "", "ctr")


def _effect(log_effect: float, signal: str = "creative.type:video", lfsr: float = 0.01) -> Effect:
    lift = math.exp(log_effect)
    interval = (lift * 0.9, lift * 1.1)
    return Effect(signal, "creative.type", "ctr", None, lift, interval, 0.99, lfsr, 20.0, None, lfsr <= 0.05, "")


def _knowledge(*effects: Effect, **changes: dict[str, str]) -> Knowledge:
    posterior = MetricPosterior(("creative.type:video",), np.zeros((2, 10), dtype=np.float32), 0.05, {}, 0.02)
    return replace(Knowledge(seq=1, effects=effects, posteriors={"ctr": posterior}), **changes)


def _campaign(name: str, day: int, log_effect: float) -> Evidence:
    counts = Counts(1_000_000.0, 20_000 * math.exp(log_effect), 100.0, 500.0, None)
    cells = (Cell({"creative.type:video": 1.0}, counts),)
    return Evidence(name, day, "platform:meta", "objective:x", None, None, counts, counts, cells)


CAMPAIGNS = [_campaign(f"v{day}", day, 0.3) for day in range(10)]


def _by_claim(*learnings: Learning) -> dict[Claim, Learning]:
    return {learning.claim: learning for learning in learnings}


def test_a_finding_is_a_new_learning_and_the_same_fit_again_is_no_news() -> None:
    (learning,) = revised({}, _knowledge(_effect(0.3)), CAMPAIGNS)

    assert (learning.claim, learning.state, learning.supporting) == (VIDEO, "established", 10)
    assert revised(_by_claim(learning), _knowledge(_effect(0.3)), CAMPAIGNS) == ()


def test_a_learning_whose_effect_moved_is_revised_and_one_without_evidence_is_retired() -> None:
    (learning,) = revised({}, _knowledge(_effect(0.3)), CAMPAIGNS)

    (moved,) = revised(_by_claim(learning), _knowledge(_effect(0.5)), CAMPAIGNS)
    (retired,) = revised(_by_claim(learning), _knowledge(), [])

    assert math.log(moved.effect) == pytest.approx(0.5)
    assert (retired.claim, retired.state) == (VIDEO, "retired")


def test_campaigns_that_the_fit_holds_out_speak_for_nothing() -> None:
    knowledge = _knowledge(_effect(0.3), held={"v0": "faulty", "v1": "faulty"})

    (learning,) = revised({}, knowledge, CAMPAIGNS)

    assert {witness.campaign_id for witness in learning.witnesses} == {f"v{day}" for day in range(2, 10)}


@pytest.mark.parametrize(("metric", "counted"), [("cpa", 10), ("ctr", 20)])
def test_prices_in_another_currency_neither_speak_for_an_effect_nor_end_it(metric: str, counted: int) -> None:
    """Ten campaigns in euros, then ten of the same account in crowns, at eleven crowns a euro."""
    effect = replace(_effect(0.3), metric=metric)
    euros = [replace(item, currency="EUR") for item in CAMPAIGNS]
    crowns = [
        replace(item, campaign_id=f"sek{item.campaign_id}", day=item.day + 10, currency="SEK", cells=(replace(
            item.cells[0], counts=replace(item.cells[0].counts, spend=5_500.0)),))
        for item in CAMPAIGNS
    ]  # fmt: skip

    (learning,) = revised({}, replace(_knowledge(effect), currency="EUR"), [*euros, *crowns])

    assert (learning.state, learning.supporting, learning.contradicting) == ("established", counted, 0)


def test_of_too_many_new_claims_the_most_certain_are_looked_at_and_every_learning_always(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    effects = [_effect(0.3, f"creative.type:{number}", lfsr) for number, lfsr in enumerate((0.03, 0.01, 0.02))]
    monkeypatch.setattr(revision, "MAX_CLAIMS", 2)

    new = revised({}, _knowledge(*effects), [])
    with_old = revised(_by_claim(*new), _knowledge(*(replace(effect, effect=2.0) for effect in effects)), [])

    assert [learning.claim.signal_key for learning in new] == ["creative.type:1", "creative.type:2"]
    assert [learning.claim for learning in with_old] == [learning.claim for learning in new]


def test_a_learning_counts_the_campaigns_that_its_pattern_counts(
    history_evidence: tuple[Evidence, ...], knowledge: Knowledge
) -> None:
    """Whatever they look like one by one: the fit holds an audience against the other ads of its own campaign."""
    findings = {(one.signal_key, one.metric): one for one in knowledge.findings if not one.descriptive}
    learnings = {one.claim: one for one in revised({}, knowledge, history_evidence)}
    both = [(learnings.get(Claim(key, "", metric)), finding) for (key, metric), finding in findings.items()]
    told = [(learning, finding) for learning, finding in both if learning is not None]

    assert told
    for learning, finding in told:
        counted = f"{learning.supporting} speak for it beyond noise and {learning.contradicting} against"
        assert counted in finding.description
