"""A KPI of a whole account: what all campaigns together got, of those that say what it is made of."""

from dataclasses import dataclass

from reflection.domain.weights import Interval


@dataclass(frozen=True, slots=True)
class AccountKpi:
    """The ratio of the sums of campaigns of one currency that count the same as a conversion.

    Attributes:
        kind: what is counted as a conversion.
        first, last: months of the campaigns' timestamps. latest: the KPI of the last one; None where it has none.
        interval: 90 %, from counting noise; None where nothing was counted.
        platform: as campaigns spell it; None of the whole account.
    """

    metric: str
    currency: str | None
    kind: str
    campaigns: int
    first: str
    last: str
    value: float
    interval: Interval | None
    latest: float | None
    platform: str | None = None
