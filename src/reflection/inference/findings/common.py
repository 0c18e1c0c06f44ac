"""What every finding has in common: its stable id, its direction, how much it matters, how an interval reads.

Used by the pattern files; must not know fits.
"""

import hashlib
import math

from reflection.domain.results import Interval

HIGHER_IS_BETTER = {
    "ctr": True,
    "cvr": True,
    "aov": True,
    "roas": True,
    "conversions_per_spend": True,
    "cpm": False,
    "cpa": False,
}
METRIC_NAMES = {
    "ctr": "CTR",
    "cvr": "CVR",
    "aov": "order value",
    "roas": "ROAS",
    "conversions_per_spend": "conversions per currency unit",
    "cpm": "CPM",
    "cpa": "CPA",
}


def finding_id(*parts: str) -> str:
    """A stable id of a claim: the same claim has the same id in every fit."""
    return "fnd_" + hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:16]


def is_favorable(metric: str, lift: float) -> bool:
    """Whether a lift above (below) 1 is good for this metric."""
    return (lift > 1) == HIGHER_IS_BETTER[metric]


def impact(lift: float, spend_share: float, lfsr: float) -> float:
    """How much a finding matters, 0 to about 100: size on the log scale times certainty times reach (root of spend)."""
    return round(100 * abs(math.log(lift)) * (1 - lfsr) * math.sqrt(max(min(spend_share, 1.0), 0.0)), 4)


def percent_band(interval: Interval) -> str:
    """``+12 % to +31 %``: a lift's interval as people read it."""
    return f"{100 * (interval[0] - 1):+.0f} % to {100 * (interval[1] - 1):+.0f} %"


def percent(lift: float) -> str:
    """``+21 %``."""
    return f"{100 * (lift - 1):+.0f} %"
