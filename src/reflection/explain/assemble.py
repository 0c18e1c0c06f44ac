"""Statements into the lists of the contract, and the short story told from them.

The narrative holds nothing but statements, so whatever it says is cited too. Must not know who phrased them.
"""

from collections.abc import Sequence

from reflection.domain.results import InsightKind, Insights, Statement

DETERMINISTIC = "deterministic"
"""Source of a sentence no model had a hand in."""

STORY: tuple[tuple[InsightKind, str, int], ...] = (
    ("key_learning", "delta:", 1),
    ("key_learning", "driver:", 3),
    ("key_learning", "finding:", 1),
    ("key_learning", "flag:", 1),
    ("recommendation", "", 1),
)
"""Kind, first evidence cited and at most how many: verdict, drivers, the first learning, the first gap, the
advice.
"""


def assemble(statements: Sequence[Statement], rejected: Sequence[str] = ()) -> Insights:
    """Group statements, in their order; `source` is that of all statements, or ``mixed``."""

    def texts(kind: InsightKind) -> tuple[str, ...]:
        return tuple(item.text for item in statements if item.kind == kind)

    sources = {item.source for item in statements}
    return Insights(
        narrative_summary=" ".join(item.text for item in _story(statements)),
        key_learnings=texts("key_learning"),
        recommendations=texts("recommendation"),
        anomalies=texts("anomaly"),
        source=DETERMINISTIC if not sources else sources.pop() if len(sources) == 1 else "mixed",
        statements=tuple(statements),
        rejected=tuple(rejected),
    )


def _story(statements: Sequence[Statement]) -> list[Statement]:
    chosen: list[int] = []
    for kind, prefix, most in STORY:
        fitting = [
            place
            for place, item in enumerate(statements)
            if item.kind == kind and item.evidence and item.evidence[0].startswith(prefix)
        ]
        chosen += [place for place in fitting if place not in chosen][:most]
    return [statements[place] for place in chosen]
