"""What is known of each real campaign itself, on one metric: what its next month will probably be like.

A value. Must not know how it was estimated.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class OwnLevel:
    """One real campaign's own level, log scale against the reference.

    Attributes:
        mean, sd: of the level of its totals, with what it booked so far.
        shares: signal key -> share it booked so far, on average over its rows.
        rows: rows of evidence it rests on.
    """

    mean: float
    sd: float
    shares: dict[str, float]
    rows: int


@dataclass(frozen=True, slots=True, eq=False)
class OwnLevels:
    """The own levels of U real campaigns.

    Attributes:
        campaigns: `real_campaign` of each, ascending, int64 (U,).
        mean, sd: log scale against the reference, float64 (U,).
        indptr, columns, shares: what they booked, as CSR over the posterior's features, (U, features).
        rows: rows of evidence of each, int64 (U,).
        passing: standard deviation from one row of a campaign to its next, beyond counting noise, float64 (1,).
    """

    campaigns: NDArray[np.int64]
    mean: NDArray[np.float64]
    sd: NDArray[np.float64]
    indptr: NDArray[np.int32]
    columns: NDArray[np.int32]
    shares: NDArray[np.float32]
    rows: NDArray[np.int64]
    passing: NDArray[np.float64]

    def of(self, campaign: int, features: tuple[str, ...]) -> OwnLevel | None:
        """The own level of one; None where it was never seen."""
        place = int(np.searchsorted(self.campaigns, campaign))
        if place == len(self.campaigns) or self.campaigns[place] != campaign:
            return None
        part = slice(int(self.indptr[place]), int(self.indptr[place + 1]))
        keys = [features[column] for column in self.columns[part].tolist()]
        shares = dict(zip(keys, self.shares[part].tolist(), strict=True))
        return OwnLevel(float(self.mean[place]), float(self.sd[place]), shares, int(self.rows[place]))
