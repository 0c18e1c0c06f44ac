"""The weight of every signal on the goal, from a fit. Must not know how weights are shown or applied."""

from datetime import UTC, datetime, timedelta

from reflection.domain import signals
from reflection.domain.knowledge import Effect
from reflection.domain.weights import Interval, SignalWeight
from reflection.inference.fit import FittedMetrics
from reflection.inference.support import SupportIndex
from reflection.inference.table_columns import feature_of

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def signal_weights(
    effects: tuple[Effect, ...], fitted: FittedMetrics, support: SupportIndex, goal: str
) -> list[SignalWeight]:
    """Weight of every signal on the goal; successes and failures: campaigns above and below expectation without it."""
    weights = []
    for effect in effects:
        if effect.metric != goal or signals.CROSS in effect.group:
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


def _holding_one(interval: Interval) -> Interval:
    """An interval that has the average in it, too."""
    return min(interval[0], 1.0), max(interval[1], 1.0)
