"""What the latest campaigns of a platform say of its CVR beyond the fit: its level may have jumped in the last months.

A tag that is lost halves a platform's CVR on one day, and a walk by small steps follows it half-way. Present effects
on conversions are moved, and are as unsure, as the latest campaigns say (`stats.over_time.late_jump`); what is found
is not. Must not know what is made of a jump.
"""

from collections.abc import Mapping

import numpy as np

from reflection.domain import signals
from reflection.domain.metrics import METRICS
from reflection.inference.evidence.campaign_columns import Floats
from reflection.inference.evidence.dataset import Dataset
from reflection.stats.over_time.late_jump import late_jump
from reflection.stats.posterior.empirical_bayes import Effects, Fit
from reflection.stats.sums.design import Stratum

METRIC = "cvr"
LATE_DAYS = 90
"""Days up to the last within which a level may have jumped: what came before, the steps have followed."""

FEWEST_EVENTS = 5.0
"""Conversions to be expected of a campaign that is asked."""

SEED = 20_261_130


def late_jumps(table: Dataset, fit: Fit, expected_rate: Floats) -> dict[str, Floats]:
    """Platform -> draws of by how much its CVR lies beyond its present effect (log); empty where no level jumped.

    Args:
        fit: of CVR. expected_rate: the CVR that it expects of each cell, (cells,).
    """
    came, clicks = table.by_campaign(table.conversions), table.by_campaign(table.clicks)
    known = ~np.isnan(table.conversions)
    foretold = table.by_campaign(np.where(known, table.clicks * expected_rate, np.nan))
    enough = ~np.isnan(came) & ~np.isnan(clicks) & (np.nan_to_num(foretold) >= FEWEST_EVENTS)
    passing = fit.sigma.get(Stratum.PERIOD, fit.scatter)
    lasting, since = float(np.sqrt(max(fit.scatter**2 - passing**2, 0.0))), int(table.campaigns.day.max()) - LATE_DAYS
    jumps = {}
    for number, level in enumerate(sorted(f.level for f in fit.layout.features if f.group == signals.PLATFORM)):
        key = signals.Signal(signals.PLATFORM, level).key
        own = np.flatnonzero(enough & (table.campaigns.platform_key == key))
        left = np.log((came[own] + 0.5) / (foretold[own] + 0.5))
        variance = 1.0 / (foretold[own] + 0.5) + passing**2
        jump = late_jump(left, variance, table.campaigns.day[own], table.campaigns.unit[own], lasting, since)
        if jump is not None:
            jumps[level] = jump.draws(fit.draws.shape[1], (SEED, number))
    return jumps


def after_jumps(effects: Effects, metric: str, jumps: Mapping[str, Floats]) -> Effects:
    """Present effects on a metric of which conversions per click are a part, after the jumps of platforms."""
    sign = METRICS[metric].composition.get(METRIC, 0)
    columns = list(effects.layout.columns_in(signals.PLATFORM))
    if not sign or not jumps or len(columns) < 2:
        return effects
    moved = np.zeros((len(columns), effects.draws.shape[1]))
    for row, column in zip(moved, columns, strict=True):
        row += sign * jumps.get(effects.layout.features[column].level, 0.0)
    moved -= moved.mean(axis=0)
    mean, sd, draws = effects.mean.copy(), effects.sd.copy(), effects.draws.copy()
    draws[columns] += moved
    mean[columns] += moved.mean(axis=1)
    sd[columns] = draws[columns].std(axis=1, dtype=np.float64)
    return Effects(effects.layout, mean, sd, draws)
