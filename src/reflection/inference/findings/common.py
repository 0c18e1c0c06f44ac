"""What every finding has in common: its stable id, its direction, how much it matters.

Used by the pattern files; must not know fits.
"""

import hashlib
import math

from reflection.domain.metrics import METRICS


def finding_id(*parts: str) -> str:
    """A stable id of a claim: the same claim has the same id in every fit."""
    return "fnd_" + hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:16]


def is_favorable(metric: str, lift: float) -> bool:
    """Whether a lift above (below) 1 is good for this metric."""
    return METRICS[metric].favors(lift > 1)


def impact(lift: float, spend_share: float, lfsr: float) -> float:
    """How much a finding matters, 0 to about 100: size on the log scale times certainty times reach (root of spend)."""
    return round(100 * abs(math.log(lift)) * (1 - lfsr) * math.sqrt(max(min(spend_share, 1.0), 0.0)), 4)
