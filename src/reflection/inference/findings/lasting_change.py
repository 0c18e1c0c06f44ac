"""One change of the whole account that stayed, and what is said of it.

Where it cannot be told from what was new since then, both are named, and none without the other. Must not know how a
change is noticed.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from reflection.domain import signals
from reflection.domain.evidence import day_text
from reflection.domain.finding_kinds import LASTING_CHANGE
from reflection.domain.metrics import METRICS
from reflection.domain.results import Finding
from reflection.explain.formatting import rounded_lift, rounded_lifts
from reflection.inference.evidence.dataset import Dataset
from reflection.inference.findings.common import finding_id
from reflection.inference.findings.over_time import over_time
from reflection.inference.support import MOST_IDS
from reflection.stats.over_time.level_change import LevelChange

Mask = NDArray[np.bool_]
STRETCH_DAYS = 28
"""Shortest stretch of time that is compared."""

NAMED, NAME_LENGTH = 3, 60
"""Signals that are named of those that were new."""

SEASON_NOTE = " With less than two years of history nobody can tell it from the time of the year."


@dataclass(frozen=True, eq=False)
class LastingChange:
    """A change of the account in one metric.

    Attributes:
        first: its day, the first of its stretch; earliest, latest: 90 % limits of that.
        before, since: campaigns before it and since then, (campaigns,) masks. season: whether it may as well be the
            time of the year.
        new: groups of signals from which it cannot be told -> keys of those that ran (mostly) since then.
    """

    metric: str
    change: LevelChange
    first: int
    earliest: int
    latest: int
    before: Mask
    since: Mask
    season: bool
    new: Mapping[str, Sequence[str]] = field(default_factory=dict)


def statement(table: Dataset, one: LastingChange, spellings: Mapping[str, str]) -> Finding:
    """The finding on a change; `spellings` as of knowledge."""
    campaigns, metric, change = table.campaigns, one.metric, one.change
    lift, since, label = math.exp(change.mean), day_text(one.first), METRICS[one.metric].label
    interval = (math.exp(change.interval[0]), math.exp(change.interval[1]))
    between = (
        ""
        if one.earliest == one.latest
        else (f"; it began between {day_text(one.earliest)} and {day_text(one.latest + STRETCH_DAYS - 1)}")
    )
    new = names(one.new, spellings)
    why = (
        f". Either something changed for all campaigns, or it is what was new then: {new}. Hardly any of it ran "
        "before, so the two cannot be told apart."
        if new
        else ", beyond what audiences and creatives explain: it is no campaign's own doing."
    )
    newest = np.lexsort((campaigns.ids, -campaigns.day))
    return over_time(
        table,
        metric,
        lift,
        interval,
        change.wrong,
        one.since,
        finding_id=finding_id(LASTING_CHANGE, metric, since),
        title=f"Whole account{', or what was new' if new else ''}: {label} {rounded_lift(lift)} since {since}",
        description=(
            f"{label} has been {abs(100 * (lift - 1)):.0f} % {'above' if lift > 1 else 'below'} what it was since "
            f"{since}, across the account (90 % interval {rounded_lifts(interval)}{between}){why}"
            + SEASON_NOTE
            * one.season
        ),
        signal_key=f"{LASTING_CHANGE}:{since}",
        metadata={
            "kind": LASTING_CHANGE,
            "label": "The whole account",
            "change_points": [since],
            "began_between": [day_text(one.earliest), day_text(one.latest + STRETCH_DAYS - 1)],
            "season_untold": one.season,
            "new": new,
        },
        supporting=tuple(campaigns.ids[newest][one.since[newest]][:MOST_IDS].tolist()),
        first_seen=since,
    )


def names(new: Mapping[str, Sequence[str]], spellings: Mapping[str, str]) -> str:
    """What was new in words, so many of it by name; nothing where nothing was."""
    every = [_short(signals.label_of(key, spellings)) for keys in new.values() for key in keys]
    more = [f"{len(every) - NAMED} more"] if len(every) > NAMED else []
    first = every[: NAMED if more else NAMED + 1]
    return " and ".join(filter(None, [", ".join(first if more else first[:-1]), *(more or first[-1:])]))


def _short(name: str) -> str:
    return name if len(name) <= NAME_LENGTH else name[: NAME_LENGTH - 1].rstrip() + "…"
