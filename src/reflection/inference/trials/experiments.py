"""Experiments as evidence: their contrasts in the columns of a table, and why one of them says nothing.

An A/B test enters the fits of CTR, CVR and order value (of CPM where somebody estimated it) as contrast rows. A test
whose split is not as planned, or that names what no campaign has, enters nothing and says so. A pure function of the
set of experiments. Must not know how fits are made.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product

import numpy as np

from reflection.domain import signals
from reflection.domain.bookable import Definition
from reflection.domain.experiment import Arm, Experiment
from reflection.domain.metrics import METRICS, RATES
from reflection.inference.evidence.dataset import Dataset
from reflection.inference.evidence.table_columns import feature_of
from reflection.stats.sums.columns import Feature
from reflection.stats.sums.design import Rows
from reflection.stats.sums.experiments import (
    Levels,
    contrast_rows,
    lift_levels,
    rate_levels,
    sample_ratio_p,
    value_levels,
)

WRONG_SPLIT = 0.001
"""Probability of a split below which it was not the planned one: something lost or favoured an arm."""

COUNTED = (*RATES, "aov")
"""Metrics that the counts of arms say something of; what an impression costs also depends on what bid against whom."""

OF_CONVERSIONS = frozenset({"cvr", "aov"})
LIMITS_TO_SD = 2 * 1.6448536269514722


def split_p(experiment: Experiment) -> float | None:
    """Probability that lots split so unevenly by chance; None where not every arm says how many were assigned."""
    units = [arm.units for arm in experiment.arms]
    if any(unit is None for unit in units) or not sum(unit or 0.0 for unit in units):
        return None
    shares = [arm.share for arm in experiment.arms if arm.share is not None]
    usual = float(np.mean(shares)) if shares else 1.0
    return sample_ratio_p(
        [unit or 0.0 for unit in units], [usual if arm.share is None else arm.share for arm in experiment.arms]
    )


def wrong_split(experiment: Experiment) -> bool:
    """Whether it is learnt from by nothing, because its split is not the planned one and nobody accepted that."""
    chance = split_p(experiment)
    return chance is not None and chance < WRONG_SPLIT and not experiment.accept_split


def levels_of(experiment: Experiment) -> Iterator[tuple[str, Sequence[Arm], Levels]]:
    """Each metric that its arms measured, the arms in the order of the levels (the control first), and the levels."""
    control = experiment.control
    arms = [control, *sorted((arm for arm in experiment.arms if arm is not control), key=lambda arm: arm.name)]
    lifts = [arm.lift for arm in arms[1:] if arm.lift is not None]
    if experiment.metric is not None and len(lifts) == len(arms) - 1:
        yield experiment.metric, arms, lift_levels(lifts, [_error(arm) for arm in arms[1:]])
    for metric in COUNTED:
        if metric == experiment.metric and lifts:
            continue
        numerator, denominator = METRICS[metric].counts
        counts = [(getattr(arm, numerator), getattr(arm, denominator)) for arm in arms]
        if any(x is None or n is None for x, n in counts):
            continue
        x, n = (np.array(column, dtype=np.float64) for column in zip(*counts, strict=True))
        if not (n > 0).all() or (metric == "aov" and not (x > 0).all()) or not x.any():
            continue
        yield metric, arms, (value_levels if metric == "aov" else rate_levels)(x, n)


def booked(
    experiment: Experiment, arm: Arm, definitions: Mapping[str, Definition], *, alone: bool = False
) -> dict[str, float]:
    """Shares of the signals an arm booked, by key: what belongs to a name by definition, and interactions.

    Args:
        alone: without interactions.
    """
    platform = arm.platform or experiment.platform
    names = [signals.of_platform(platform).key] if platform else []
    if arm.audience is not None:
        names.append(signals.Signal(signals.AUDIENCE, signals.normalise(arm.audience)).key)
    if arm.creative is not None:
        names.append(signals.Signal(signals.CREATIVE, signals.normalise(arm.creative)).key)
    shares: dict[str, float] = {}
    for name in names:
        shares |= definitions[name].parts if name in definitions else {name: 1.0}
    for key in arm.signals:
        group, _, level = key.partition(":")
        shares[signals.Signal(group.strip().casefold(), signals.normalise(level)).key] = 1.0
    return shares if alone else _with_interactions(shares)


def _with_interactions(shares: Mapping[str, float]) -> dict[str, float]:
    of_group: dict[str, list[str]] = {}
    for key in shares:
        of_group.setdefault(signals.parse(key).group, []).append(key)
    crossed = {
        signals.crossed(signals.parse(a), signals.parse(b)).key: shares[a] * shares[b]
        for first, second in signals.INTERACTIONS
        for a, b in product(of_group.get(first, ()), of_group.get(second, ()))
    }
    return {**shares, **crossed}


def memberships(
    experiments: Sequence[Experiment], definitions: Mapping[str, Definition]
) -> dict[str, tuple[tuple[str, str, float], ...]]:
    """In which arms each tested signal is: two that differ here are told apart, though no campaign does."""
    places: dict[str, list[tuple[str, str, float]]] = {}
    for experiment in experiments:
        if experiment.kind == "ab" and experiment.has_results and not wrong_split(experiment):
            for arm in experiment.arms:
                for key, share in booked(experiment, arm, definitions, alone=True).items():
                    places.setdefault(key, []).append((experiment.id, arm.name, share))
    return {key: tuple(sorted(arms)) for key, arms in places.items()}


@dataclass(frozen=True, eq=False)
class Trials:
    """What experiments add to the fits of one table.

    Attributes:
        rows: contrasts by metric, in columns of the table.
        tested: metric -> feature -> ids of the experiments that tested it.
        reasons: id -> why an A/B test with results says nothing here; "" where it is learnt from.
    """

    rows: Mapping[str, Rows] = field(default_factory=dict)
    tested: Mapping[str, Mapping[Feature, tuple[str, ...]]] = field(default_factory=dict)
    reasons: Mapping[str, str] = field(default_factory=dict)

    @property
    def features(self) -> list[Feature]:
        """Everything that was tested on any metric, sorted."""
        return sorted({feature for features in self.tested.values() for feature in features})

    def experiments(self, feature: Feature, metric: str) -> tuple[str, ...]:
        """Experiments that tested a feature on a metric, or on a part of it."""
        parts = METRICS[metric].composition or {metric: 1}
        return tuple(sorted({name for part in parts for name in self.tested.get(part, {}).get(feature, ())}))

    def randomised(self, feature: Feature, metric: str) -> bool:
        """Whether an effect rests on experiments: in all its parts but what an impression costs, which none tests."""
        parts = [part for part in METRICS[metric].composition or {metric: 1} if part != "cpm" or metric == "cpm"]
        return all(feature in self.tested.get(part, {}) for part in parts)


NO_TRIALS = Trials()


def trials_of(
    experiments: Sequence[Experiment],
    definitions: Mapping[str, Definition],
    table: Dataset,
    foreign: Collection[str] = (),
) -> Trials:
    """The contrasts of all A/B tests, in the order of their ids.

    Args:
        foreign: ids of experiments that count another kind of conversion: they say nothing of CVR and order value here.
    """
    rows: dict[str, list[Rows]] = {}
    tested: dict[str, dict[Feature, set[str]]] = {}
    reasons = {}
    for experiment in sorted(experiments, key=lambda item: item.id):
        if experiment.kind != "ab" or not experiment.has_results:
            continue
        reasons[experiment.id] = reason = _objection(experiment, definitions, table)
        if reason:
            continue
        contrasts = 0
        for metric, arms, levels in levels_of(experiment):
            if metric in OF_CONVERSIONS and experiment.id in foreign:
                continue
            designs = [_in_columns(booked(experiment, arm, definitions), table) for arm in arms]
            added = contrast_rows(designs, levels)
            if added is None:
                continue
            rows.setdefault(metric, []).append(added)
            contrasts += len(added)
            for feature in added.design.features:
                tested.setdefault(metric, {}).setdefault(feature, set()).add(experiment.id)
        if not contrasts:
            reasons[experiment.id] = _NOTHING_MEASURED
    return Trials(
        rows={metric: Rows.joined(parts) for metric, parts in rows.items()},
        tested={
            metric: {feature: tuple(sorted(ids)) for feature, ids in sorted(features.items())}
            for metric, features in tested.items()
        },
        reasons=reasons,
    )


_NOTHING_MEASURED = (
    "it says nothing of CTR, CVR or order value: give impressions and clicks, clicks and conversions, or lifts"
)


def _objection(experiment: Experiment, definitions: Mapping[str, Definition], table: Dataset) -> str:
    """Why a test is learnt from by nothing, in words; "" where nothing is against it."""
    if wrong_split(experiment):
        return (
            f"the arms did not get the shares that were planned (p = {split_p(experiment):.2g}), so something favoured "
            "one of them"
        )
    arms = [booked(experiment, arm, definitions, alone=True) for arm in experiment.arms]
    differing = {key for arm in arms for key in arm if any(other.get(key) != arm[key] for other in arms)}
    columns = set(table.features)
    unseen = sorted(key for key in differing if feature_of(table.aliases.get(key, key)) not in columns)
    if unseen:
        names = ", ".join(signals.label_of(key, {}) for key in unseen[:3])
        return f"no campaign that was learnt from has {names}"
    return ""


def _in_columns(shares: Mapping[str, float], table: Dataset) -> dict[Feature, float]:
    """Shares by the features that stand for them; an interaction that no campaign had has none."""
    columns, design = set(table.features), dict[Feature, float]()
    for key, share in table.pairs.added_to(shares).items():
        feature = feature_of(table.aliases.get(key, key))
        if feature in columns:
            design[feature] = max(design.get(feature, 0.0), share)
    return design


def _error(arm: Arm) -> float:
    """Standard error of the logarithm of an arm's lift."""
    if arm.standard_error is not None:
        return arm.standard_error
    return float(np.log((arm.high or 1.0) / (arm.low or 1.0)) / LIMITS_TO_SD)
