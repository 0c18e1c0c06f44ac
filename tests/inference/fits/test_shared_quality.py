"""A campaign's shared quality is seen, and reaches everything composed: scatter, effects, plans."""

import numpy as np
import pytest

from reflection.domain.evidence import Cell, Counts, Evidence
from reflection.domain.metrics import METRICS
from reflection.domain.plan import Plan
from reflection.domain.scatter import composed_scatter
from reflection.forecasting.calibration import EMPTY
from reflection.forecasting.plan_evaluation import evaluate
from reflection.inference.evidence.dataset import Dataset
from reflection.inference.fits import posterior
from reflection.inference.fits.fit import fit_metrics
from reflection.inference.learn import learn

OWN = 0.12


def _account(quality: float, count: int = 150) -> list[Evidence]:
    """Campaigns that differ by a quality which lifts CTR and CVR and cheapens CPM."""
    rng, made = np.random.default_rng(7), []
    for index in range(count):
        shared = rng.normal(0, quality)
        cpm = 8.0 * np.exp(rng.normal(0, OWN) - shared)
        clicks = float(rng.poisson(200_000 * 0.012 * np.exp(rng.normal(0, OWN) + shared)))
        orders = float(rng.poisson(clicks * 0.05 * np.exp(rng.normal(0, OWN) + shared)))
        actual = Counts(200_000, clicks, orders, 200 * cpm, 50.0 * orders)
        platform, creative = f"platform:{('meta', 'google')[index % 2]}", f"creative.type:{('a', 'b', 'c')[index % 3]}"
        cell = Cell({platform: 1.0, "objective:sales": 1.0, creative: 1.0}, actual)
        made.append(
            Evidence(f"c{index:03d}", 20_000, platform, "objective:sales", None, "EUR", actual, actual, (cell,))
        )
    return made


@pytest.fixture(scope="module")
def good() -> list[Evidence]:
    return _account(0.25)


def test_what_is_planted_is_seen_and_nothing_where_nothing_is(good: list[Evidence]):
    found, none = (learn(evidence).correlations for evidence in (good, _account(0.0)))
    planted = 0.25**2 / (0.25**2 + OWN**2)

    assert found["ctr"]["cvr"] == pytest.approx(planted, abs=0.12)
    assert found["ctr"]["cpm"] == pytest.approx(-planted, abs=0.12)
    assert found["cpm"]["ctr"] == pytest.approx(found["ctr"]["cpm"])
    assert abs(none["ctr"]["cpm"]) < 0.25


def test_the_scatter_of_what_is_composed_is_that_of_the_campaigns(good: list[Evidence]):
    knowledge = learn(good)
    cpa = np.array([METRICS["cpa"].value(one.actual) for one in good], dtype=float)

    assert posterior.scatter(knowledge, "cpa") == pytest.approx(np.log(cpa).std(), rel=0.12)
    apart = composed_scatter("cpa", {part: knowledge.posteriors[part].sigma for part in ("cpm", "ctr", "cvr")}, {})
    assert posterior.scatter(knowledge, "cpa") > 1.3 * apart


def test_intervals_of_composed_effects_and_plans_are_wider_for_it(good: list[Evidence]):
    fits = fit_metrics(Dataset.of(good))
    parts = np.sqrt(sum(fits.effects(part).sd ** 2 for part in ("cpm", "ctr", "cvr")))
    column = next(i for i, feature in enumerate(fits.layout.features) if str(feature) == "creative.type:a")
    assert fits.effects("cpa").sd[column] > 1.15 * parts[column]

    plan = Plan(
        platform="Meta", objective="Sales", budget=1_600.0, currency="EUR", creatives=[{"id": "x", "type": "a"}]
    )
    (answer,) = evaluate([("p", plan)], learn(good), EMPTY)["plans"]
    low, high = answer["metrics"]["cpa"]["intervals"]["90"]
    held = np.mean([low <= METRICS["cpa"].value(one.actual) <= high for one in good])  # type: ignore[operator]
    assert 0.84 <= held <= 0.96


def test_the_order_of_arrival_does_not_matter(good: list[Evidence]):
    assert learn(good[:40]).correlations == learn(reversed(good[:40])).correlations
