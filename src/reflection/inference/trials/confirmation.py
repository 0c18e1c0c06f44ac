"""Whether experiments confirm what observation says: the factor by which observed effects can be trusted.

A difference that campaigns show has causes of which nobody drew lots. Each contrast of an A/B test is set beside what
observation alone said of it; each lift study beside the conversions that the platform claims. Of both, the factor is
learnt that leads from one to the other, and told where enough experiments say it. Must not know how effects are used.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from reflection.domain import signals
from reflection.domain.experiment import Experiment
from reflection.inference.evidence.campaign_columns import Floats
from reflection.inference.trials.studies import shares_found
from reflection.stats.decisions.trust import trust
from reflection.stats.posterior.empirical_bayes import Moments
from reflection.stats.sums.design import GRID, Rows

FEWEST_CONTRASTS, FEWEST_STUDIES = 5, 3
"""A study says by itself which share is real; of a test the observed difference may be none."""

WIDEST = 1.5
"""A factor whose interval is wider says nothing that one would act on."""


@dataclass(frozen=True, eq=False)
class ExperimentContrasts:
    """Contrasts of experiments, (n,) each: mean and variance by observation alone, measurement and its variance."""

    observed: Floats
    uncertainty: Floats
    measured: Floats
    variance: Floats


NONE_CONFIRMED = ExperimentContrasts(*(np.zeros(0) for _ in range(4)))


def confirmed_by(contrasts: Rows, moments: Moments) -> ExperimentContrasts:
    """Contrasts of one metric beside what observation alone made of them."""
    x = np.zeros((len(contrasts), len(moments.layout)))
    matrix = contrasts.design.matrix().toarray()
    for place, feature in enumerate(contrasts.design.features):
        column = moments.layout.column(feature)
        if column is not None:
            x[:, column] = matrix[:, place]
    uncertainty = np.einsum("ij,jk,ik->i", x, moments.covariance, x)
    return ExperimentContrasts(x @ moments.mean, np.maximum(uncertainty, 0.0), contrasts.y / GRID, contrasts.v)


def trust_in_differences(parts: Iterable[ExperimentContrasts]) -> dict[str, Any]:
    """How much of an observed difference between two things experiments find: {factor, interval, experiments, ...}."""
    joined = [np.concatenate(column) for column in zip(*(_columns(part) for part in parts), strict=True)]
    return _figures(joined or _columns(NONE_CONFIRMED), FEWEST_CONTRASTS, "comparisons")


def trust_in_attribution(experiments: Sequence[Experiment]) -> dict[str, Any]:
    """How much of what platforms claim lift and geo studies find, of all platforms and of each: the same by name."""
    shares: dict[str, list[tuple[float, float]]] = {"": []}
    for experiment in sorted(experiments, key=lambda item: item.id):
        for arm, share, error in shares_found(experiment):
            platform = arm.platform or experiment.platform
            shares[""].append((share, error))
            if platform:
                shares.setdefault(signals.of_platform(platform).key, []).append((share, error))
    return {name: _figures(_of_shares(own), FEWEST_STUDIES, "studies") for name, own in sorted(shares.items())}


def _columns(part: ExperimentContrasts) -> list[Floats]:
    return [part.observed, part.uncertainty, part.measured, part.variance]


def _of_shares(shares: Sequence[tuple[float, float]]) -> list[Floats]:
    measured, error = (np.array(column) for column in (zip(*shares, strict=True) if shares else ((), ())))
    return [np.ones(len(measured)), np.zeros(len(measured)), measured, error**2]


def _figures(columns: Sequence[Floats], fewest: int, what: str) -> dict[str, Any]:
    """The factor where enough say it, else why it is not told."""
    estimate = trust(*columns)
    figures = asdict(estimate)
    figures["interval"] = [figures.pop("low"), figures.pop("high")]
    if estimate.experiments < fewest:
        return {
            **figures,
            "factor": None,
            "interval": None,
            "reason": f"{estimate.experiments} of at least {fewest} {what}",
        }
    if estimate.high - estimate.low > WIDEST:
        return {**figures, "factor": None, "interval": None, "reason": f"{estimate.experiments} {what} leave it open"}
    return {**figures, "reason": None}
