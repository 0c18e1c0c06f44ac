"""The additive law: every number of partitions gives the bits of one, also where the sample is not all."""

from collections.abc import Sequence

import numpy as np
import pytest

from benchmarks import worlds
from reflection.domain.evidence import Evidence
from reflection.domain.knowledge import Knowledge
from reflection.inference.evidence import partitions
from reflection.inference.evidence.partition_evidence import PartitionEvidence
from reflection.inference.evidence.partitions import InMemory, in_sample, sample_bits
from reflection.inference.fit_request import FitRequest
from reflection.inference.learn import learn, learn_partitions
from reflection.inference.recheck import compared

REQUEST = FitRequest(as_of="2026-06-01T00:00:00+00:00")


@pytest.fixture(scope="module")
def evidence(history_evidence: Sequence[Evidence]) -> list[Evidence]:
    """A history with a fault, and months of campaigns that repeat."""
    return [*history_evidence, *worlds.WORLDS["repeated units, null"].make(0).evidence]


def _in_parts(evidence: Sequence[Evidence], count: int) -> Knowledge:
    """What the campaigns say in so many partitions, each read in another order."""
    own = [[item for item in evidence if item.real_campaign % count == part] for part in range(count)]
    parts = [
        PartitionEvidence.of(items[::-1] if part % 2 else items, REQUEST.as_of, REQUEST.texts)
        for part, items in enumerate(own)
    ]
    return learn_partitions(InMemory(parts), REQUEST)


@pytest.mark.parametrize("most", [pytest.param(1_000_000, marks=pytest.mark.torture(part="learning")), 120])
def test_partitions_leave_no_trace(evidence: list[Evidence], monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    monkeypatch.setattr(partitions, "SAMPLE", most)
    whole = learn(evidence, REQUEST)
    assert whole.effects
    assert whole.held
    assert whole.campaigns > 120
    again = _in_parts(evidence, 13)
    assert compared(whole, again) == []
    assert again.diagnostics == whole.diagnostics


def test_the_sample_is_all_campaigns_or_between_the_most_and_half_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(partitions, "SAMPLE", 1_000)
    real = np.random.default_rng(1).integers(-(2**63), 2**63, 40_000)
    for count in (0, 1, 1_000, 1_001, 2_000, 2_001, 7_000, 40_000):
        bits = sample_bits(count)
        assert count / 2**bits <= 1_000
        assert not bits or count / 2**bits > 499
        chosen = int(in_sample(real[:count], bits).sum())
        assert abs(chosen - count / 2**bits) < 5 * np.sqrt(count / 2**bits + 1)
