"""Signal weights for planning: what each signal is worth on the goal metric, 1.0 = average.

A weight is exp(expected effect) of the last fit, so it never compounds over submissions. Pure: knowledge in, report
out.
"""

from collections.abc import Collection

from reflection.domain.knowledge import Knowledge
from reflection.domain.metrics import ScoreWeights
from reflection.domain.weights import GoalWeights, SignalWeight, Weights


def weights_for(
    knowledge: Knowledge,
    score_weights: ScoreWeights,
    *,
    generated_at: str,
    signals: Collection[str] | None = None,
) -> Weights:
    """All weights, and as `updated_signals` those of the given signals (all when None)."""
    chosen = _chosen(knowledge, signals)
    others = [
        GoalWeights(goal.kind, goal.goal_metric, _by_signal(weights), weights)
        for goal in knowledge.goals
        if (weights := _chosen(goal, signals))
    ]
    return Weights(
        generated_at=generated_at,
        scoring_weights={
            "conversion_weight": score_weights.conversion,
            "ctr_weight": score_weights.ctr,
            "cpa_weight": score_weights.cpa,
        },
        signal_weights=_by_signal(chosen),
        updated_signals=chosen,
        goal_metric=knowledge.goal_metric,
        as_of=knowledge.as_of,
        epoch=knowledge.epoch,
        goal=next((weight.goal for weight in chosen), knowledge.kind if knowledge.goals else None),
        goals=tuple(others),
    )


def _chosen(knowledge: Knowledge, signals: Collection[str] | None) -> tuple[SignalWeight, ...]:
    chosen = None if signals is None else frozenset(signals)
    return tuple(weight for weight in knowledge.weights if chosen is None or weight.signal_key in chosen)


def _by_signal(weights: Collection[SignalWeight]) -> dict[str, float]:
    return {weight.signal_key: weight.weight for weight in weights}
