"""Signal weights for planning: what each signal is worth on the goal metric, 1.0 = average.

A weight is exp(expected effect) of the last fit, so it never compounds over submissions. Pure: from a fit to its
weights, from knowledge to the report on them. Must not know how weights are shown or applied.
"""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta

from reflection.domain.knowledge import Effect, Knowledge
from reflection.domain.metrics import ScoreWeights
from reflection.domain.signals import CROSS
from reflection.domain.weights import GoalWeights, Interval, SignalWeight, Weights
from reflection.inference.evidence.table_columns import feature_of
from reflection.inference.fits.fit import FittedMetrics
from reflection.inference.support import SupportIndex

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def signal_weights(
    effects: tuple[Effect, ...], fitted: FittedMetrics, support: SupportIndex, goal: str
) -> list[SignalWeight]:
    """Weight of every signal on the goal; successes and failures: campaigns above and below expectation without it."""
    weights = []
    for effect in effects:
        if effect.metric != goal or CROSS in effect.group:
            continue
        feature = feature_of(fitted.table.aliases.get(effect.signal, effect.signal))
        above, below = support.above_and_below(feature, goal)
        weights.append(
            SignalWeight(
                signal_key=effect.signal,
                weight=effect.effect if effect.identified else 1.0,
                successes=above,
                failures=below,
                last_updated=(EPOCH + timedelta(days=fitted.raw.day(feature))).isoformat(),
                interval=effect.interval if effect.identified else _holding_one(effect.interval),
                raw_lift=effect.raw_lift,
                effective_campaigns=effect.campaigns,
            )
        )
    return sorted(weights, key=lambda item: item.signal_key)


def weights_for(
    knowledge: Knowledge,
    score_weights: ScoreWeights,
    *,
    generated_at: str,
    signals: Collection[str] | None = None,
) -> Weights:
    """All weights, and as `updated_signals` those of the given signals (all when None)."""
    own = _weights_of(knowledge, signals)
    others = [
        GoalWeights(goal.kind, goal.goal_metric, _by_signal(weights), weights)
        for goal in knowledge.goals
        if (weights := _weights_of(goal, signals))
    ]
    return Weights(
        generated_at=generated_at,
        scoring_weights={
            "conversion_weight": score_weights.conversion,
            "ctr_weight": score_weights.ctr,
            "cpa_weight": score_weights.cpa,
        },
        signal_weights=_by_signal(own),
        updated_signals=own,
        goal_metric=knowledge.goal_metric,
        as_of=knowledge.as_of,
        epoch=knowledge.epoch,
        goal=next((weight.goal for weight in own), knowledge.kind if knowledge.goals else None),
        goals=tuple(others),
    )


def _weights_of(knowledge: Knowledge, signals: Collection[str] | None) -> tuple[SignalWeight, ...]:
    keys = None if signals is None else frozenset(signals)
    return tuple(weight for weight in knowledge.weights if keys is None or weight.signal_key in keys)


def _by_signal(weights: Collection[SignalWeight]) -> dict[str, float]:
    return {weight.signal_key: weight.weight for weight in weights}


def _holding_one(interval: Interval) -> Interval:
    """An interval that has the average in it, too."""
    return min(interval[0], 1.0), max(interval[1], 1.0)
