"""Write data/samples/campaign_history.json: forty invented campaigns with a planted truth.

The truth is stated in data/samples/README.md; anybody can check what the engine learns against it. Deterministic:
running it again writes the same file. Must not know the engine: it only writes JSON.
"""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

CTR, CVR, CPM, AOV = 0.014, 0.035, 22.0, 90.0
PLATFORMS = {
    "Meta": (1.15, 1.00, 1.0),
    "Google": (1.0, 1.10, 1.0),
    "TikTok": (1.0, 0.85, 0.7),
    "LinkedIn": (0.75, 1.05, 1.8),
}
"""Lift on CTR, CVR, CPM."""
AUDIENCES = {
    "Students 18-25": ({"age_range": "18-25", "city_tier": "Tier-1", "segment": "students"}, 1.0, 1.45),
    "Young professionals 26-34": ({"age_range": "26-34", "city_tier": "Tier-1", "segment": "professionals"}, 1.0, 1.0),
    "Career changers 35-44": ({"age_range": "35-44", "city_tier": "Tier-2", "segment": "career changers"}, 1.0, 0.95),
    "Parents 35-44": ({"age_range": "35-44", "city_tier": "Tier-2", "segment": "parents"}, 1.0, 0.70),
}
"""Attributes, lift on CTR, lift on CVR."""
CREATIVES = {
    "video": (1.50, "From scroll to signup in 15 seconds", "Creator before-and-after proof."),
    "image": (0.85, "Learn to code this summer", "Twelve weeks, one project, one mentor."),
    "carousel": (1.00, "Five projects you will ship", "Swipe through what graduates built."),
    "text": (0.75, "Evening bootcamp, pay later", "Classes after work; pay when you earn."),
}
PLANNERS = {"planner_a": 1.0, "planner_b": 0.75}
"""Fact over forecast of conversions: planner_b promises a third too much."""
OBJECTIVES = ("Lead Generation", "Sales", "App Installs")
FAULT = "cmp_h31_google_sales"


def main() -> None:
    """Write the forty campaigns."""
    rng = np.random.default_rng(20260329)
    start = datetime(2025, 4, 7, 9, 0, tzinfo=UTC)
    campaigns = [make_campaign(rng, index, start + timedelta(days=8 * index)) for index in range(40)]
    target = Path(__file__).parents[1] / "data" / "samples" / "campaign_history.json"
    target.write_text(json.dumps(campaigns, indent=1) + "\n", encoding="utf-8")


def make_campaign(rng: np.random.Generator, index: int, when: datetime) -> dict[str, object]:
    """One campaign: its cells drawn from the planted truth, its forecast from its planner's habit."""
    platform = list(PLATFORMS)[int(rng.choice(4, p=[0.4, 0.25, 0.2, 0.15]))]
    objective = OBJECTIVES[int(rng.integers(3))]
    names = sorted(rng.choice(list(AUDIENCES), int(rng.integers(2, 4)), replace=False))
    kinds = sorted(rng.choice(list(CREATIVES), int(rng.integers(2, 4)), replace=False))
    level = {name: float(np.exp(rng.normal(0, 0.18))) for name in ("ctr", "cvr", "cpm", "aov")}
    cells = [make_cell(rng, platform, name, kind, level) for name in names for kind in kinds]
    campaign_id = f"cmp_h{index:02d}_{platform.lower()}_{objective.split()[0].lower()}"
    planner = list(PLANNERS)[int(rng.integers(2))]
    actual = totals([cell["metrics"] for cell in cells])
    if campaign_id == FAULT:
        actual["conversions"] = round(actual["conversions"] * 60)
        cells = []
    return {
        "campaign_id": campaign_id,
        "platform": platform,
        "objective": objective,
        "expected_metrics": forecast(rng, platform, actual["spend"], PLANNERS[planner]),
        "actual_metrics": actual,
        "audiences": [{"name": name, "attributes": AUDIENCES[name][0]} for name in names],
        "creatives": [
            {"id": f"crt_{kind}", "type": kind, "headline": CREATIVES[kind][1], "primary_text": CREATIVES[kind][2]}
            for kind in kinds
        ],
        "breakdown": cells,
        "planner": planner,
        "currency": "USD",
        "timestamp": when.isoformat(),
    }


def make_cell(
    rng: np.random.Generator, platform: str, audience: str, kind: str, level: dict[str, float]
) -> dict[str, object]:
    """Counts of one audience x creative cell."""
    ctr_lift, cvr_lift, cpm_lift = PLATFORMS[platform]
    _, audience_ctr, audience_cvr = AUDIENCES[audience]
    impressions = int(rng.lognormal(np.log(24_000), 0.6))
    ctr = CTR * ctr_lift * audience_ctr * CREATIVES[kind][0] * level["ctr"] * np.exp(rng.normal(0, 0.05))
    clicks = int(rng.binomial(impressions, min(ctr, 0.5)))
    cvr = CVR * cvr_lift * audience_cvr * level["cvr"] * np.exp(rng.normal(0, 0.05))
    conversions = int(rng.binomial(clicks, min(cvr, 0.5)))
    spend = round(impressions / 1000 * CPM * cpm_lift * level["cpm"] * float(np.exp(rng.normal(0, 0.05))), 2)
    revenue = round(float(rng.gamma(conversions, AOV * level["aov"])) if conversions else 0.0, 2)
    metrics = {
        "impressions": impressions,
        "clicks": clicks,
        "conversions": conversions,
        "spend": spend,
        "revenue": revenue,
    }
    return {"audience": audience, "creative": f"crt_{kind}", "metrics": metrics}


def totals(rows: list[dict[str, float]]) -> dict[str, float]:
    """Sums of the cells."""
    names = ("impressions", "clicks", "conversions", "spend", "revenue")
    return {name: round(sum(row[name] for row in rows), 2) for name in names}


def forecast(rng: np.random.Generator, platform: str, spend: float, honesty: float) -> dict[str, float]:
    """What the planner promised for this spend: the platform's usual rates, with noise and the planner's habit."""
    ctr_lift, cvr_lift, cpm_lift = PLATFORMS[platform]
    impressions = int(spend / (CPM * cpm_lift) * 1000 * np.exp(rng.normal(0, 0.1)))
    clicks = int(impressions * CTR * ctr_lift * np.exp(rng.normal(0, 0.1)))
    conversions = round(clicks * CVR * cvr_lift / honesty)
    return {
        "impressions": impressions,
        "clicks": clicks,
        "conversions": conversions,
        "spend": round(spend, 2),
        "revenue": round(conversions * AOV, 2),
    }


if __name__ == "__main__":
    main()
