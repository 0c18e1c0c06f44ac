"""Planners whose plans are usually off to one side: what a conversion costs, or what money brings, against their plans.

Each real campaign is one witness: what it brought for its own money over what its plan said that money brings,
ratios of its sums. Held against how much plans miss anyway, at every look together (`stats.honesty.mean_of_logs`),
with one metric a planner that is chosen by what most plans speak of and never by how they ended. Told where the sums
of all of these campaigns say the same. Where the whole account, or a platform of it, as likely as not changed on some
day, the campaigns before it tell, and those since have to show half of it: what began with that change is no habit of
a planner.
Must not know how effects are fitted, nor how a plan is corrected.
"""

import math
from collections.abc import Callable, Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reflection.domain.bookable import EvidenceFloor
from reflection.domain.finding_kinds import PLANNER_BIAS
from reflection.domain.metrics import COUNTS, METRICS
from reflection.domain.results import Finding
from reflection.explain.formatting import plain_name, rounded_lift, rounded_lifts
from reflection.inference.evidence.campaign_columns import NOT_STATED, Floats, Ints
from reflection.inference.evidence.dataset import Dataset
from reflection.inference.findings.common import finding_id, impact, is_favorable, spend_of
from reflection.inference.findings.event_floor import FLOOR
from reflection.inference.support import MOST_IDS
from reflection.stats.honesty.any_time import OF_PLANNERS, log_factor_needed
from reflection.stats.honesty.mean_of_logs import MeanOfLogs, mean_of_logs

WINDOW = 2_000
"""Newest campaigns that are asked: older habits have had their time."""

FEWEST = 5
"""Real campaigns of a planner; fewer say nothing about habits."""

MOSTLY = 0.5
"""Share of how far plans were off before something changed that plans since then must show."""

FEWEST_EVENTS = 5.0
"""Conversions (or clicks) that a campaign's plan promised for its money: with fewer a miss is chance."""

Since = Callable[[Collection[str]], NDArray[np.bool_]]


@dataclass(frozen=True)
class _Promise:
    """What is promised for something: places of both in `Campaigns.expected` (numerator, base), and the events whose
    counting is noise."""

    metric: str
    brought: int
    base: int
    events: int


IMPRESSIONS, CLICKS, CONVERSIONS, SPEND, REVENUE = range(len(COUNTS))
PROMISES = (
    _Promise("roas", REVENUE, SPEND, CONVERSIONS),
    _Promise("cpa", CONVERSIONS, SPEND, CONVERSIONS),
    _Promise("cvr", CONVERSIONS, CLICKS, CONVERSIONS),
    _Promise("ctr", CLICKS, IMPRESSIONS, CLICKS),
)
"""What plans speak of, the nearest to money first."""


@dataclass(frozen=True, eq=False)
class _Outcomes:
    """What real campaigns of a planner brought and were to bring for what they had, (units,); `rows` of the table, and
    the `unit` of each."""

    promise: _Promise
    rows: Ints
    unit: Ints
    brought: Floats
    promised: Floats
    half: Floats

    @property
    def logs(self) -> Floats:
        """Log of what came over what was promised, half an order added."""
        return np.log((self.brought + self.half) / (self.promised + self.half))


def planner_findings(table: Dataset, floor: EvidenceFloor = FLOOR, since: Since | None = None) -> list[Finding]:
    """Every planner who is usually off, with campaigns and events enough.

    Args:
        since: campaigns since the account, or their platform, changed in one of some metrics, (campaigns,) a mask.
    """
    campaigns = table.campaigns
    newest = np.lexsort((campaigns.ids, -campaigns.day))[:WINDOW]
    planners = np.unique(campaigns.planner[newest]).tolist()
    outcomes = ((planner, _outcomes(table, newest[campaigns.planner[newest] == planner])) for planner in planners)
    judgeable = [(planner, own) for planner, own in outcomes if own is not None]
    findings = []
    for planner, every in judgeable:
        own, later = _around(table, every, since)
        finding = _finding(table, planner, own, tests=len(judgeable), floor=floor)
        if finding is not None and (later is None or later.logs.mean() / own.logs.mean() >= MOSTLY):
            findings.append(finding)
    return findings


def _around(table: Dataset, own: _Outcomes, since: Since | None) -> tuple[_Outcomes, _Outcomes | None]:
    """A planner's campaigns before something changed, and since: all of them where too few were before, for whoever
    began to plan later could know; none where too few came since to say that a habit ended.
    """
    if since is None:
        return own, None
    after = since(METRICS[own.promise.metric].composition)[own.rows]
    earlier, later = (_comparison(table, own.rows[side], own.promise) for side in (~after, after))
    if earlier is None or len(earlier.promised) < FEWEST:
        return own, None
    return earlier, later if later is not None and len(later.promised) >= FEWEST else None


def _outcomes(table: Dataset, rows: Ints) -> _Outcomes | None:
    """How a planner's campaigns ended, by the first promise that at least half of them can be held against."""
    planned = int((~np.isnan(table.campaigns.expected[rows])).any(axis=1).sum())
    for promise in PROMISES:
        own = _comparison(table, rows, promise)
        if own is not None and 2 * len(own.rows) >= planned:
            return own
    return None


def _comparison(table: Dataset, rows: Ints, promise: _Promise) -> _Outcomes | None:
    """What real campaigns among some rows brought for their own money (or clicks) and should have, by their plans."""
    campaigns = table.campaigns
    counts = [table.by_campaign(table.impressions), table.by_campaign(table.clicks)]
    actual = np.column_stack([*counts, campaigns.conversions, campaigns.spend, campaigns.revenue])[rows]
    expected = campaigns.expected[rows]
    brought, base = actual[:, promise.brought], actual[:, promise.base]
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = base / expected[:, promise.base]
        promised, events = scale * expected[:, promise.brought], scale * expected[:, promise.events]
    good = (promised > 0) & np.isfinite(promised) & (events > 0) & np.isfinite(events) & ~np.isnan(brought)
    if not np.nansum(actual[good, promise.events]):
        return None  # where nothing ever came, nobody may have counted it
    _, unit = np.unique(campaigns.real[rows[good]], return_inverse=True)
    sums = [np.bincount(unit, values[good]) for values in (brought, promised, events)]
    enough = sums[2] >= FEWEST_EVENTS
    place, rows_with = np.cumsum(enough) - 1, enough[unit]
    came, due, counted = (np.asarray(values[enough], dtype=np.float64) for values in sums)
    return _Outcomes(promise, rows[good][rows_with], place[unit][rows_with], came, due, 0.5 * due / counted)


def _finding(table: Dataset, planner: str, own: _Outcomes, *, tests: int, floor: EvidenceFloor) -> Finding | None:
    units = len(own.promised)
    if units < max(FEWEST, floor.campaigns):
        return None
    mean = mean_of_logs(own.logs)
    short = float(own.brought.sum() - own.promised.sum())
    events = float((own.promised / (2.0 * own.half)).sum())
    clear = mean.log_factor >= log_factor_needed(OF_PLANNERS, tests) and events >= floor.events
    return _statement(table, planner, own, mean) if clear and short * mean.mean > 0 else None


def _statement(table: Dataset, planner: str, own: _Outcomes, mean: MeanOfLogs) -> Finding:
    campaigns, metric = table.campaigns, own.promise.metric
    sign = -1.0 if METRICS[metric].lower_is_better else 1.0
    lift = math.exp(sign * mean.mean)
    first, last = math.exp(sign * mean.low), math.exp(sign * mean.high)
    interval = (min(first, last), max(first, last))
    alike = int((np.sign(own.logs) == np.sign(mean.mean)).sum())
    spent = _in_currency(table, own.rows)
    whose = f"Plans of {plain_name(planner)}" if planner else "Plans"
    label, units = METRICS[metric].label, len(own.promised)
    side = "above" if lift > 1 else "below"
    order = np.lexsort((campaigns.ids[own.rows], -campaigns.day[own.rows]))
    agreeing = (np.sign(own.logs) == np.sign(mean.mean))[own.unit]
    return Finding(
        finding_id=finding_id(PLANNER_BIAS, planner, metric),
        category="cross_platform_pattern",
        title=f"{whose}: {label} {rounded_lift(lift)} against plan in {alike} of {units} campaigns",
        description=(
            f"{label} usually ends {abs(100 * (lift - 1)):.0f} % {side} plan (90 % interval "
            f"{rounded_lifts(interval)}), in {alike} of {units} campaigns: what is foretold of plans has it in it."
        ),
        signal_key=f"{PLANNER_BIAS}:{planner}",
        impact_score=impact(lift, spent[1], mean.wrong),
        evidence_count=units,
        metadata={
            "kind": PLANNER_BIAS,
            "label": whose,
            "planner": planner or None,
            "alike": alike,
            **_gap(table, own),
        },
        metric=metric,
        direction="favorable" if is_favorable(metric, lift) else "unfavorable",
        effect=lift,
        interval=interval,
        probability=1.0 - mean.wrong,
        lfsr=mean.wrong,
        raw_lift=None,
        effective_campaigns=float(units),
        spend=spent[0],
        supporting=tuple(campaigns.ids[own.rows[order]][agreeing[order]][:MOST_IDS].tolist()),
        contradicting=tuple(campaigns.ids[own.rows[order]][~agreeing[order]][:MOST_IDS].tolist()),
    )


def _in_currency(table: Dataset, rows: Ints) -> tuple[float | None, float]:
    """What these campaigns spent in the table's currency, and its share of what all did."""
    here = np.zeros(len(table), dtype=np.bool_)
    here[rows] = True
    return spend_of(table, here)


def _gap(table: Dataset, own: _Outcomes) -> dict[str, float | str | None]:
    """{gap_of, gap, worth}: what came beyond (or short of) the plans for the money spent, in the table's currency, and
    how much money that is."""
    campaigns, promise = table.campaigns, own.promise
    known = campaigns.currency[own.rows] == (table.currency or NOT_STATED)
    mine = np.bincount(own.unit, known, minlength=len(own.promised)) == np.bincount(own.unit)
    gap = float((own.brought - own.promised)[mine].sum())
    if promise.base != SPEND:
        return {"gap_of": COUNTS[promise.brought], "gap": gap, "worth": None}
    spend = float(np.nansum(campaigns.spend[own.rows][mine[own.unit]]))
    promised = float(own.promised[mine].sum())
    worth = abs(gap) if promise.brought == REVENUE else abs(gap) * spend / promised if promised else None
    return {"gap_of": COUNTS[promise.brought], "gap": gap, "worth": worth}
