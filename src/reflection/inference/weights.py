"""Signal weights for planning: what each signal is worth on the goal metric, 1.0 = average.

A weight is exp(expected effect) of the last fit, so it never compounds over submissions. Pure: knowledge in, report
out.
"""

from collections.abc import Collection

from reflection.domain.knowledge import Knowledge
from reflection.domain.metrics import ScoreWeights
from reflection.domain.results import Weights


def weights_for(
    knowledge: Knowledge,
    score_weights: ScoreWeights,
    *,
    generated_at: str,
    signals: Collection[str] | None = None,
) -> Weights:
    """All weights, and as `updated_signals` those of the given signals (all when None)."""
    wanted = None if signals is None else frozenset(signals)
    chosen = [weight for weight in knowledge.weights if wanted is None or weight.signal_key in wanted]
    return Weights(
        generated_at=generated_at,
        scoring_weights={
            "conversion_weight": score_weights.conversion,
            "ctr_weight": score_weights.ctr,
            "cpa_weight": score_weights.cpa,
        },
        signal_weights={weight.signal_key: weight.weight for weight in chosen},
        updated_signals=tuple(chosen),
        goal_metric=knowledge.goal_metric,
        as_of=knowledge.as_of,
        epoch=knowledge.epoch,
    )
