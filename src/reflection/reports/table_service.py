"""Which tables there are, with their columns and rows, read through what is stored; the doors make files of them.

Must not know SQL, HTTP or the form of a file.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any, NamedTuple, Protocol

from reflection.domain.effect import known_values
from reflection.domain.knowledge import Effect, Knowledge
from reflection.domain.ports import Store
from reflection.domain.results import Finding
from reflection.engine.campaign_list import CampaignLister, ListRequest
from reflection.engine.months import MOST_MONTHS, months
from reflection.recommendations.service import RecommendationService

PAGE = 500
Row = Mapping[str, Any]


class Pages(Protocol):
    """Learnings or events in pages."""

    def list(self, workspace: str, *, after: str | None = None, limit: int = PAGE) -> tuple[Sequence[Row], str | None]:
        """A page, and the cursor of the next one (None at the end)."""


class Sources(Protocol):
    """Where rows come from; an `Application` is one."""

    @property
    def store(self) -> Store:
        """Campaigns and what was learnt."""

    @property
    def book(self) -> Pages:
        """Learnings."""

    @property
    def events(self) -> Pages:
        """Events."""

    @property
    def recommendations(self) -> RecommendationService:
        """The track record."""


class TableOf(NamedTuple):
    """A table's columns in order, and how its rows are read."""

    columns: tuple[str, ...]
    rows: Callable[[Sources, str], Iterator[Row]]


def _campaigns(sources: Sources, workspace: str) -> Iterator[Row]:
    """The newest first, page by page: none but the current one is held."""
    cursor = None
    while True:
        with sources.store.snapshot(workspace) as snapshot:
            page = CampaignLister(snapshot).page(ListRequest(limit=PAGE, cursor=cursor))
        yield from page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            return


def _knowledge(sources: Sources, workspace: str) -> Knowledge:
    with sources.store.snapshot(workspace) as snapshot:
        return snapshot.knowledge()


def _findings(sources: Sources, workspace: str) -> Iterator[Row]:
    return map(_with_interval, _knowledge(sources, workspace).every_finding)


def _effects(sources: Sources, workspace: str) -> Iterator[Row]:
    effects = (effect for one in _knowledge(sources, workspace).every_goal for effect in one.effects)
    return (_with_interval(Effect(**known_values(effect))) for effect in effects)


def _with_interval(item: Finding | Effect) -> Row:
    """A value as a row; its interval as two columns."""
    low, high = item.interval or (None, None)
    return {**asdict(item), "low": low, "high": high}


def _learnings(sources: Sources, workspace: str) -> Iterator[Row]:
    for row in _all(sources.book, workspace):
        low, high = row["interval"]
        yield {**row, "low": low, "high": high}


def _events(sources: Sources, workspace: str) -> Iterator[Row]:
    return _all(sources.events, workspace)


def _all(pages: Pages, workspace: str) -> Iterator[Row]:
    items, after = pages.list(workspace, limit=PAGE)
    yield from items
    while after is not None:
        items, after = pages.list(workspace, after=after, limit=PAGE)
        yield from items


def _months(sources: Sources, workspace: str) -> Iterator[Row]:
    with sources.store.snapshot(workspace) as snapshot:
        items = months(snapshot, MOST_MONTHS)["items"]
    for item in items:
        low, high = item["interval"] or (None, None)
        yield {**item, "low": low, "high": high}


def _scores(sources: Sources, workspace: str) -> Iterator[Row]:
    """How the forecasts of each issuer met their outcomes, with the coverage of each interval as a column."""
    for score in sources.recommendations.track_record(workspace=workspace)["issuers"]:
        yield {**score, **{f"coverage_{level}": share for level, share in score["coverage"].items()}}


TABLES: Mapping[str, TableOf] = {
    "campaigns": TableOf(
        ("campaign_id", "name", "unit_id", "account_id", "platform", "objective", "conversion_kind", "timestamp",
         "currency", "spend", "conversions", "revenue", "cpa", "roas", "state", "reason", "revision"),
        _campaigns,
    ),
    "findings": TableOf(
        ("finding_id", "category", "title", "description", "signal_key", "metric", "direction", "effect", "low",
         "high", "probability", "lfsr", "effective_campaigns", "evidence_count", "spend", "impact_score", "grade",
         "status", "supporting", "contradicting", "goal"),
        _findings,
    ),
    "effects": TableOf(
        ("signal", "group", "metric", "effect", "low", "high", "raw_lift", "probability", "lfsr", "campaigns", "spend",
         "finding", "reason", "goal"),
        _effects,
    ),
    "learnings": TableOf(
        ("id", "text", "signal_key", "context", "metric", "state", "reason", "direction", "effect", "low", "high",
         "lfsr", "campaigns", "supporting", "contradicting", "since", "until", "recorded_at"),
        _learnings,
    ),
    "months": TableOf(
        ("month", "currency", "kind", "campaigns", "spend", "conversions", "cpa", "low", "high", "without_spend",
         "without_cpa"),
        _months,
    ),
    "scores": TableOf(
        ("issuer", "metric", "platform", "n", "bias", "mae_log", "coverage_50", "coverage_80", "coverage_90", "crps",
         "crps_skill"),
        _scores,
    ),
    "events": TableOf(("event_id", "day", "until", "scope", "kind", "text", "created_at"), _events),
}  # fmt: skip
"""Every table by name."""
