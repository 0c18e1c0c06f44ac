"""An interval of few events holds what happens, none of them included; of many it is that of a log-normal."""

from itertools import pairwise

import numpy as np
import pytest

from reflection.forecasting.belief import FEW, Belief

SCATTER = (0.1, 0.3, 0.6)
EVENTS = (0.3, 1.0, 2.0, 3.1, 5.0, 10.0, 20.0, 29.0)


def _belief(events: float, scatter: float, *, per_event: bool = False) -> Belief:
    """Of a count, or of the price of one event at a budget of 1."""
    mean, sd = float(np.log(events)), float(np.hypot(scatter, (events + 0.5) ** -0.5))
    return Belief(-mean if per_event else mean, sd, events, per_event)


@pytest.mark.parametrize("scatter", SCATTER)
@pytest.mark.parametrize("events", EVENTS)
def test_nine_in_ten_counts_and_prices_of_one_are_held(events: float, scatter: float) -> None:
    rng = np.random.default_rng(5)
    counts = rng.poisson(events * np.exp(rng.normal(0, scatter, 20_000)))
    low, high = _belief(events, scatter).interval(0.9)
    assert 0.89 <= np.mean((low <= counts) & (counts <= high)) <= 0.99
    low, high = _belief(events, scatter, per_event=True).interval(0.9)
    prices = 1 / counts[counts > 0]
    assert 0.89 <= np.mean((low <= prices) & (prices <= high)) <= 0.995


@pytest.mark.parametrize("events", [1e-9, *EVENTS, 1e9])
def test_intervals_are_nested_around_their_middle_and_finite(events: float) -> None:
    for scatter in (0.01, *SCATTER, 3.0):
        for per_event in (False, True):
            bounds = [_belief(events, scatter, per_event=per_event).interval(level) for level in (0.5, 0.8, 0.9)]
            assert np.isfinite(bounds).all()
            for (low, high), (lower, higher) in pairwise(bounds):
                assert 0 <= lower <= low < high <= higher


def test_of_many_events_it_is_a_log_normal() -> None:
    few, many = _belief(0.999 * FEW, 0.3), _belief(FEW, 0.3)
    assert many.interval(0.9) == Belief(many.mean, many.sd).interval(0.9)
    assert few.interval(0.9) == pytest.approx(many.interval(0.9), rel=0.1), "and the two meet"
