"""What somebody wrote down is told with its size, leaves no trace on what came later, and names what came with it."""

from types import ModuleType

import numpy as np
import pytest

from reflection.domain.events import Event
from reflection.inference.evidence.partitions import InMemory
from reflection.inference.fit_request import FitRequest
from reflection.inference.learn import DEFAULT, PartitionEvidence, learn, learn_partitions
from reflection.store.knowledge_blob import encode


def test_it_is_told_with_its_size_and_is_part_of_the_present(worlds_of_events: ModuleType) -> None:
    evidence = list(worlds_of_events.price_change(0).evidence)
    known = learn(evidence, FitRequest(events=[worlds_of_events.EVENT]))
    (finding,) = [one for one in known.findings if one.metadata.get("kind") == "event"]

    assert finding.title.startswith(f"Since the price change on {worlds_of_events.EVENT.day}: CVR -")
    assert "(prices up): CVR" in finding.description
    assert finding.interval is not None
    assert finding.interval[0] < 0.75 < finding.interval[1]
    level = known.posteriors["cvr"]
    assert level.reference * np.exp(float(level.means[0])) == pytest.approx(0.03 * 0.75, rel=0.08)

    parts = InMemory([PartitionEvidence.of(evidence[side::2], DEFAULT.as_of, DEFAULT.texts) for side in (1, 0)])
    assert encode(learn_partitions(parts, FitRequest(events=[worlds_of_events.EVENT]))) == encode(known)


def test_what_came_with_it_cannot_be_told_apart(worlds_of_events: ModuleType) -> None:
    same = [worlds_of_events.EVENT, Event(day=worlds_of_events.EVENT.day, kind="site", text="a new shop")]
    known = learn(worlds_of_events.price_change(0, together=True).evidence, FitRequest(events=same))
    reasons = [one["reason"] for one in known.diagnostics["events"]]

    assert not any(one.metadata.get("kind") == "event" for one in known.findings)
    assert all("segment parents" in reason and "which came or went on the same days" in reason for reason in reasons)
    assert all("a new shop" in reason or "prices up" in reason for reason in reasons)
