"""However many names campaigns have, what is held is bounded, by a rule that no order and no partition changes."""

import tracemalloc
from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reflection.domain.creative_knowledge import CreativeTexts
from reflection.domain.evidence import Cell, Counts, Evidence
from reflection.inference.evidence import name_counts
from reflection.inference.evidence.name_counts import CommonNames, NameCounter, NameCounts
from reflection.inference.evidence.partition_evidence import PartitionEvidence
from reflection.inference.evidence.partitions import InMemory
from reflection.inference.fit_request import FitRequest
from reflection.inference.learn import learn, learn_partitions
from reflection.inference.recheck import compared

NOTHING = Counts(None, None, None, None, None)


def _evidence(number: int, names: Sequence[str]) -> Evidence:
    counts = Counts(1e5 + number, 1e3 + 37 * number % 91, 50.0 + number % 7, 100.0, 300.0)
    shares = {"platform:meta": 1.0, "objective:sales": 1.0, **{f"audience:{name}": 1.0 / len(names) for name in names}}
    cells = (Cell(shares, counts),)
    return Evidence(f"c{number:03}", number, "platform:meta", "objective:sales", None, "EUR", NOTHING, counts, cells)


def _own_names(count: int, names: int) -> list[Evidence]:
    """Campaigns with names of their own, and one that every second has."""
    own = [[f"of {number} alone {place}" for place in range(names)] for number in range(count)]
    return [_evidence(number, [*own[number], *["common"] * (number % 2)]) for number in range(count)]


@pytest.fixture(autouse=True)
def counters(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fewer counters, and no name that is held by the last hashes."""
    monkeypatch.setattr(name_counts, "COUNTERS", 1 << 14)
    monkeypatch.setattr(name_counts, "_counter", name_counts._counter.__wrapped__)


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fit that holds few names."""
    monkeypatch.setattr(name_counts, "MOST_NAMES", 30)
    monkeypatch.setattr(name_counts, "KEPT", 8)


def _counted(evidence: Sequence[Evidence]) -> NameCounts:
    names = NameCounter(evidence)
    list(names)
    return names.counts


@given(st.lists(st.sets(st.integers(0, 40), min_size=1), min_size=1, max_size=12), st.integers(1, 30))
def test_of_too_many_names_those_of_the_most_campaigns_are_held(having: list[set[int]], most: int) -> None:
    evidence = [_evidence(number, [f"name {place}" for place in sorted(own)]) for number, own in enumerate(having)]
    times = {f"audience:name {place}": sum(place in own for own in having) for place in set().union(*having)}
    times |= {"platform:meta": len(having), "objective:sales": len(having)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(name_counts, "MOST_NAMES", most)
        patch.setattr(name_counts, "KEPT", 6)
        whole = _counted(evidence).common(["audience:name 40"])
        parts = _counted(evidence[::-2]) + _counted(evidence[-2::-2])
        again = parts.common(["audience:name 40"])

    if len(times) <= most:
        assert whole is None
        return
    assert isinstance(whole, CommonNames)
    assert isinstance(again, CommonNames)
    assert (whole.full == again.full).all()
    held = {name for name in times if name in whole} - {"audience:name 40"}
    assert len(held) <= 6
    assert all(times[one] >= times[other] for one in held for other in times if other not in whole), "by campaigns"
    assert "audience:name 40" in whole, "what was tested"
    assert whole.others >= len(times) - 6 - 1


def test_names_that_all_campaigns_have_are_bounded_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(name_counts, "MOST_HELD", 60)
    monkeypatch.setattr(name_counts, "HELD_A_CAMPAIGN", 3)
    evidence = [_evidence(number, [f"shared {place}" for place in range(20)]) for number in range(10)]
    common = _counted(evidence).common()
    assert common is not None
    held = list(common.of(evidence))
    assert sum(len(cell.shares) for item in held for cell in item.cells) == 60
    assert [item.actual for item in held] == [item.actual for item in evidence]


@pytest.mark.usefixtures("few")
def test_a_fit_of_too_many_names_is_the_same_in_partitions_and_says_so() -> None:
    evidence, request = _own_names(9, 5), FitRequest()
    whole = learn(evidence, request)
    partitions = [PartitionEvidence.of(evidence[part::3], None, CreativeTexts()) for part in range(3)]
    again = learn_partitions(InMemory(partitions), request)

    assert compared(whole, again) == []
    assert whole.campaigns == 9
    assert whole.left_out == again.left_out
    assert whole.left_out["signals"] >= 9 * 5 - 8


class Written:
    """Evidence that is made as it is read, as a store's is."""

    def __init__(self, campaigns: int) -> None:
        self._campaigns = campaigns

    def __iter__(self) -> Iterator[Evidence]:
        for number in range(self._campaigns):
            yield _evidence(number, [f"of {number} alone {place}" for place in range(60)])


@pytest.mark.usefixtures("few")
def test_memory_does_not_grow_with_the_names() -> None:
    def peak(campaigns: int) -> int:
        """Bytes at most while so many campaigns of sixty names each are read, beside the counters."""
        tracemalloc.start()
        partition = PartitionEvidence.of(Written(campaigns), None, CreativeTexts())
        builder = partition.builder(partition.names.common())
        highest = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert len(builder) == campaigns
        return highest

    assert peak(80) - peak(20) < 60 * 60 * 20, "a name alone is more than 100 bytes"


def test_what_can_be_read_only_once_is_refused() -> None:
    with pytest.raises(TypeError, match="twice"):
        PartitionEvidence.of(iter(_own_names(2, 1)), None, CreativeTexts())
