"""The evidence of one campaign: which signals it had, in what shares, and what was counted.

Evidence is raw counts with membership shares, not yet log-rates: so it never has to be rewritten when the learning
core linearises around a newer fit. The ledger is append-only; a revision retracts (-1) the old evidence and adds (+1)
the new, and everything learnt is a function of the resulting set. Must not know stores or statistics.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property, lru_cache

import orjson

from reflection.domain import signals
from reflection.domain.audience_role import role_of
from reflection.domain.campaign import DUST, Audience, BreakdownRow, Campaign, Creative, Metrics
from reflection.domain.goal import brings_money, kind_of
from reflection.domain.real_campaign import real_campaign

VERSION = 1
DECODED, SMALL = 2_000, 8_192
"""Evidence that is kept as it was read, and how many bytes each may have: after each fit the thousand newest campaigns
are looked at again. What is larger is read again each time."""

ROUNDING = 1e-12
"""Share of a total that adding up its parts, thousands of floats, may lose or gain."""

_OPTIONAL = {"name": "name", "unit": "unit_id", "kind": "conversion_kind", "account": "account_id"}
"""Keys that an encoded evidence has only where the campaign says them: older payloads keep their bytes."""

SECONDS_A_DAY, _HALF_A_DAY = 86_400, 43_200

COVERED = 0.95
"""Below this coverage the rest of a campaign is evidence too, shared equally over everything it listed."""


def day_text(day: int) -> str:
    """A day of evidence, in days since 1970-01-01, as a date: ``2026-03-29``."""
    return (date(1970, 1, 1) + timedelta(days=day)).isoformat()


@dataclass(frozen=True, slots=True)
class Counts:
    """What was counted in one cell; None means it is not known."""

    impressions: float | None
    clicks: float | None
    conversions: float | None
    spend: float | None
    revenue: float | None

    @classmethod
    def of(cls, metrics: Metrics) -> "Counts":
        """The counts of a campaign's or row's metrics."""
        return cls(metrics.impressions, metrics.clicks, metrics.conversions, metrics.spend, metrics.revenue)

    def minus(self, others: list["Counts"]) -> "Counts":
        """What the others leave, rounding dust not counted; a count is unknown where one does not say its own."""
        return Counts(
            _remainder(self.impressions, [other.impressions for other in others]),
            _remainder(self.clicks, [other.clicks for other in others]),
            _remainder(self.conversions, [other.conversions for other in others]),
            _remainder(self.spend, [other.spend for other in others]),
            _remainder(self.revenue, [other.revenue for other in others]),
        )

    @property
    def delivered(self) -> bool:
        """Whether anything is known to have happened."""
        return any((self.impressions, self.clicks, self.conversions, self.spend, self.revenue))


def _remainder(total: float | None, parts: list[float | None]) -> float | None:
    """What is left of a total; 0.0 for what adding floats leaves, which would be a price of nearly nothing."""
    present = [part for part in parts if part is not None]
    if total is None or len(present) < len(parts):
        return None
    left = total - sum(present)
    return left if left >= max(DUST, ROUNDING * total) else 0.0


@dataclass(frozen=True, slots=True)
class Cell:
    """One row of evidence: shares of the signals present (signal key -> 0..1] and what was counted."""

    shares: Mapping[str, float]
    counts: Counts


@dataclass(frozen=True)
class Evidence:
    """Everything one campaign says to the learner.

    Attributes:
        day: days since 1970-01-01 UTC of the campaign's timestamp; what drift is measured on.
        expected: the forecast's counts; what calibration is measured on.
        cells: one for a campaign without breakdown, else one per delivered audience x creative row.
        name, unit_id, conversion_kind, mature_on, account_id: as the campaign gives them; None where it does not.
        ran: first and last day of the campaign's period; None where it does not say.
        doubt: first and last day of those whose conversions look lost or doubled, and what was spent on them.
    """

    campaign_id: str
    day: int
    platform_key: str
    objective_key: str
    planner: str | None
    currency: str | None
    expected: Counts
    actual: Counts
    cells: tuple[Cell, ...]
    name: str | None = None
    unit_id: str | None = None
    conversion_kind: str | None = None
    mature_on: date | None = None
    account_id: str | None = None
    ran: tuple[int, int] | None = None
    doubt: tuple[int, int, float] | None = None

    def __post_init__(self) -> None:
        """A revenue of 0 of a kind of conversion that brings none was not given, whoever wrote the payload."""
        revenues = self.expected.revenue, self.actual.revenue
        if revenues != (None, None) and not brings_money(self.kind, *revenues):
            for name in ("expected", "actual"):
                object.__setattr__(self, name, replace(getattr(self, name), revenue=None))
            cells = tuple(replace(cell, counts=replace(cell.counts, revenue=None)) for cell in self.cells)
            object.__setattr__(self, "cells", cells)

    @property
    def days(self) -> tuple[int, int]:
        """First and last day it ran; that of its timestamp where it does not say."""
        return self.ran or (self.day, self.day)

    @property
    def objective(self) -> str:
        """The objective's name, normalised."""
        return signals.parse(self.objective_key).level

    @cached_property
    def kind(self) -> str:
        """The kind of conversion that the campaign counts (`goal.kind_of`)."""
        return kind_of(self)

    @cached_property
    def role(self) -> str:
        """Whom it meets (`audience_role`)."""
        names = (self.name or "", self.unit, self.campaign_id, self.objective)
        levels = (signals.parse(key) for key in self.signal_keys())
        return role_of(names, [signal.level for signal in levels if signal.group == signals.AUDIENCE])

    @property
    def display_name(self) -> str:
        """What people call it: its name, or its id where it has none."""
        return self.name or self.campaign_id

    @property
    def unit(self) -> str:
        """The real campaign it belongs to: rows of several months have one."""
        return self.unit_id or self.campaign_id

    @cached_property
    def real_campaign(self) -> int:
        """A number for the real campaign it belongs to, by ids first and names second (`real_campaign`)."""
        return real_campaign(self.platform_key, self.account_id, self.name, self.unit_id, self.campaign_id)

    def signal_keys(self) -> tuple[str, ...]:
        """Every signal present, sorted."""
        return tuple(sorted({key for cell in self.cells for key in cell.shares}))


def evidence_of(campaign: Campaign) -> Evidence:
    """The evidence of one campaign."""
    return Evidence(
        campaign_id=campaign.campaign_id,
        day=int(campaign.timestamp.timestamp() // SECONDS_A_DAY),
        platform_key=signals.of_platform(campaign.platform).key,
        objective_key=signals.of_objective(campaign.objective).key,
        planner=None if campaign.planner is None else signals.normalise(campaign.planner),
        currency=campaign.currency,
        expected=Counts.of(campaign.expected_metrics),
        actual=Counts.of(campaign.actual_metrics),
        cells=_cells(campaign),
        name=campaign.name,
        unit_id=campaign.unit_id,
        conversion_kind=campaign.conversion_kind,
        mature_on=campaign.mature_on,
        account_id=campaign.account_id,
        ran=days_of(campaign.period_start, campaign.period_end),
        doubt=_doubt_of(campaign),
    )


def _doubt_of(campaign: Campaign) -> tuple[int, int, float] | None:
    doubt, start = campaign.conversions_in_doubt, date(1970, 1, 1)
    return None if doubt is None else ((doubt.first - start).days, (doubt.last - start).days, doubt.spend)


def days_of(start: datetime | None, end: datetime | None) -> tuple[int, int] | None:
    """First and last day of a period, in days since 1970-01-01; None where an end of it is not given.

    An instant is of the day whose beginning, or end, it is nearest to: midnight in one time zone is evening in another.
    """
    if start is None or end is None:
        return None
    first, last = ((at.timestamp() + half) // SECONDS_A_DAY for at, half in ((start, _HALF_A_DAY), (end, -_HALF_A_DAY)))
    return int(first), int(max(first, last))


def encode(evidence: Evidence) -> bytes:
    """One byte string per evidence: keys sorted, so equal evidence is equal bytes; what is not given has no key."""
    optional = {key: getattr(evidence, name) for key, name in _OPTIONAL.items()}
    optional |= {"mature_on": evidence.mature_on, "ran": evidence.ran, "doubt": evidence.doubt}
    body = {
        **{key: value for key, value in optional.items() if value is not None},
        "v": VERSION,
        "id": evidence.campaign_id,
        "day": evidence.day,
        "platform": evidence.platform_key,
        "objective": evidence.objective_key,
        "planner": evidence.planner,
        "currency": evidence.currency,
        "expected": _row(evidence.expected),
        "actual": _row(evidence.actual),
        "cells": [[dict(cell.shares), _row(cell.counts)] for cell in evidence.cells],
    }
    return orjson.dumps(body, option=orjson.OPT_SORT_KEYS)


def decode(payload: bytes) -> Evidence:
    """Read evidence back: the inverse of `encode`."""
    return _from_cache(payload) if len(payload) <= SMALL else _decoded(payload)


@lru_cache(maxsize=DECODED)
def _from_cache(payload: bytes) -> Evidence:
    return _decoded(payload)


def _decoded(payload: bytes) -> Evidence:
    body = orjson.loads(payload)
    return Evidence(
        campaign_id=body["id"],
        day=body["day"],
        platform_key=body["platform"],
        objective_key=body["objective"],
        planner=body["planner"],
        currency=body["currency"],
        expected=Counts(*body["expected"]),
        actual=Counts(*body["actual"]),
        cells=tuple(Cell(shares, Counts(*counts)) for shares, counts in body["cells"]),
        mature_on=date.fromisoformat(day) if (day := body.get("mature_on")) else None,
        ran=(ran[0], ran[1]) if (ran := body.get("ran")) else None,
        doubt=(doubt[0], doubt[1], float(doubt[2])) if (doubt := body.get("doubt")) else None,
        **{name: body.get(key) for key, name in _OPTIONAL.items()},
    )


def real_campaign_of(payload: bytes) -> int:
    """The number of an encoded evidence's real campaign, without reading its cells into objects."""
    body = orjson.loads(payload)
    return real_campaign(body["platform"], body.get("account"), body.get("name"), body.get("unit"), body["id"])


def _row(counts: Counts) -> list[float | None]:
    return [counts.impressions, counts.clicks, counts.conversions, counts.spend, counts.revenue]


def _cells(campaign: Campaign) -> tuple[Cell, ...]:
    total = Counts.of(campaign.actual_metrics)
    whole = Cell(_keys(signals.of_campaign(campaign)), total)
    delivered = [row for row in campaign.breakdown if _delivered(row.metrics)]
    if not delivered:
        return (whole,)
    cells = [Cell(_keys(_row_signals(campaign, row)), Counts.of(row.metrics)) for row in delivered]
    coverage, rest = campaign.coverage(), total.minus([cell.counts for cell in cells])
    if rest.delivered if coverage is None else coverage < COVERED:
        cells.append(Cell(whole.shares, rest))
    return tuple(sorted(cells, key=lambda cell: (sorted(cell.shares.items()), cell.counts.impressions or 0.0)))


def _delivered(metrics: Metrics) -> bool:
    """Whether a row was shown, or brought something; where nobody counted what was shown, whether it did anything."""
    return bool(metrics.impressions or metrics.conversions) or (
        metrics.impressions is None and Counts.of(metrics).delivered
    )


def _row_signals(campaign: Campaign, row: BreakdownRow) -> dict[signals.Signal, float]:
    audiences: list[Audience] = [a for a in campaign.audiences if row.audience in (None, a.name)]
    creatives: list[Creative] = [c for c in campaign.creatives if row.creative in (None, c.id)]
    return signals.of_cell(campaign.platform, campaign.objective, audiences, creatives)


def _keys(shares: Mapping[signals.Signal, float]) -> dict[str, float]:
    return {signal.key: shares[signal] for signal in sorted(shares)}
