"""The page on one learning: what is believed, how surely, for which campaigns and against which, and since when.

From what the book of learnings says. What people remarked on it among themselves is no part of it. Must not know
formats, stores or HTTP.
"""

from collections.abc import Mapping
from typing import Any

from reflection.domain.knowledge import Knowledge
from reflection.domain.metrics import as_read
from reflection.explain import formatting
from reflection.explain.learning_sentences import LearningSentences
from reflection.explain.phrases.sentences_en import ENGLISH
from reflection.reports.plot_data import RatioRow, Ratios
from reflection.reports.retrospective import method_notes
from reflection.reports.view import Plot, ReportView, Section, Table

MOST_CAMPAIGNS = 50
STATES = {
    "emerging": "to be confirmed by more campaigns",
    "established": "established",
    "contested": "opposite in two contexts",
    "superseded": "it held, and holds no longer",
    "retired": "no longer believed",
}


def learning_page(fact: Mapping[str, Any], knowledge: Knowledge, pending: int) -> ReportView:
    """The view of one learning.

    Args:
        fact: the learning with its history and evidence, as `LearningBook.get` answers.
        knowledge: the last fit, which says how campaigns spell signals.
        pending: campaigns whose changes are not learnt yet.
    """
    sentences = LearningSentences(knowledge.spellings, knowledge.currency)
    return ReportView(
        kind="Learning",
        title=formatting.capital(formatting.plain_name(fact["text"], 160)),
        subtitle=f"{formatting.capital(STATES[fact['state']])} · seen on {ENGLISH.kpi(_reading(fact)[0])}",
        verdict=sentences.learning(fact),
        tiles=(),
        sections=(_history(fact), _evidence(fact)),
        notes=tuple(method_notes()),
        generated_at=fact["recorded_at"],
        as_of=knowledge.as_of,
        pending=pending,
        facts=(("Learnt as of", formatting.as_of(knowledge.as_of and knowledge.as_of[:10], pending)),),
    )


def _history(fact: Mapping[str, Any]) -> Section:
    rows, cells = [], []
    for revision in fact["history"]:
        metric, effect, interval = _reading(revision)
        day, state = revision["recorded_at"][:10], STATES[revision["state"]]
        band = f"{formatting.signed_lift(interval[0])} to {formatting.signed_lift(interval[1])}"
        note, sure = ENGLISH.kpi(metric), revision["state"] in ("established", "contested")
        lift = formatting.signed_lift(effect)
        favorable = revision["direction"] == "favorable"
        rows.append(RatioRow(revision["id"], day, note, effect, *interval, lift, band, sure, favorable))
        cells.append((day, lift, band, formatting.count(round(revision["campaigns"], 1)), state))
    head = ("Recorded", "Effect", "90 % interval", "Campaigns", "State")
    table = Table("What was believed, and when", head, tuple(cells), (1, 2, 3))
    title = "The effect as it was believed over time"
    description = "; ".join(f"{row.label}: {row.words}" for row in rows)
    legend = "Dot and bar: the effect with its 90 % interval. Hollow and dashed: not established then."
    plot = Plot("history", title, description, Ratios("average", tuple(rows)), table, legend)
    return Section("history", "Since when", lead=f"{formatting.capital(fact['reason'])}.", plots=(plot,))


def _evidence(fact: Mapping[str, Any]) -> Section:
    cells = tuple(
        (formatting.plain_name(item["campaign_id"]), "the same way" if item["supports"] else "the other way")
        for item in fact["evidence"][:MOST_CAMPAIGNS]
    )
    sides = (fact["supporting"], fact["contradicting"])
    pro, contra = (ENGLISH.counted("campaign", side, formatting.count(side)) for side in sides)
    lead = f"Beyond its own noise: {pro} for it, {contra} against it."
    title = "The campaigns that weigh most, and which way each points; many within their own noise"
    tables = (Table(title, ("Campaign", "Points"), cells),) if cells else ()
    return Section("evidence", "What it rests on", lead=lead, tables=tables)


def _reading(fact: Mapping[str, Any]) -> tuple[str, float, tuple[float, float]]:
    """Metric, effect and interval as people read them."""
    metric, effect, interval = as_read(fact["metric"], fact["effect"], fact["interval"])
    return metric, effect or 1.0, interval or (1.0, 1.0)
