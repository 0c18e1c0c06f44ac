"""What every finding has in common: its stable id, its direction, the money it is about, how much it matters.

Used by the pattern files; must not know fits.
"""

import hashlib
import math

import numpy as np
from numpy.typing import NDArray

from reflection.domain.metrics import METRICS
from reflection.inference.evidence.campaign_columns import NOT_STATED
from reflection.inference.evidence.dataset import Dataset


def finding_id(*parts: str) -> str:
    """A stable id of a claim: the same claim has the same id in every fit."""
    return "fnd_" + hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:16]


def is_favorable(metric: str, lift: float) -> bool:
    """Whether a lift above (below) 1 is good for this metric."""
    return METRICS[metric].favors(lift > 1)


def spend_of(table: Dataset, here: NDArray[np.bool_]) -> tuple[float | None, float]:
    """Money spent by some campaigns, (campaigns,) a mask, and its share of all; None where none of them states it.

    Of those in the table's currency only: amounts of two currencies never add up.
    """
    campaigns = table.campaigns
    known = (campaigns.currency == (table.currency or NOT_STATED)) & ~np.isnan(campaigns.spend)
    total, spend = float(campaigns.spend[known].sum()), float(campaigns.spend[known & here].sum())
    return spend if (known & here).any() else None, spend / total if total else 0.0


def impact(lift: float, spend_share: float, lfsr: float) -> float:
    """How much a finding matters, 0 to about 100: size on the log scale times certainty times reach (root of spend)."""
    return round(100 * abs(math.log(lift)) * (1 - lfsr) * math.sqrt(max(min(spend_share, 1.0), 0.0)), 4)
