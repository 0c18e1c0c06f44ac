"""A history in steps: each campaign once, nothing from its own day or later, and parts that add up in any order."""

from functools import reduce
from operator import add

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from reflection.evaluation import backtest_stages
from reflection.evaluation.backtest_sums import KEPT, METHODS, MetricForecasts, Tally

COUNTS = st.lists(st.integers(1, 40), max_size=60)


def _days(counts: list[int]) -> list[tuple[str, int]]:
    return [(f"2026-{1 + index // 28:02d}-{1 + index % 28:02d}", count) for index, count in enumerate(counts)]


@given(counts=COUNTS)
@example(counts=[1, 1, 1, 1])
@example(counts=[40])
def test_each_day_is_forecast_once_from_the_days_before(counts: list[int]) -> None:
    days = _days(counts)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(backtest_stages, "PORTION", 50)
        patch.setattr(backtest_stages, "WARM_UP", 30)
        steps = backtest_stages.stages(days)
    portions = [portion for stage in steps for portion in stage.portions]
    assert sum(portion.campaigns for portion in portions) == sum(counts)
    assert [portion.first for portion in portions] == sorted({portion.first for portion in portions})
    assert [one.end for one in portions] == [other.first for other in portions[1:]] + [""] * bool(portions)
    for stage in steps:
        before = sum(count for day, count in days if day < stage.until)
        assert stage.fitted == (before if before >= backtest_stages.FIRST_FIT else 0)
        for portion in stage.portions:
            assert stage.until <= portion.first
            warm = sum(count for day, count in days if portion.warm <= day < portion.first)
            assert warm >= min(30, sum(count for day, count in days if day < portion.first))
    fitted = [stage.fitted for stage in steps]
    assert fitted == sorted(fitted)
    assert len(steps) <= 3 + 20, "fits grow with the logarithm of the campaigns"


def _forecast(index: int) -> MetricForecasts:
    said = dict.fromkeys(METHODS, 10.0 + index % 7)
    if index % 5 == 0:
        said["last value"] = None
    interval = {level: [8.0, 8.0 + index % 9] for level in ("50", "80", "90")}
    return MetricForecasts(
        f"c{index:04}", f"2026-01-01T00:{index % 60:02}", ("meta", "google")[index % 2], ("ctr", "cpa")[index % 3 % 2],
        said, interval, 9.0 + index % 4,
    )  # fmt: skip


def test_parts_add_up_to_the_same_bits_in_any_number_and_order() -> None:
    forecasts = [_forecast(index) for index in range(3 * KEPT)]
    whole = Tally.of(forecasts).summary(900)
    for parts in (4, 13):
        tallies = [Tally.of(forecasts[part::parts]) for part in range(parts)]
        assert reduce(add, tallies).summary(900) == whole
        assert reduce(add, reversed(tallies)).summary(900) == whole
    assert len(whole["forecasts"]) == 2 * KEPT
    assert whole["metrics"]["ctr"]["n"] == sum(
        1 for one in forecasts if one.metric == "ctr" and one.forecasts["last value"]
    )
