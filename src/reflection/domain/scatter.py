"""How much campaigns differ beyond counting, and how what is peculiar to one moves its metrics together.

A good campaign is often good in clicks, conversions and price at once, so the variances of a KPI's factors do not
simply add up. Pure; must not know how any of it was learnt.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from reflection.domain.metrics import METRICS, OBSERVED

Correlations = Mapping[str, Mapping[str, float]]
"""Metric -> other metric -> correlation of what is peculiar to campaigns; pairs that are missing go by themselves."""

UNLEARNT = 0.208
"""Of a metric of which nothing was learnt. A scatter nobody knows is no scatter of zero: intervals of this width hold
nine in ten campaigns where scatters are as the fits assume before they see any (exponential, 1/6 on average)."""


BEYOND_NOISE = 1.2815515655446004
"""Standard deviations beyond which a campaign counts for or against: it says so with a probability of 90 %."""


@dataclass(frozen=True, slots=True)
class CampaignScatter:
    """Standard deviation between campaigns (log scale) per observed metric, None for none; their correlations."""

    of_metric: Mapping[str, float | None] = field(default_factory=dict)
    correlations: Correlations = field(default_factory=dict)

    @classmethod
    def learnt(cls, of_metric: Mapping[str, float], correlations: Correlations) -> "CampaignScatter":
        """What a fit says; of a metric that it says nothing of the scatter is unknown, and as wide as that."""
        return cls({**dict.fromkeys(OBSERVED, UNLEARNT), **of_metric}, correlations)

    def of(self, metric: str) -> float | None:
        """Of an observed or composed metric; None unless it is known of every part."""
        parts = {part: sd for part in METRICS[metric].composition if (sd := self.of_metric.get(part)) is not None}
        known = len(parts) == len(METRICS[metric].composition)
        return composed_scatter(metric, parts, self.correlations) if known else None

    def of_mean(self, campaigns: float) -> "CampaignScatter":
        """Of the mean of so many campaigns."""
        worth = math.sqrt(campaigns)
        return replace(self, of_metric={name: sd and sd / worth for name, sd in self.of_metric.items()})


NO_SCATTER = CampaignScatter()
"""Campaigns that differ by counting noise alone."""


def composed_scatter(metric: str, sigmas: Mapping[str, float], correlations: Correlations) -> float:
    """Standard deviation of the log of a metric from those of its parts and how these move together."""
    parts = [(name, sign * sigmas[name]) for name, sign in METRICS[metric].composition.items() if name in sigmas]
    variance = 0.0
    for name, own in parts:
        for other, its in parts:
            variance += own * its * (1.0 if name == other else correlations.get(name, {}).get(other, 0.0))
    return math.sqrt(max(variance, 0.0))
