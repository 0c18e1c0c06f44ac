"""Remarks on a fit: its scatter, its calibration, the sizes seen, what experiments say; `Knowledge.diagnostics`.

JSON-able values. Must not know what is made of them.
"""

import numpy as np

from reflection.domain.metrics import RATES
from reflection.inference.evidence.campaign_columns import Floats
from reflection.inference.findings.budget import normal_spread
from reflection.inference.fits.delivery import as_diagnostics
from reflection.inference.fits.fit import FittedMetrics
from reflection.inference.fits.metric_fit import FittedMetric
from reflection.inference.totals.budget_response import budget_response
from reflection.inference.trials.confirmation import trust_in_differences
from reflection.stats.honesty.diagnostics import coverage
from reflection.stats.sums.campaign_size import SIZE, usual_size
from reflection.stats.sums.design import Stratum


def diagnostics_of(fitted: FittedMetrics) -> dict[str, object]:
    """The remarks on the fits of one table."""
    days = fitted.table.campaigns.day
    return {
        "aliases": dict(fitted.table.aliases),
        "cells": len(fitted.table.campaign),
        "features": len(fitted.layout),
        "first_day": int(days.min()),
        "last_day": int(days.max()),
        "scatter": {
            name: {stratum.name.casefold(): value for stratum, value in metric.fit.sigma.items()}
            for name, metric in fitted.metrics.items()
        },
        "coverage": {name: _coverage(metric) for name, metric in fitted.metrics.items()},
        "size": _sizes(fitted),
        "delivery_tilt": as_diagnostics(fitted.tilt, len(fitted.table.sums)),
        "correlations": {name: dict(others) for name, others in fitted.correlations.items()},
        "effect_correlations": {name: dict(others) for name, others in fitted.effect_correlations.items()},
        "planned_sizes": _planned_sizes(fitted.table.campaigns.planned),
        "spends": _range(fitted.table.by_campaign(fitted.table.spend)),
        "spread": normal_spread(fitted),
        **_of_experiments(fitted),
        "response": budget_response(fitted),
        "within_measured": any(Stratum.WITHIN in metric.fit.sigma for metric in fitted.metrics.values()),
    }


def _sizes(fitted: FittedMetrics) -> dict[str, dict[str, object]]:
    """What twice the planned size goes with, as `Knowledge.size` has it."""
    column = fitted.layout.column(SIZE)
    if column is None:
        return {}
    sizes: dict[str, dict[str, object]] = {}
    for name in (name for name in RATES if name in fitted.metrics):
        fit = fitted.metrics[name].fit
        interval = [2.0**slope for slope in fit.interval(column)]
        sizes[name] = {"doubling": 2.0 ** float(fit.mean[column]), "interval": interval}
    return sizes


def _planned_sizes(planned: Floats) -> dict[str, float]:
    """Median, least and most of the sizes that were planned, as `Knowledge.planned_sizes` has them."""
    span = _range(planned)
    return {} if span is None else {"usual": usual_size(planned), "low": span[0], "high": span[1]}


def _range(amounts: Floats) -> list[float] | None:
    """Least and most of the amounts that are positive; None where there is none."""
    positive = amounts[np.nan_to_num(amounts) > 0]
    return [float(positive.min()), float(positive.max())] if len(positive) else None


def _coverage(metric: FittedMetric) -> dict[str, float] | None:
    """How often 90 % intervals held a campaign left out, as `Knowledge.coverage` has it; None where too few say."""
    judged = coverage(metric.left_out)
    if judged.share is None or judged.spread is None:
        return None
    return {
        "campaigns": judged.scores,
        "coverage_90": judged.share,
        "z_sd": judged.spread,
        "widening": metric.widening,
    }


def _of_experiments(fitted: FittedMetrics) -> dict[str, object]:
    """Why experiments are not learnt from, and how far they bear out observation; nothing where there is none."""
    remarks: dict[str, object] = {}
    if fitted.trials.reasons:
        remarks["experiment_reasons"] = dict(fitted.trials.reasons)
    if fitted.trials.rows:
        remarks["trust"] = trust_in_differences(metric.confirmed for metric in fitted.metrics.values())
    return remarks
