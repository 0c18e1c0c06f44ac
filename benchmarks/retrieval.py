"""Retrieval: how often the right memory is found, and how fast, against hashing and plain word search.

Data: real headline tests (Upworthy Research Archive, CC BY 4.0; Matias, Munger, Le Quere, Ebersole 2021), read from
`data/samples/` or from `../shared/data/upworthy`. Of each test with two or more headlines one is stored and another is
the question: two headlines of one story rarely share words. Deterministic; all figures come with their baselines.
"""

import csv
import gzip
import hashlib
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from reflection.domain.ports import MemoryRecord, Vector
from reflection.memory.embedders import Matrix, Space, unit
from reflection.memory.local import LocalIndex
from reflection.memory.packaged_model import PackagedEmbedder
from reflection.memory.semantic import SemanticMemory
from reflection.memory.vectors import Columns, Entry, VectorSpace, Where
from reflection.store.database.open import open_database
from reflection.store.memories import MemoryRows

ROOT = Path(__file__).resolve().parent.parent
PLACES = (
    ROOT / "data" / "samples" / "headline_tests_early_weeks.csv.gz",
    ROOT.parent / "shared" / "data" / "upworthy" / "headline_tests_early_weeks.csv.gz",
)
WHEN = datetime(2026, 1, 1, tzinfo=UTC)
Search = Callable[[str], list[str]]


class HashingEmbedder:
    """The first version's stand-in for a model: words hashed into 256 places. A baseline, nothing else."""

    space: Space | None = Space("hashing", "1", 256, "t")

    def embed(self, texts: Sequence[str]) -> Matrix:
        rows = np.zeros((len(texts), 256), dtype=np.float32)
        for row, text in enumerate(texts):
            for word in text.casefold().split():
                digest = hashlib.sha256(word.encode()).digest()
                rows[row, digest[0]] += 1.0 if digest[1] & 1 else -1.0
        return unit(rows)


def headline_pairs(seed: int = 7) -> list[tuple[str, str, str]]:
    """(id, stored headline, asked headline) per test with two distinct headlines; empty where the data is missing."""
    place = next((path for path in PLACES if path.exists()), None)
    if place is None:
        return []
    tests: dict[str, list[str]] = {}
    with gzip.open(place, "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            headlines = tests.setdefault(row["clickability_test_id"], [])
            if row["headline"] not in headlines:
                headlines.append(row["headline"])
    generator = random.Random(seed)
    pairs = []
    for test, headlines in sorted(tests.items()):
        if len(headlines) >= 2:
            stored, asked = generator.sample(headlines, 2)
            pairs.append((f"test_{test}", stored, asked))
    return pairs


def quality() -> str:
    """Markdown table of MRR and recall on headline tests, and of identifiers."""
    pairs = headline_pairs()
    if not pairs:
        return "Headline tests are not available here (data/samples or ../shared/data/upworthy).\n"
    with tempfile.TemporaryDirectory() as folder:
        database = open_database(Path(folder) / "bench.db")
        rows = MemoryRows(database)
        embedder, hashing = PackagedEmbedder(), HashingEmbedder()
        rows.save("default", _records(pairs, embedder))
        rows.save("hashing", _records(pairs, hashing))
        memory = SemanticMemory(rows, embedder, LocalIndex(rows))
        crude = SemanticMemory(rows, hashing, LocalIndex(rows))
        ways: dict[str, Search] = {
            "SHA-256 hashing (first version)": lambda q: _by_vector(crude, "hashing", q),
            "words (FTS5, porter)": lambda q: [name for name, _ in rows.lexical("default", q, limit=10)],
            "MiniLM int8": lambda q: _by_vector(memory, "default", q),
            "**MiniLM int8 + words (what is used)**": lambda q: _searched(memory, q),
        }
        lines = [f"{len(pairs)} headline tests, one headline stored, another asked.", ""]
        lines += ["| method | MRR | R@1 | R@3 | R@10 | p50 ms |", "|---|---|---|---|---|---|"]
        lines += [
            _row(name, way, [(f"campaign:{test}", asked) for test, _, asked in pairs]) for name, way in ways.items()
        ]
        names = [(f"campaign:{test}", test) for test, _, _ in pairs[::6]]
        lines.append(_row("identifiers, what is used", ways["**MiniLM int8 + words (what is used)**"], names))
        lines.append(_row("identifiers, MiniLM int8 alone", ways["MiniLM int8"], names))
        database.close()
    return "\n".join(lines) + "\n"


def speed(sizes: Sequence[int] = (1_000, 10_000, 100_000)) -> str:
    """Markdown table of the vector search's p50, beside the embedding's own time, with the recall of the sketch."""
    generator = np.random.default_rng(3)
    real = some_real_vectors()
    lines = ["| memories | exact p50 ms | used p50 ms | recall@10 of what is used |", "|---|---|---|---|"]
    for size in sizes:
        vectors = real[generator.integers(len(real), size=size)]
        vectors = unit((vectors + 0.03 * generator.standard_normal(vectors.shape)).astype(np.float32))
        exact, used = VectorSpace(384, sketch_from=10**9), VectorSpace(384)
        columns = Columns("campaign", "meta", "leads", 0.0)
        for shelf in (exact, used):
            shelf.put(Entry(f"m{row}", vectors[row], columns) for row in range(size))
        queries = unit((real[generator.integers(len(real), size=60)] + 0.02).astype(np.float32))
        used.search(queries[0], 10, Where())
        agreed = 0
        for query in queries:
            wanted = {hit.memory_id for hit in exact.search(query, 10, Where())}
            agreed += len(wanted & {hit.memory_id for hit in used.search(query, 10, Where())})
        times = [
            _median_ms(lambda q=query, s=shelf: s.search(q, 10, Where()))
            for shelf in (exact, used)
            for query in queries
        ]
        half = len(queries)
        lines.append(
            f"| {size:,} | {statistics.median(times[:half]):.2f} | {statistics.median(times[half:]):.2f} "
            f"| {agreed / (10 * half):.3f} |"
        )
    lines += ["", *whole_search(sizes, real), ""]
    embedder = PackagedEmbedder()
    embedder.embed(["warm"])
    text = "platform: Meta\nobjective: leads\naudience: students\nheadline: build your portfolio this summer"
    lines += ["", f"One embedding: {_median_ms(lambda: embedder.embed([text]), 30):.2f} ms."]
    return "\n".join(lines) + "\n"


def whole_search(sizes: Sequence[int], vectors: Matrix) -> list[str]:
    """Markdown table of a whole search (names, vectors, words, ranking, records) beside the embedding's own time."""
    pairs = headline_pairs()
    titles = [stored for _, stored, _ in pairs] or [f"campaign about subject {number}" for number in range(1_200)]
    given = _GivenVectors(titles[:200])
    questions = titles[:60]
    lines = [
        "| memories | whole search p50 ms | p95 ms | of it CPU p50 ms | neighbours of a campaign p50 ms | CPU p50 ms |",
        "|---|---|---|---|---|---|",
    ]
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            database = open_database(Path(folder) / "bench.db")
            rows = MemoryRows(database)
            for start in range(0, size, 2_000):
                rows.save("default", _many(range(start, min(start + 2_000, size)), titles, vectors, given.space.id))
            memory = SemanticMemory(rows, given, LocalIndex(rows))
            memory.search("default", questions[0])
            found = [_wall_and_cpu(lambda q=q, m=memory: m.search("default", q)) for q in questions]
            near = [
                _wall_and_cpu(lambda q=q, m=memory: m.similar("default", q, given.of(q), limit=5)) for q in questions
            ]
            wall, cpu = (sorted(times) for times in zip(*found, strict=True))
            cells = [statistics.median(wall), wall[len(wall) * 19 // 20], statistics.median(cpu)]
            cells += [statistics.median(times) for times in zip(*near, strict=True)]
            lines.append(f"| {size:,} | " + " | ".join(f"{cell:.2f}" for cell in cells) + " |")
            database.close()
    return lines


class _GivenVectors:
    """The packaged model's vectors of a few texts, made beforehand: what is left is the search's own time."""

    def __init__(self, texts: Sequence[str]) -> None:
        model = PackagedEmbedder()
        self.space: Space = model.space  # type: ignore[assignment]  # the packaged model has one
        self._vectors = dict(zip((text.strip() for text in texts), model.embed(texts), strict=True))

    def of(self, text: str) -> Vector:
        return self._vectors[text.strip()]

    def embed(self, texts: Sequence[str]) -> Matrix:
        return np.stack([self.of(text) for text in texts])


def _many(numbers: range, titles: Sequence[str], vectors: Matrix, space: str) -> list[MemoryRecord]:
    """Campaign memories of three headlines each, with a real vector and a little noise."""
    generator, chooser = np.random.default_rng(numbers.start), random.Random(numbers.start)
    picked = vectors[generator.integers(len(vectors), size=len(numbers))]
    noisy = unit((picked + 0.03 * generator.standard_normal(picked.shape)).astype(np.float32))
    records = []
    for number, vector in zip(numbers, noisy, strict=True):
        lines = [f"platform: {chooser.choice(('Meta', 'Google', 'TikTok'))}", f"audience: students {number % 50}"]
        text = "\n".join([*lines, *(f"headline: {chooser.choice(titles)}" for _ in range(3))])
        name = f"cmp_{number:06d}"
        records.append(
            MemoryRecord(
                f"campaign:{name}", "campaign", text, "meta", "leads", WHEN, "", {"campaign_id": name}, space, vector
            )
        )
    return records


def report() -> str:
    """Everything of this file as markdown."""
    return f"### Retrieval\n\n{quality()}\n### Search time\n\n{speed()}"


def _records(pairs: Sequence[tuple[str, str, str]], embedder: PackagedEmbedder | HashingEmbedder) -> list[MemoryRecord]:
    vectors = embedder.embed([stored for _, stored, _ in pairs])
    space = embedder.space.id if embedder.space else None
    return [
        MemoryRecord(
            f"campaign:{test}", "campaign", stored, "site", "clicks", WHEN, "", {"campaign_id": test}, space, vector
        )
        for (test, stored, _), vector in zip(pairs, vectors, strict=True)
    ]


def _by_vector(memory: SemanticMemory, workspace: str, question: str) -> list[str]:
    _, vector = memory.embed(question)
    space = memory.embedder.space
    if vector is None or space is None:
        return []
    return [hit.memory_id for hit in memory.index.search(workspace, space, vector, 10, Where())]


def _searched(memory: SemanticMemory, question: str) -> list[str]:
    return [f"{item.kind}:{item.id}" for item in memory.search("default", question, limit=10).items]


def _row(name: str, way: Search, questions: Sequence[tuple[str, str]]) -> str:
    ranks, times = [], []
    for wanted, question in questions:
        began = time.perf_counter()
        found = way(question)
        times.append(1_000 * (time.perf_counter() - began))
        ranks.append(found.index(wanted) + 1 if wanted in found else 0)
    mrr = statistics.fmean(1 / rank if rank else 0.0 for rank in ranks)
    recalls = [statistics.fmean(0 < rank <= k for rank in ranks) for k in (1, 3, 10)]
    return (
        f"| {name} | {mrr:.3f} | "
        + " | ".join(f"{value:.3f}" for value in recalls)
        + f" | {statistics.median(times):.2f} |"
    )


def some_real_vectors() -> Matrix:
    pairs = headline_pairs()[:1_200]
    texts = [stored for _, stored, _ in pairs] or [
        f"campaign {number} about subject {number % 37}" for number in range(1_200)
    ]
    return PackagedEmbedder().embed(texts)


def _wall_and_cpu(call: Callable[[], object], times: int = 5) -> tuple[float, float]:
    """Medians in milliseconds: by the clock, and of this thread's processor time, which a busy machine bends less."""
    taken = []
    for _ in range(times):
        began, cpu = time.perf_counter(), time.thread_time()
        call()
        taken.append((1_000 * (time.perf_counter() - began), 1_000 * (time.thread_time() - cpu)))
    wall, own = zip(*taken, strict=True)
    return statistics.median(wall), statistics.median(own)


def _median_ms(call: Callable[[], object], times: int = 5) -> float:
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        call()
        taken.append(1_000 * (time.perf_counter() - began))
    return statistics.median(taken)


if __name__ == "__main__":
    print(report())
