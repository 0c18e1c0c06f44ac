"""Search by meaning: how often a campaign is found by a question that shares few words with it.

Data: `benchmarks/data/paraphrases.txt`, invented campaigns with a question each, in other words. The campaigns get what
accounts repeat: a few platforms, objectives, retargeting audiences, a second creative, and what was found of them. Half
of the questions were looked at when the embedded text was chosen, the other half was not. Deterministic.
"""

import random
import statistics
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from reflection.domain.campaign import Campaign
from reflection.domain.memory_text import memory_text
from reflection.domain.ports import MemoryRecord
from reflection.memory.embedders import Embedder
from reflection.memory.local import LocalIndex
from reflection.memory.packaged_model import PackagedEmbedder
from reflection.memory.semantic import SemanticMemory
from reflection.store.database.open import open_database
from reflection.store.memories import MemoryRows

DATA = Path(__file__).parent / "data" / "paraphrases.txt"
WHEN = datetime(2026, 1, 1, tzinfo=UTC)
PLATFORMS = ("Meta", "Google", "TikTok", "LinkedIn", "Pinterest")
OBJECTIVES = ("Lead Generation", "Sales", "Traffic", "App Installs", "Brand Awareness")
SECOND = ("Retargeting 30d", "Lookalike 1%", "Broad 25-54")
FOUND = (
    "found: better cpa with creative type video",
    "found: worse ctr with platform meta",
    "found: better roas with age 25-34",
    "found: worse cvr with creative type image",
)


class Asked(NamedTuple):
    """A campaign's memory text and a question about it."""

    text: str
    question: str


class Quality(NamedTuple):
    """How well questions find their campaigns: share among the first three, mean reciprocal rank."""

    recall_at_3: float
    mrr: float


def pairs() -> list[Asked]:
    """Every campaign with its question."""
    chance = random.Random(5)
    lines = DATA.read_text(encoding="utf-8").splitlines()
    rows = [line.split(" | ") for line in lines if line and not line.startswith("#")]
    return [Asked(_text(number, row, chance), row[3]) for number, row in enumerate(rows)]


def ranks(asked: Sequence[Asked], embedder: Embedder) -> list[int]:
    """The place of each question's campaign in a search over all of them; 0 where it is not among the first."""
    with tempfile.TemporaryDirectory() as folder:
        database = open_database(Path(folder) / "bench.db")
        rows = MemoryRows(database)
        rows.save("default", _records([item.text for item in asked], embedder))
        memory = SemanticMemory(rows, embedder, LocalIndex(rows))
        found = [_rank(memory, item.question, f"c{number}") for number, item in enumerate(asked)]
        database.close()
    return found


def quality(places: Sequence[int]) -> Quality:
    """How well these places are, taken together."""
    first = statistics.fmean(0 < place <= 3 for place in places)
    return Quality(first, statistics.fmean(1 / place if place else 0.0 for place in places))


def report() -> str:
    """Markdown table: the questions that were looked at, those that were not, all."""
    places = ranks(pairs(), PackagedEmbedder())
    parts = {"looked at": places[::2], "held out": places[1::2], "all": places}
    lines = [f"{len(places)} campaigns, a question in other words each.", "", "| questions | R@3 | MRR |"]
    lines.append("|---|---|---|")
    for name, some in parts.items():
        found = quality(some)
        lines.append(f"| {name} | {found.recall_at_3:.3f} | {found.mrr:.3f} |")
    return "### Search by meaning\n\n" + "\n".join(lines) + "\n"


def _rank(memory: SemanticMemory, question: str, wanted: str) -> int:
    found = [item.id for item in memory.search("default", question, limit=20).items]
    return found.index(wanted) + 1 if wanted in found else 0


def _text(number: int, row: Sequence[str], chance: random.Random) -> str:
    headline, message, audience, _ = row
    figures = {"impressions": 1000, "clicks": 20, "conversions": 2, "spend": 100.0}
    campaign = Campaign.model_validate({
        "campaign_id": f"c{number}", "platform": chance.choice(PLATFORMS), "objective": chance.choice(OBJECTIVES),
        "expected_metrics": figures, "actual_metrics": figures, "timestamp": WHEN.isoformat(), "currency": "USD",
        "audiences": [
            {"name": audience, "attributes": {"age_range": chance.choice(("18-24", "25-34", "35-44"))}},
            {"name": chance.choice(SECOND), "attributes": {"age_range": "25-54"}},
        ],
        "creatives": [
            {"id": "a", "type": "video", "headline": headline, "primary_text": message},
            {"id": "b", "type": "image", "headline": chance.choice(("Find out more", "Only this week", headline)),
             "primary_text": chance.choice(("Order now and save on shipping", message))},
        ],
    })  # fmt: skip
    return "\n".join([memory_text(campaign), *chance.sample(FOUND, 2)])


def _records(texts: Sequence[str], embedder: Embedder) -> list[MemoryRecord]:
    space = embedder.space.id if embedder.space else None
    vectors = embedder.embed(texts)
    names = [f"c{number}" for number in range(len(texts))]
    return [
        MemoryRecord(f"campaign:{name}", "campaign", text, "x", "y", WHEN, "", {"campaign_id": name}, space, vector)
        for name, text, vector in zip(names, texts, vectors, strict=True)
    ]


if __name__ == "__main__":
    print(report())
