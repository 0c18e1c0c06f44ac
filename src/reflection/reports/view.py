"""A report before it has a format: title, summary, figures, sections with plots, tables and cards.

Plain values only. HTML, Markdown, PDF and JSON are made from the same view, so they say the same. Must not know where
the contents come from.
"""

from dataclasses import dataclass, field

from reflection.reports.plot_data import PlotData


@dataclass(frozen=True, slots=True)
class Table:
    """A table as text; the first column names the row, columns in `figures` are set as numbers."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    figures: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Plot:
    """What a drawing shows, with its text alternative and its numbers as a table."""

    name: str
    title: str
    description: str
    data: PlotData
    table: Table
    legend: str = ""


@dataclass(frozen=True, slots=True)
class Tile:
    """One headline figure, with what it is compared with and how it reads."""

    label: str
    value: str
    detail: str
    verdict: str
    tone: str
    """``good``, ``bad`` or ``noise``."""


@dataclass(frozen=True, slots=True)
class CardView:
    """One recommendation, with its odds and what it rests on."""

    lane: str
    title: str
    facts: tuple[tuple[str, str], ...]
    reason: str
    evidence: str


@dataclass(frozen=True, slots=True)
class Section:
    """One part of a report: a lead, points, plots, tables and cards, in this order."""

    name: str
    title: str
    lead: str = ""
    points: tuple[str, ...] = ()
    plots: tuple[Plot, ...] = ()
    tables: tuple[Table, ...] = ()
    cards: tuple[CardView, ...] = ()


@dataclass(frozen=True, slots=True)
class ReportView:
    """Everything a report says, in reading order; `as_of` and `pending` as of every answer (`Freshness`)."""

    kind: str
    title: str
    subtitle: str
    verdict: str
    tiles: tuple[Tile, ...]
    sections: tuple[Section, ...]
    notes: tuple[str, ...]
    generated_at: str
    as_of: str | None
    pending: int
    facts: tuple[tuple[str, str], ...] = field(default=())
    summary: tuple[tuple[str, str], ...] = field(default=())
    """What is read first, as (question, answer); stands in place of the verdict where there is any."""
