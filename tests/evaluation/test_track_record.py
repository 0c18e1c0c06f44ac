"""The scoreboard: the first word counts, late words do not, and what cannot be judged says why."""

import math

import numpy as np
import orjson
import pytest

from reflection.domain.evidence import Counts, Evidence
from reflection.domain.planner_forecast import REFERENCES
from reflection.domain.ports import ForecastRow
from reflection.evaluation import track_record
from reflection.evaluation.forecast_outcomes import judge
from reflection.evaluation.track_record import ADVICE, holdback_record, scoreboard


def _evidence(campaign_id: str, conversions: float, day: int = 20_000, platform: str = "meta") -> Evidence:
    counts = Counts(10_000, 200, conversions, 100.0, None)
    return Evidence(campaign_id, day, f"platform:{platform}", "objective:x", "ada", "EUR", counts, counts, ())


def _row(campaign_id: str | None = "c1", point: float | None = 10.0, **changes: object) -> ForecastRow:
    given = {
        "issuer": "ada", "version": "1", "issued_at": "2026-01-01T00:00:00+00:00", "metric": "conversions",
        "point": point, "campaign_id": campaign_id, "platform": "Meta", **changes,
    }  # fmt: skip
    return ForecastRow(**given)


def _board(rows: list[ForecastRow], actuals: dict[str, Evidence], **more: object) -> dict[str, object]:
    board = scoreboard(rows, actuals, goal_metric="conversions_per_spend", **more)
    orjson.dumps(board)
    return board


def test_the_shape_is_the_contract():
    board = _board([_row()], {"c1": _evidence("c1", 12)})
    assert set(board) == {"issuers", "over_time", "probabilities", "findings", "advice", "holdback"}
    row = board["issuers"][0]
    assert set(row) == {"issuer", "metric", "platform", "n", "bias", "mae_log", "coverage", "crps", "crps_skill"}
    assert set(row["coverage"]) == {"50", "80", "90"}


def test_bias_and_error_are_log_ratios():
    row = _board([_row(point=10.0)], {"c1": _evidence("c1", 20)})["issuers"][0]
    assert row["bias"] == pytest.approx(math.log(20.5 / 10.5))
    assert row["mae_log"] == row["crps"] == pytest.approx(math.log(20.5 / 10.5))
    assert row["coverage"] == {"50": None, "80": None, "90": None}


def test_an_issuer_is_scored_on_each_platform_and_on_all():
    rows = [_row("c1"), _row("c2", platform="Google")]
    found = _board(rows, {"c1": _evidence("c1", 9), "c2": _evidence("c2", 9)})["issuers"]
    assert sorted((row["platform"] or "", row["n"]) for row in found) == [("", 2), ("google", 1), ("meta", 1)]


def test_the_first_forecast_counts_and_later_ones_do_not():
    (judged,) = judge([_row(point=10.0), _row(point=99.0)], {"c1": _evidence("c1", 10)})
    assert judged.row.point == 10.0


def test_a_forecast_registered_after_the_outcome_is_too_late():
    early = _row(issuer="agent", detail={"source": "api"})
    late = _row(issuer="late", detail={"source": "api"})
    issuers = {one.row.issuer for one in judge([early, _row(), late], {"c1": _evidence("c1", 10)})}
    assert issuers == {"agent", "ada"}


def test_figures_that_are_no_forecast_are_not_scored():
    references = [_row(issuer=name) for name in ("Previous-Period", *REFERENCES)]

    assert judge(references, {"c1": _evidence("c1", 10)}) == []


def test_forecasts_without_an_outcome_wait():
    assert judge([_row("c2")], {"c1": _evidence("c1", 10)}) == []
    assert judge([_row(currency="USD", metric="cpa")], {"c1": _evidence("c1", 10)}) == []


def test_intervals_are_counted_as_held_or_not():
    quantiles = {"0.05": 5.0, "0.25": 8.0, "0.5": 10.0, "0.75": 12.0, "0.95": 20.0}
    rows = [_row(f"c{k}", quantiles=quantiles) for k in range(4)]
    actuals = {f"c{k}": _evidence(f"c{k}", value) for k, value in enumerate((10, 13, 19, 40))}
    coverage = _board(rows, actuals)["issuers"][0]["coverage"]
    assert coverage == {"50": 0.25, "80": None, "90": 0.75}


def test_skill_is_against_the_mean_of_earlier_outcomes_only():
    rng = np.random.default_rng(1)
    values = rng.lognormal(3, 0.6, 60)
    rows = [_row(f"c{k}", point=float(value)) for k, value in enumerate(values)]
    actuals = {f"c{k}": _evidence(f"c{k}", float(value * rng.lognormal(0, 0.1))) for k, value in enumerate(values)}
    assert _board(rows, actuals)["issuers"][0]["crps_skill"] > 0.7
    assert judge(rows, actuals)[0].naive is None


def test_probabilities_are_scored_with_their_reliability():
    rows = [_row(f"c{k}", issuer="engine", detail={"p_reached": 0.8, "planner": 10.0}) for k in range(10)]
    actuals = {f"c{k}": _evidence(f"c{k}", 12 if k < 8 else 5) for k in range(10)}
    (found,) = _board(rows, actuals)["probabilities"]
    assert found["brier"] == pytest.approx(0.16)
    assert found["bins"][0]["happened"] == pytest.approx(0.8)


def test_a_cost_is_reached_from_below():
    rows = [_row(issuer="engine", metric="cpa", point=12.0, detail={"p_reached": 0.9, "planner": 20.0})]
    (found,) = _board(rows, {"c1": _evidence("c1", 10)})["probabilities"]
    assert found["brier"] == pytest.approx(0.01)


def test_periods_are_scored_once_they_are_over():
    period = {"period_start": "2024-10-04T00:00:00+00:00", "period_end": "2024-10-06T00:00:00+00:00"}
    actuals = {
        "c1": _evidence("c1", 10, 20_000), "c2": _evidence("c2", 20, 20_001),
        "c3": _evidence("c3", 5, 20_001, "google"),
    }  # fmt: skip
    row = _row(None, point=30.0, detail={"source": "api"}, **period)
    assert judge([row], actuals) == []
    over = {**actuals, "c4": _evidence("c4", 1, 20_009)}
    (judged,) = judge([row], over)
    assert judged.outcome == pytest.approx(math.log(30.5))


def test_findings_are_held_against_what_they_promised():
    body = {"lfsr": 0.02, "direction": "favorable"}
    states = ("established",) * 3 + ("superseded",)
    established = [{"state": state, "body": body, "latest": body} for state in states]
    findings = track_record.findings_record(established)
    assert findings["replicated"] == 0.75
    established[0]["latest"] = {**body, "direction": "unfavorable"}  # it holds, the other way round
    assert track_record.findings_record(established)["replicated"] == 0.5
    assert findings["promised"] == pytest.approx(0.98)
    assert track_record.findings_record([])["reason"] == "no learning was established yet"


def test_advice_is_predicted_against_measured():
    detail = {"recommendation_id": "r", "baseline_log": math.log(0.1), "lift_mean": 0.2, "p_better": 0.9}
    names = [f"c{k}" for k in range(3)]
    given = {"issuer": ADVICE, "metric": "conversions_per_spend", "point": 0.12, "detail": detail}
    rows = [_row(name, **given) for name in names]
    actuals = {f"c{k}": _evidence(f"c{k}", value) for k, value in enumerate((11, 12, 13))}
    advice = _board(rows, actuals)["advice"]
    assert advice["n"] == 3
    assert advice["predicted_lift"] == pytest.approx(math.exp(0.2))
    assert advice["measured_lift"] == pytest.approx(1.25, abs=0.02)
    assert advice["same_direction"] == 1.0
    assert "no proof" in advice["reason"]


def test_the_hold_back_gives_an_interval_or_says_why_not():
    rng = np.random.default_rng(2)
    assignments, actuals = [], {}
    for k in range(400):
        treated = bool(rng.random() < 0.8)
        assignments.append({"unit": f"c{k}", "treated": treated, "probability": 0.8})
        actuals[f"c{k}"] = _evidence(f"c{k}", float(rng.poisson(40 * np.exp(0.3 * treated + rng.normal(0, 0.1)))))
    found = holdback_record(assignments, actuals, "conversions_per_spend")
    low, high = found["interval"]
    assert low < math.exp(0.3) < high
    assert low > 1.0
    few = holdback_record(assignments[:5], actuals, "conversions_per_spend")
    assert not few["evaluable"]
    assert few["reason"].startswith("not evaluable")
    assert holdback_record([], {}, "roas")["reason"] == "not evaluable: no assignment was logged"
    waiting = holdback_record(assignments[:5], {}, "roas")
    assert waiting["reason"] == "not evaluable: none of the campaigns assigned (5) has an outcome yet"
