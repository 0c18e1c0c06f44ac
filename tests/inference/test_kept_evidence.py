"""What is kept of evidence from fit to fit: the same columns as of reading everything, whatever was read before."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reflection.domain.creative_knowledge import CreativeTexts, PlacedText
from reflection.domain.creative_text import CreativeText
from reflection.domain.evidence import Cell, Counts, Evidence, encode
from reflection.inference import kept_evidence
from reflection.inference.kept_evidence import KeptEvidence
from reflection.inference.learn import FitRequest, Gathered

AS_OF = "2026-04-06T10:00:00+00:00"


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


def said(gathered: Gathered) -> list[bytes]:
    """All that a fit takes of it, as bytes."""
    table = gathered.builder.dataset()
    names = [str(feature) for feature in table.features]
    arrays = [table.shares.toarray(), table.campaign, table.impressions, table.clicks, table.conversions]
    arrays += [getattr(table.campaigns, name) for name in table.campaigns.__dataclass_fields__]
    words = [names, gathered.waiting, sorted(gathered.creatives.items())]
    return [repr(words).encode(), *(np.asarray(array).tobytes() for array in arrays)]


@given(st.lists(st.dictionaries(st.integers(0, 9), st.integers(0, 2), min_size=1), min_size=1, max_size=4), st.data())
def test_what_is_kept_is_what_would_be_read(sets: list[dict[int, int]], data: st.DataObject) -> None:
    kept = KeptEvidence()
    for chosen in sets:
        items = [evidence(number, version) for number, version in chosen.items()]
        texts = CreativeTexts(by_campaign={items[0].campaign_id: {CREATIVE: PlacedText(CreativeText("Buy"))}})
        request = FitRequest(as_of=AS_OF, texts=texts)
        workspace = data.draw(st.sampled_from("ab"))
        live = [(item.campaign_id, encode(item)) for item in items]
        assert said(kept.gathered(workspace, live, request)) == said(Gathered.of(items, request))


def test_what_is_kept_is_not_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    kept, read = KeptEvidence(), list[bytes]()
    live = [(item.campaign_id, encode(item)) for item in (evidence(number, 0) for number in (2, 3, 6, 7))]
    kept.gathered("a", live, FitRequest())
    decode = kept_evidence.decode
    monkeypatch.setattr(kept_evidence, "decode", lambda payload: read.append(payload) or decode(payload))
    more = encode(evidence(10, 0))
    kept.gathered("a", [*live, ("c10", more)], FitRequest())
    assert read == [more]


def test_no_more_is_kept_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_evidence, "MOST_CAMPAIGNS", 3)
    kept = KeptEvidence()
    for name, numbers in (("a", (2, 3)), ("b", (6, 7)), ("c", (2, 3, 6, 7))):
        kept.gathered(name, [(f"c{n}", encode(evidence(n, 0))) for n in numbers], FitRequest())
    assert set(kept._kept) == {"b"}
