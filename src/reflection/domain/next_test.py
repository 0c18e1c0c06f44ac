"""A test that is worth its money, as a value, and the pace of spending that it is weighed by.

Only shapes; must not know how a test is weighed.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from reflection.domain.weights import Interval


@dataclass(frozen=True, slots=True)
class Pace:
    """How much is spent, in the account's currency: in 90 days at the latest pace, and by a usual campaign."""

    recent: float
    campaign: float


NO_MONEY = Pace(0.0, 0.0)


@dataclass(frozen=True, slots=True)
class NextTest:
    """A test that is worth its money: something to book beside today's best choice of its kind.

    Attributes:
        share: of the budget that goes to what is tested; `against` is the key of today's best choice.
        interval_now, interval_after: 90 % interval of the ratio of the two on `metric`, now and as expected after it.
        value: expected gain on what 90 days spend there, from choosing after it; `cost` the loss while it runs; money.
        deciding: observed ratio from which what is tested is the better choice.
        unknown: why nothing else can be said of what is tested; None where something is estimated of it.
    """

    signal_key: str
    metric: str
    question: str
    description: str
    spend: float | None
    currency: str | None
    interval_now: Interval
    interval_after: Interval
    against: str | None = None
    label: str | None = None
    against_label: str | None = None
    days: int | None = None
    share: float | None = None
    value: float | None = None
    cost: float | None = None
    deciding: float | None = None
    unknown: str | None = None

    @property
    def worth(self) -> float:
        """What it is worth after its cost."""
        return (self.value or 0.0) - (self.cost or 0.0)


def best_test(tests: Iterable["NextTest | None"]) -> NextTest | None:
    """The test that is worth most after its cost; None where there is none."""
    return max(filter(None, tests), key=lambda test: (test.worth, test.signal_key), default=None)
