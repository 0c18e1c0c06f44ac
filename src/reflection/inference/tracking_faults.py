"""Numbers that look like a tracking fault: kept out of learning until somebody accepts them.

A campaign is compared with its neighbours (same platform) on conversions per currency unit. Real campaigns differ by
factors of two or three; a factor of six beyond the neighbours' own scatter is a broken pixel or a doubled export far
more often than a discovery (EXPORTS 4: a CPA of 2.35 where the neighbours sit at 91 to 166). Robust and order-free:
medians of the set. Must not know how effects are estimated.
"""

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reflection.domain.evidence import Evidence
from reflection.domain.knowledge import Knowledge
from reflection.inference.dataset import NOT_STATED, Campaigns, Floats

FEWEST_NEIGHBOURS = 4
FACTOR = np.log(6.0)
DEVIATIONS = 5.0
LEAST_SCATTER = 0.25
MAD_TO_SD = 1.4826
EVERYWHERE = "*"


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Log conversions per currency unit of comparable campaigns: median and robust deviation; usual range of CPA."""

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

    def reason(self, spend: float, conversions: float) -> str | None:
        """Why a campaign looks like a tracking fault, or None."""
        if not self.suspicious(np.array([spend]), np.array([conversions]))[0]:
            return None
        shown = f"CPA is {spend / conversions:,.2f}" if conversions else "there is no conversion"
        return (
            f"suspected tracking fault: {shown} where {self.count} comparable campaigns sit at "
            f"{self.low_cpa:,.2f} to {self.high_cpa:,.2f}; kept out of learning until it is accepted"
        )


def suspected_fault(evidence: Evidence, knowledge: Knowledge) -> str | None:
    """Judge one campaign by the neighbours of the last fit; reads no history."""
    stored = knowledge.diagnostics.get("neighbours", {})
    currency = evidence.currency or NOT_STATED
    found = stored.get(_place(evidence.platform_key, currency)) or stored.get(_place(EVERYWHERE, currency))
    spend, conversions = evidence.actual.spend, evidence.actual.conversions
    if not found or not spend or conversions is None:
        return None
    return Neighbours(**found).reason(spend, conversions)


def faults(campaigns: Campaigns, accepted: Collection[str]) -> dict[str, str]:
    """Campaigns of the set that look like tracking faults and were not accepted, with the reason."""
    neighbours = neighbourhoods(campaigns)
    found = {}
    places = zip(campaigns.platform_key.tolist(), campaigns.currency.tolist(), strict=True)
    for platform_key, currency in sorted(set(places)):
        around = neighbours.get(_place(platform_key, currency)) or neighbours.get(_place(EVERYWHERE, currency))
        if around is None:
            continue
        here = (campaigns.platform_key == platform_key) & (campaigns.currency == currency) & _measured(campaigns)
        suspects = np.flatnonzero(here)[around.suspicious(campaigns.spend[here], campaigns.conversions[here])]
        for index in suspects:
            name = str(campaigns.ids[index])
            reason = around.reason(float(campaigns.spend[index]), float(campaigns.conversions[index]))
            if name not in accepted and reason is not None:
                found[name] = reason
    return found


def neighbourhoods(campaigns: Campaigns) -> dict[str, Neighbours]:
    """Neighbours per platform and currency, and per currency everywhere, where there are enough."""
    found = {}
    for currency in sorted(set(campaigns.currency.tolist())):
        for platform_key in [EVERYWHERE, *sorted(set(campaigns.platform_key.tolist()))]:
            here = (campaigns.currency == currency) & _measured(campaigns)
            if platform_key != EVERYWHERE:
                here &= campaigns.platform_key == platform_key
            if here.sum() > FEWEST_NEIGHBOURS:
                found[_place(platform_key, currency)] = _neighbours(campaigns.spend[here], campaigns.conversions[here])
    return found


def _measured(campaigns: Campaigns) -> NDArray[np.bool_]:
    """Campaigns that have a cost per conversion to be compared: money spent, and conversions that somebody counted."""
    return np.asarray((campaigns.spend > 0) & ~np.isnan(campaigns.conversions))


def as_diagnostics(neighbours: Mapping[str, Neighbours]) -> dict[str, dict[str, Any]]:
    """The JSON form that `Knowledge.diagnostics["neighbours"]` keeps."""
    return {place: asdict(value) for place, value in neighbours.items()}


def _place(platform_key: str, currency: str) -> str:
    return f"{platform_key}|{currency}"


def _neighbours(spend: Floats, conversions: Floats) -> Neighbours:
    rates = np.log((conversions + 0.5) / spend)
    median = float(np.median(rates))
    scatter = MAD_TO_SD * float(np.median(np.abs(rates - median)))
    low, high = np.quantile(-rates, [0.1, 0.9])
    return Neighbours(median, max(scatter, LEAST_SCATTER), len(rates), float(np.exp(low)), float(np.exp(high)))
