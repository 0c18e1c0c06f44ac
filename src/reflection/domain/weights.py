"""What planning reads: how much each signal is worth on the goal metric, as plain values.

Only shapes, no computation and no I/O. Field names are the contract with existing clients (the specification's).
"""

from dataclasses import dataclass

Interval = tuple[float, float]
"""Low and high end of a credible interval, at 90 % where nothing else is said."""


@dataclass(frozen=True, slots=True)
class SignalWeight:
    """The weight of one signal on the goal metric: exp(expected effect), 1.0 = average; it never compounds."""

    signal_key: str
    weight: float
    successes: int
    failures: int
    last_updated: str
    interval: Interval
    raw_lift: float | None
    effective_campaigns: float
    goal: str | None = None


@dataclass(frozen=True, slots=True)
class GoalWeights:
    """The weights of one goal: of campaigns that count the same as a conversion."""

    goal: str
    goal_metric: str
    signal_weights: dict[str, float]
    updated_signals: tuple[SignalWeight, ...]


@dataclass(frozen=True, slots=True)
class Weights:
    """What planning reads: the score's weights, and the weight of every signal.

    In a workspace with several goals they are those of one, named in `goal`: of all weights the goal most money is
    spent on, of one campaign's its own. `goals` has the others' beside them.
    """

    generated_at: str
    scoring_weights: dict[str, float]
    signal_weights: dict[str, float]
    updated_signals: tuple[SignalWeight, ...]
    goal_metric: str
    as_of: str | None = None
    epoch: int = 0
    goal: str | None = None
    goals: tuple[GoalWeights, ...] = ()
