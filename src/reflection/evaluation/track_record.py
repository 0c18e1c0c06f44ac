"""The scoreboard: were the forecasts, the probabilities, the findings and the advice right?

Every claim is judged by what it said when it was made: the first forecast of an issuer for a campaign counts, one that
was registered after the campaign's outcome does not. Errors are on the log scale (.10 is about 10 %), so campaigns of
all sizes and currencies count alike. Pure: register and outcomes in, figures out; must not know stores.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from reflection.domain.evidence import Evidence
from reflection.domain.forecast_register import ADVICE, ISSUER
from reflection.domain.metrics import METRICS, log_of, log_value
from reflection.domain.ports import ForecastRow
from reflection.evaluation.coverage_by_month import coverage_by_month
from reflection.evaluation.forecast_outcomes import LEVELS, ForecastOutcome, judge
from reflection.stats.honesty import scoring_rules

RECENT = 50


def scoreboard(
    register: Iterable[ForecastRow],
    actuals: Mapping[str, Evidence],
    *,
    goal_metric: str,
    established: Sequence[Mapping[str, Any]] = (),
    assignments: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """Everything that can be scored.

    Args:
        register: the forecast register in the order of entry.
        actuals: live evidence by campaign id.
        goal_metric: what hold-back and advice are judged on.
        established: learnings ever established, with their state now and their body then.
        assignments: hold-back assignments in order.

    Returns:
        {issuers[], over_time[], probabilities[], findings{}, advice{}, holdback{}}, JSON-able.
    """
    judged = judge(register, actuals)
    forecasts = [case for case in judged if case.row.issuer != ADVICE]
    advice = [case for case in judged if case.row.issuer == ADVICE]
    return {
        "issuers": _issuers(forecasts),
        "probabilities": _probabilities(forecasts, advice),
        "findings": findings_record(established),
        "over_time": coverage_by_month(
            (case.row.issuer, case.row.metric, evidence.day, hit)
            for case in forecasts
            if (hit := case.hit("90")) is not None and (evidence := actuals.get(case.row.campaign_id or ""))
        ),
        "advice": advice_record(advice),
        "holdback": holdback_record(assignments, actuals, goal_metric),
    }


def _issuers(judged: Sequence[ForecastOutcome]) -> list[dict[str, Any]]:
    groups: dict[tuple[str, str, str], list[ForecastOutcome]] = {}
    for case in judged:
        for platform_name in {"", case.platform_name or ""}:
            groups.setdefault((case.row.issuer, case.row.metric, platform_name), []).append(case)
    ordered = sorted(groups.items(), key=lambda item: (item[0][0] != ISSUER, *item[0]))
    return [
        {"issuer": issuer, "metric": metric, "platform": platform_name or None, **_figures(own)}
        for (issuer, metric, platform_name), own in ordered
    ]


def _figures(judged: Sequence[ForecastOutcome]) -> dict[str, Any]:
    errors = [case.outcome - case.point for case in judged if case.point is not None]
    scored = [(case.crps, case.outcome, case.naive) for case in judged if case.crps is not None]
    paired = [(crps, abs(outcome - naive)) for crps, outcome, naive in scored if naive is not None]
    return {
        "n": len(judged),
        "bias": _mean(errors),
        "mae_log": _mean([abs(error) for error in errors]),
        "coverage": {
            level: _mean([hit for case in judged if (hit := case.hit(level)) is not None]) for level in LEVELS
        },
        "crps": _mean([crps for crps, _, _ in scored if crps is not None]),
        "crps_skill": scoring_rules.skill(
            [crps for crps, _ in paired if crps is not None], [base for _, base in paired]
        ),
    }


def _probabilities(forecasts: Sequence[ForecastOutcome], advice: Sequence[ForecastOutcome]) -> list[dict[str, Any]]:
    groups: dict[tuple[str, str, str], list[tuple[float, bool]]] = {}
    for case in forecasts:
        stated, planner = case.row.detail.get("p_reached"), case.row.detail.get("planner")
        bound = None if planner is None else log_of(case.row.metric, float(planner))
        if stated is not None and bound is not None:
            rise_favors = METRICS[case.row.metric].favors(True)
            reached = case.outcome >= bound if rise_favors else case.outcome <= bound
            groups.setdefault((case.row.issuer, "plan reached", case.row.metric), []).append((float(stated), reached))
    for case in advice:
        stated = case.row.detail.get("p_better")
        if stated is not None:
            better = case.outcome > float(case.row.detail["baseline_log"])
            groups.setdefault((ADVICE, "better than without", case.row.metric), []).append((float(stated), better))
    rows = []
    for (issuer, claim, metric), pairs in sorted(groups.items()):
        p, y = [pair[0] for pair in pairs], [float(pair[1]) for pair in pairs]
        base = float(np.mean(y))
        rows.append(
            {
                "issuer": issuer, "claim": claim, "metric": metric, "n": len(pairs), "brier": scoring_rules.brier(p, y),
                "brier_base_rate": base * (1 - base),
                "bins": [asdict(share) for share in scoring_rules.reliability(p, y)],
            }
        )  # fmt: skip
    return rows


def findings_record(established: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """How many learnings once established still hold, and not the other way round, against what they promised."""
    if not established:
        return {"n": 0, "replicated": None, "promised": None, "states": {}, "reason": "no learning was established yet"}
    states: dict[str, int] = {}
    for learning in established:
        states[learning["state"]] = states.get(learning["state"], 0) + 1
    promised = [
        1.0 - float(learning["body"]["lfsr"]) for learning in established if learning["body"].get("lfsr") is not None
    ]
    ended = sum(
        one["state"] in ("superseded", "retired") or one["body"]["direction"] != one["latest"]["direction"]
        for one in established
    )
    return {
        "n": len(established),
        "replicated": 1.0 - ended / len(established),
        "promised": _mean(promised),
        "states": states,
        "reason": None,
    }


def advice_record(advice: Sequence[ForecastOutcome]) -> dict[str, Any]:
    """What following advice was predicted to bring, against what campaigns that followed it measured (as lifts)."""
    if not advice:
        return {"n": 0, "reason": "no campaign named or matched a recommendation yet", "outcomes": []}
    measured = [case.outcome - float(case.row.detail["baseline_log"]) for case in advice]
    predicted = [float(case.row.detail["lift_mean"]) for case in advice]
    spread = float(np.std(measured, ddof=1)) / np.sqrt(len(measured)) if len(measured) > 1 else None
    mean = float(np.mean(measured))
    return {
        "n": len(advice),
        "predicted_lift": float(np.exp(np.mean(predicted))),
        "measured_lift": float(np.exp(mean)),
        "measured_interval": None
        if spread is None
        else [float(np.exp(mean - 1.645 * spread)), float(np.exp(mean + 1.645 * spread))],
        "same_direction": _mean([m * p > 0 for m, p in zip(measured, predicted, strict=True)]),
        "coverage_90": _mean([hit for case in advice if (hit := case.hit("90")) is not None]),
        "reason": "campaigns that followed advice chose to: this is no proof that advice helps, the hold-back is",
        "outcomes": [
            {
                "recommendation_id": case.row.detail.get("recommendation_id"), "campaign_id": case.row.campaign_id,
                "matched": case.row.detail.get("matched"), "predicted": float(np.exp(p)), "measured": float(np.exp(m)),
                "signal": case.row.detail.get("signal"), "lane": case.row.detail.get("lane"),
                "metric": case.row.metric, "held_90": case.hit("90"),
            }
            for case, m, p in zip(advice, measured, predicted, strict=True)
        ],
    }  # fmt: skip


def holdback_record(
    assignments: Sequence[Mapping[str, Any]], actuals: Mapping[str, Evidence], goal_metric: str
) -> dict[str, Any]:
    """Effect of giving advice on the goal metric, from the randomised hold-back; or why there is none."""
    measured = [
        (outcome, bool(assignment["treated"]), float(assignment["probability"]))
        for assignment in assignments
        if assignment["unit"] in actuals
        and (outcome := log_value(goal_metric, actuals[assignment["unit"]].actual)) is not None
    ]
    effect = scoring_rules.anytime_effect(
        [outcome for outcome, _, _ in measured], [treated for _, treated, _ in measured], [p for _, _, p in measured]
    )
    reason = effect.reason
    if assignments and not measured:
        reason = f"none of the campaigns assigned ({len(assignments)}) has an outcome yet"
    return {
        "metric": goal_metric,
        "assigned": len(assignments),
        "n": effect.n,
        "treated": effect.treated,
        "lift": None if effect.effect is None else float(np.exp(effect.effect)),
        "interval": None if effect.interval is None else [float(np.exp(bound)) for bound in effect.interval],
        "evaluable": effect.effect is not None,
        "reason": None if reason is None else f"not evaluable: {reason}",
    }


def _mean(values: Sequence[float]) -> float | None:
    return float(np.mean(values)) if values else None
