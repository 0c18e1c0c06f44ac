"""What is kept of evidence from fit to fit: the same columns as of reading everything, whatever was read before."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reflection.domain.creative_knowledge import CreativeTexts, PlacedText
from reflection.domain.creative_text import CreativeText
from reflection.domain.evidence import Cell, Counts, Evidence, encode
from reflection.inference.evidence import evidence_cache
from reflection.inference.evidence.evidence_cache import EvidenceCache
from reflection.inference.evidence.partition_evidence import PartitionEvidence

AS_OF = "2026-04-06T10:00:00+00:00"
MOMENTS = (AS_OF, "2026-03-01T00:00:00+00:00", "2026-06-01T00:00:00+00:00", None)


CREATIVE = "creative:one"
DAYS = {0: date(2026, 5, 1), 1: date(2026, 4, 1)}


def evidence(number: int, version: int) -> Evidence:
    """A campaign with one or two rows; some are complete on a day after AS_OF, or on one before."""
    own, counts = f"platform:p{number % 3}", Counts(1_000.0, 10.0 + version, 1.0, 5.0, None)
    cells = tuple(Cell({own: 1.0, f"creative:{name}": 1.0}, counts) for name in ("one", "two")[: 1 + number % 2])
    return Evidence(
        f"c{number}", 20_000 + number, own, "objective:sales", None, "USD", counts, counts, cells,
        mature_on=DAYS.get(number % 4),
    )  # fmt: skip


@dataclass
class Live:
    """Live evidence in memory."""

    workspace: str
    items: Sequence[Evidence]

    def payloads(self) -> Iterator[tuple[str, bytes]]:
        yield from ((item.campaign_id, encode(item)) for item in self.items)

    def __iter__(self) -> Iterator[Evidence]:
        return iter(self.items)


def said(evidence: PartitionEvidence) -> list[bytes]:
    """All that a fit takes of it, as bytes."""
    table = evidence.builder(None).dataset()
    names = [str(feature) for feature in table.features]
    arrays = [table.shares.toarray(), table.campaign, table.impressions, table.clicks, table.conversions]
    arrays += [getattr(table.campaigns, name) for name in table.campaigns.__dataclass_fields__]
    words = [names, evidence.waiting, sorted(evidence.creatives.items()), evidence.names.campaigns]
    return [repr(words).encode(), *(np.asarray(array).tobytes() for array in [*arrays, evidence.names.times])]


@given(st.lists(st.dictionaries(st.integers(0, 9), st.integers(0, 2), min_size=1), min_size=1, max_size=4), st.data())
def test_what_is_kept_is_what_would_be_read(sets: list[dict[int, int]], data: st.DataObject) -> None:
    kept = EvidenceCache()
    for chosen in sets:
        live = Live(data.draw(st.sampled_from("ab")), [evidence(number, version) for number, version in chosen.items()])
        texts = CreativeTexts(by_campaign={live.items[0].campaign_id: {CREATIVE: PlacedText(CreativeText("Buy"))}})
        as_of = data.draw(st.sampled_from(MOMENTS))
        assert said(kept.evidence_of(live, as_of, texts)) == said(PartitionEvidence.of(live.items, as_of, texts))


def test_what_is_kept_is_not_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    kept, read = EvidenceCache(), list[bytes]()
    items = [evidence(number, 0) for number in (1, 2, 3, 6, 7)]
    kept.evidence_of(Live("a", items), AS_OF, CreativeTexts())
    decode = evidence_cache.decode
    monkeypatch.setattr(evidence_cache, "decode", lambda payload: read.append(payload) or decode(payload))
    kept.evidence_of(Live("a", [*items, evidence(10, 0)]), AS_OF, CreativeTexts())
    assert read == [encode(evidence(10, 0))]


def test_no_more_is_kept_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evidence_cache, "MOST_CAMPAIGNS", 3)
    kept = EvidenceCache()
    for name, numbers in (("a", (2, 3)), ("b", (6, 7)), ("c", (2, 3, 6, 7))):
        kept.evidence_of(Live(name, [evidence(number, 0) for number in numbers]), None, CreativeTexts())
    assert set(kept._columns) == {"b"}
