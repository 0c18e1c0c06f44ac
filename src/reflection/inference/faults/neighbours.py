"""What a campaign is compared with: campaigns of its platform, currency, goal and role, and what they pay.

Robust and order-free: medians of the set. Must not know what is suspected of a campaign that is far from them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from reflection.inference.evidence.campaign_columns import Campaigns, Floats, Ints
from reflection.inference.evidence.dataset import DatasetBuilder
from reflection.inference.goals import kinds_by, kinds_of

FEWEST_NEIGHBOURS = 4
FEWEST_LIKE_IT = 2
"""So many other campaigns that share something with one, and are like it, show that it is none: a fault is alone."""

ANOTHER_LEVEL = np.log(2.0)
"""From this mean difference on, the campaigns of a signal may be a kind of their own."""

FACTOR = np.log(6.0)
DEVIATIONS = 5.0
LEAST_SCATTER = 0.25
MAD_TO_SD = 1.4826
EVERYWHERE = "*"
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Log conversions per currency unit of comparable campaigns: median and robust deviation.

    `count` and the range of CPA are of those that look right: what nobody paid is not said to be paid.
    """

    median: float
    scatter: float
    count: int
    low_cpa: float
    high_cpa: float

    def suspicious(self, spend: Floats, conversions: Floats) -> NDArray[np.bool_]:
        """Which campaigns lie beyond a factor of six and five standard deviations (scatter and counting noise)."""
        distance = np.abs(np.log((conversions + 0.5) / spend) - self.median)
        noise = 1 / (spend * np.exp(self.median) + 0.5)
        return np.asarray((distance > FACTOR) & (distance > DEVIATIONS * np.sqrt(self.scatter**2 + noise)))


@dataclass(frozen=True, eq=False)
class Surroundings:
    """What campaigns are compared with, read off the sample.

    Attributes:
        neighbours: by place (`place_of`): per platform, everywhere, and per signal that goes with another level; each
            within currency, goal and role, where there are enough.
        alike: signals that go with another level -> by where (currency, goal, role), ids and log conversions per
            currency unit of their campaigns.
        of_objective: the goal of each kind that an objective names.
    """

    neighbours: Mapping[str, Neighbours]
    alike: Mapping[str, Mapping[tuple[str, ...], tuple[NDArray[np.str_], Floats]]]
    of_objective: Mapping[str, str]

    @classmethod
    def of(cls, builder: DatasetBuilder) -> "Surroundings":
        """Of the campaigns of a sample."""
        campaigns, of_objective = builder.campaigns, kinds_of(builder.campaigns)
        goal, rates, shared = kinds_by(campaigns, of_objective), _rates(campaigns), _shared(builder)
        neighbours: dict[str, Neighbours] = {}
        alike: dict[str, dict[tuple[str, ...], tuple[NDArray[np.str_], Floats]]] = {key: {} for key in shared}
        places = zip(campaigns.currency.tolist(), goal.tolist(), campaigns.role.tolist(), strict=True)
        for where in sorted(set(places)):
            within = members_in(campaigns, goal, where)
            if within.sum() < FEWEST_LIKE_IT:
                continue
            for platform_key in [EVERYWHERE, *sorted(set(campaigns.platform_key[within].tolist()))]:
                here = within if platform_key == EVERYWHERE else within & (campaigns.platform_key == platform_key)
                if here.sum() > FEWEST_NEIGHBOURS:
                    neighbours[place_of(platform_key, where)] = _neighbours(rates[here])
            for key, members in shared.items():
                inside = members[within[members]]
                alike[key][where] = campaigns.ids[inside], rates[inside]
                if len(inside) >= FEWEST_LIKE_IT:
                    neighbours[place_of(key, where)] = _neighbours(rates[inside])
        return cls(neighbours, alike, of_objective)

    def median(self, platform_key: str, where: tuple[str, ...]) -> float:
        """The usual log conversions per currency unit around a campaign; NaN where there are too few."""
        neighbours = around_of(self.neighbours, platform_key, where)
        return np.nan if neighbours is None else neighbours.median

    def like(self, key: str, where: tuple[str, ...], name: str) -> Neighbours | None:
        """The campaigns that share a signal with one, without itself; None where there are too few."""
        ids, rates = self.alike[key].get(where, (np.array([], dtype=np.str_), np.zeros(0)))
        others = rates[ids != name]
        return _neighbours(others) if len(others) >= FEWEST_LIKE_IT else None


def siblings_of(campaigns: Campaigns, index: int) -> list[Neighbours]:
    """The other rows of the real campaign behind one, where they are enough: what it always is, it is."""
    own = campaigns.real == campaigns.real[index]
    own[index] = False
    rates = _rates(campaigns.subset(own))
    rates = rates[~np.isnan(rates)]
    return [_neighbours(rates)] if len(rates) >= FEWEST_LIKE_IT else []


def around_of(neighbours: Mapping[str, T], platform_key: str, where: Sequence[str]) -> T | None:
    """Who a campaign is compared with: its own platform where there are enough, else all."""
    return neighbours.get(place_of(platform_key, where)) or neighbours.get(place_of(EVERYWHERE, where))


def members_in(campaigns: Campaigns, goal: NDArray[np.str_], where: Sequence[str]) -> NDArray[np.bool_]:
    """Campaigns with a cost per conversion, of one currency, goal and role."""
    currency, kind, role = where
    same = (campaigns.currency == currency) & (goal == kind) & (campaigns.role == role)
    return np.asarray(same & _has_cost(campaigns))


def _shared(builder: DatasetBuilder) -> dict[str, Ints]:
    """Campaigns of each signal whose campaigns are, on the whole, at another level than all."""
    return builder.shared(_rates(builder.campaigns), ANOTHER_LEVEL, FEWEST_LIKE_IT)


def _rates(campaigns: Campaigns) -> Floats:
    """Log conversions per currency unit of each campaign, NaN where it has none to be compared."""
    rates = np.full(len(campaigns), np.nan)
    measured = _has_cost(campaigns)
    rates[measured] = np.log((campaigns.conversions[measured] + 0.5) / campaigns.spend[measured])
    return rates


def _has_cost(campaigns: Campaigns) -> NDArray[np.bool_]:
    """Campaigns that have a cost per conversion to be compared: money spent, and conversions that somebody counted."""
    return np.asarray((campaigns.spend > 0) & ~np.isnan(campaigns.conversions))


def as_diagnostics(neighbours: Mapping[str, Neighbours]) -> dict[str, dict[str, Any]]:
    """The JSON form that `Knowledge.diagnostics["neighbours"]` keeps."""
    return {place: asdict(value) for place, value in neighbours.items()}


def place_of(scope: str, where: Sequence[str]) -> str:
    """The name of a neighbourhood: a platform, a signal or everywhere, then currency, goal and role."""
    return "|".join((scope, *where))


def _neighbours(rates: Floats) -> Neighbours:
    median = float(np.median(rates))
    scatter = MAD_TO_SD * float(np.median(np.abs(rates - median)))
    scatter = max(scatter, LEAST_SCATTER)
    usual = rates[np.abs(rates - median) <= max(FACTOR, DEVIATIONS * scatter)]
    low, high = np.quantile(-usual, [0.1, 0.9])
    return Neighbours(median, scatter, len(usual), float(np.exp(low)), float(np.exp(high)))
