"""The short forms that tools answer with: JSON of a route in, JSON of a tool out.

A field that has a route's name has the route's value. Lists are cut where
an answer would fill a model's window. Pure; must not know who asks.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from reflection.domain.creative_text import TEXT_GROUP

Json = dict[str, Any]
Answer = Mapping[str, Any]

MOST_CAMPAIGNS = 20
"""Ids that an answer lists of each kind; how many more there are is said."""

MOST_REVISIONS = 10
MOST_DRIVERS = 4
MOST_CARDS = 20
MOST_FINDINGS = 20
MOST_SCORES = 100
_PLAN_METRIC = ("planner", "calibrated", "p_target", "p_better", "identified")
_CARD = (
    "id", "lane", "sentence", "action", "signal", "metric", "platform", "effect", "interval", "p_better",
    "false_sign_rate", "stake", "expected_gain", "downside_5", "currency", "campaigns", "rows", "spend", "grade",
)  # fmt: skip
_LISTED = ("campaign_id", "name", "platform", "objective", "timestamp", "state", "verdict", "performance_score")
_SCORE = ("issuer", "metric", "n", "bias", "mae_log", "crps_skill")


def what_works(page: Answer) -> Json:
    """GET /v1/effects: which differences hold beyond chance, and which cannot be told from noise."""
    findings, noise = page["findings"], page["not_evidence"]
    return {
        "statement": page["reason"]
        or f"{findings} of {findings + noise} differences hold beyond chance; of the others nothing can be said yet.",
        **_freshness(page),
        "findings": findings,
        "not_evidence": noise,
        "items": [
            {
                "signal": item["signal"],
                "label": item["label"],
                "metric": item["metric"],
                "value": item["effect"],
                "low_90": None if item["interval"] is None else item["interval"][0],
                "high_90": None if item["interval"] is None else item["interval"][1],
                "probability": item["probability"],
                "campaigns": item["campaigns"],
                "real_campaigns": item["real_campaigns"],
                "spend": item["spend"],
                "finding": item["finding"],
                "identified": item["identified"],
                "grade": item["grade"],
                "reason": item["reason"],
                "same_as": item["same_as"],
            }
            for item in page["items"]
        ],
        "next_cursor": page["next_cursor"],
    }


def text_effects(page: Answer) -> Json:
    """GET /v1/creative-effects: what headlines and texts do, and whether scores of creatives tell anything."""
    return {
        "statement": page["reason"] or f"{page['findings']} differences between texts hold beyond chance.",
        **_freshness(page),
        "findings": page["findings"],
        "items": [
            {
                "signal": f"{TEXT_GROUP}:{item['trait']}",
                **{name: item[name] for name in ("label", "metric")},
                "value": item["effect"],
                "low_90": item["interval"][0],
                "high_90": item["interval"][1],
                **{name: item[name] for name in ("probability", "campaigns", "finding", "grade", "reason")},
            }
            for item in page["items"]
        ],
        "score_statements": [judged["sentence"] for judged in page["scores"].values()],
    }


def _freshness(answer: Answer) -> Json:
    """What an answer is as of, and how many campaigns that lacks: by the same names as everywhere."""
    return {name: answer[name] for name in ("as_of", "pending")}


def recall(result: Answer) -> Json:
    """GET /v1/memory/search: what is remembered, why it fits, and how it turned out."""
    items = result["items"]
    return {
        "statement": f"{len(items)} things fit the question, the best first." if items else "Nothing fits.",
        "items": [{name: item[name] for name in ("id", "kind", "why", "outcome", "text")} for item in items],
        "recall_id": result["recall_id"],
        "degraded": result["degraded"],
        **_freshness(result),
    }


def allocation(answer: Answer) -> Json:
    """POST /v1/plans/allocate: what each plan gets, what that brings, and what it rests on less than one may think."""
    fields = ("plan_id", "amount", "was", "brings", "interval", "next_costs", "extrapolated")
    items = [
        {**{name: item[name] for name in fields}, "elasticity": item["elasticity"]["value"]} for item in answer["items"]
    ]
    own = ("budget", "currency", "metric", "total", "as_planned", "p_better", "leaning", "notes")
    return {"allocation": {**{name: answer[name] for name in own}, "items": items}}


def learning(detail: Answer) -> Json:
    """GET /v1/learnings/{id}: a claim, its state, who speaks for it and against it, and its history."""
    supporting = [item["campaign_id"] for item in detail["evidence"] if item["supports"]]
    against = [item["campaign_id"] for item in detail["evidence"] if not item["supports"]]
    history = detail["history"]
    return {
        "claim": detail["text"],
        **{name: detail[name] for name in ("id", "state", "reason", "effect", "interval", "since", "until")},
        **_freshness(detail),
        "for": supporting[:MOST_CAMPAIGNS],
        "against": against[:MOST_CAMPAIGNS],
        "left_out": max(0, len(supporting) - MOST_CAMPAIGNS) + max(0, len(against) - MOST_CAMPAIGNS),
        "history": [
            {name: row[name] for name in ("recorded_at", "state", "text", "reason")}
            for row in history[-MOST_REVISIONS:]
        ],
        "reviews": detail["reviews"][-MOST_REVISIONS:],
    }


def campaign_list(page: Answer) -> Json:
    """GET /v1/campaigns: one line a campaign."""
    return {
        **_freshness(page),
        "held": page["held"],
        "items": [{name: item[name] for name in _LISTED} for item in page["items"]],
        "next_cursor": page["next_cursor"],
    }


def retrospective(report: Answer, analysis: Answer) -> Json:
    """A campaign's report and analysis: the five lines, what moved and how surely, and what moved it."""
    comparison = analysis["comparison_report"]
    return {
        "campaign_id": comparison["campaign_id"],
        "summary": report["summary"],
        "verdict": comparison["verdict"],
        "basis": comparison["basis"],
        "currency": comparison["currency"],
        "moved": [_movement(name.removesuffix("_diff"), delta) for name, delta in comparison["deltas"].items()],
        "drivers": [
            {
                "kpi": table["kpi"],
                "drivers": [
                    {name: driver[name] for name in ("factor", "contribution", "interval", "beyond_noise")}
                    for driver in table["drivers"]
                ],
            }
            for table in comparison["drivers"]
        ],
        "findings": [
            {name: finding[name] for name in ("finding_id", "title", "effect", "interval", "metric")}
            for finding in analysis["pattern_report"]["pattern_report"][:MOST_FINDINGS]
        ],
        "notes": report["notes"],
        "known_as_of": analysis["known_as_of"],
        **_freshness(analysis),
    }


def _movement(metric: str, delta: Answer) -> Json:
    return {
        "metric": metric,
        "expected": delta["expected"],
        "value": delta["actual"],
        "interval": delta["interval"],
        "verdict": _verdict(delta),
    }


def _verdict(delta: Answer) -> str:
    if delta["pct_diff"] is None or delta["beyond_noise"] is None:
        return "unknown"
    if not delta["beyond_noise"]:
        return "noise"
    return "better" if delta["favorable"] else "worse"


def plans(answer: Answer) -> Json:
    """POST /v1/plans/evaluate: what each plan will probably do, with odds, and what cannot be said."""
    return {
        **_freshness(answer),
        "plans": [
            {
                "plan_id": plan["plan_id"],
                "metrics": {name: _plan_metric(metric) for name, metric in plan["metrics"].items()},
                "drivers": plan["drivers"][:MOST_DRIVERS],
                "notes": plan["notes"],
            }
            for plan in answer["plans"]
        ],
        "total": answer["total"],
    }


def _plan_metric(metric: Answer) -> Json:
    intervals = metric["intervals"]
    return {
        **{name: metric[name] for name in _PLAN_METRIC},
        "intervals": {level: intervals[level] for level in ("50", "90") if level in intervals},
    }


def recommendations(answer: Answer) -> Json:
    """GET /v1/recommendations: the sentences first, then each card with its odds and evidence."""
    return {
        "recommendations": answer["recommendations"][:MOST_CARDS],
        **_freshness(answer),
        "reason": answer["reason"],
        "cards": [_card(card) for card in answer["cards"][:MOST_CARDS]],
        "cards_left_out": max(0, len(answer["cards"]) - MOST_CARDS),
        "tests": answer["tests"],
        "next_test": answer["next_test"],
        "next_test_reason": answer["next_test_reason"],
        "holdback": answer["holdback"],
    }


def _card(card: Answer) -> Json:
    return {
        **{name: card[name] for name in _CARD if name in card},
        "evidence_for": card["evidence_for"][:MOST_CAMPAIGNS],
        "evidence_against": card["evidence_against"][:MOST_CAMPAIGNS],
    }


def track_record(answer: Answer, issuer: str | None) -> Json:
    """GET /v1/track-record: of each issuer and metric over all platforms, or of one issuer on every platform."""
    rows: Iterable[Answer] = answer["issuers"]
    scores = [row for row in rows if (row["platform"] is None if issuer is None else row["issuer"] == issuer)]
    return {
        **_freshness(answer),
        "campaigns": answer["campaigns"],
        "issuers": [_score(row, with_platform=issuer is not None) for row in scores[:MOST_SCORES]],
        "issuers_left_out": max(0, len(scores) - MOST_SCORES),
        "findings": answer["findings"],
        "advice": {name: answer["advice"][name] for name in ("n", "reason")},
        "holdback": answer["holdback"],
    }


def _score(row: Answer, *, with_platform: bool) -> Json:
    platform = {"platform": row["platform"]} if with_platform else {}
    return {**{name: row[name] for name in _SCORE}, "coverage_90": row["coverage"]["90"], **platform}


def draft(analysis: Answer, token: str) -> Json:
    """A dry run of POST /analyze-campaign: what would be stored and said, and the word that confirms it."""
    comparison: Answer = analysis["comparison_report"]
    summary: Sequence[str] = comparison["summary"]
    return {
        "stored": False,
        "campaign_id": comparison["campaign_id"],
        "summary": summary,
        "replaces": analysis["stored_memory"]["replaced"],
        "learning": analysis["stored_memory"]["learning"],
        "notes": analysis["notes"],
        "confirm": token,
    }


def receipt(analysis: Answer) -> Json:
    """What POST /analyze-campaign stored."""
    return {
        "stored": True,
        "campaign_id": analysis["comparison_report"]["campaign_id"],
        "summary": analysis["comparison_report"]["summary"],
        "learning": analysis["stored_memory"]["learning"],
        "revision": analysis["stored_memory"]["revision"],
    }
