"""A finding on time: what trends, creatives that wear out, events and seasons have in common.

Must not know how any of them is fitted, nor in which words it is told.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from reflection.domain.results import Finding
from reflection.domain.weights import Interval
from reflection.inference.evidence.dataset import Dataset
from reflection.inference.findings.common import impact, is_favorable, spend_of
from reflection.inference.support import MOST_IDS


def over_time(
    table: Dataset,
    metric: str,
    lift: float,
    interval: Interval,
    lfsr: float,
    then: NDArray[np.bool_],
    money: tuple[float | None, float] | None = None,
    **said: Any,
) -> Finding:
    """A finding on the campaigns of a time.

    Args:
        then: those campaigns, a mask of shape (campaigns,).
        money: what was spent on it and its share of all, where that is not what these campaigns spent.
        said: its id, words, key and metadata, and whatever is not as of all of these campaigns.
    """
    spend, share = spend_of(table, then) if money is None else money
    campaigns = table.campaigns.number_of_real(then)
    usual: dict[str, Any] = {
        "evidence_count": campaigns,
        "probability": 1.0 - lfsr,
        "supporting": tuple(table.campaigns.ids[then][:MOST_IDS].tolist()),
        "contradicting": (),
    }
    return Finding(
        category="platform_trend",
        impact_score=impact(lift, share, lfsr),
        metric=metric,
        direction="favorable" if is_favorable(metric, lift) else "unfavorable",
        effect=lift,
        interval=interval,
        lfsr=lfsr,
        raw_lift=None,
        effective_campaigns=float(campaigns),
        spend=spend,
        **(usual | said),
    )
