"""Densities of single components: exact along each group's standard deviation, and tables that are distributions."""

import numpy as np
import pytest

from reflection.stats.posterior.conditional_densities import ConditionalDensities, _profiles
from reflection.stats.posterior.gaussian_posterior import Model
from reflection.stats.posterior.normal_scores import log_sd, normal_score
from reflection.stats.posterior.variance_components import mode_of
from reflection.stats.sums.columns import INTERCEPT, Feature
from reflection.stats.sums.design import Design, Rows
from reflection.stats.sums.sufficient_statistics import SufficientStatistics

KNOTS = np.array([-4.0, -1.5, -0.2, 0.6, 2.5])


@pytest.fixture(scope="module")
def model() -> Model:
    """A group with effects, one without, an incomplete interaction, one that cannot be told apart, and a slope."""
    rng = np.random.default_rng(8)
    rows, effects = [], rng.normal(0, 0.4, 5)
    which = rng.integers(5, size=90)
    for level in which.tolist():
        other = int(rng.integers(3))
        cross = Feature("platform*age", f"p{level}*a{other}")
        alone = Feature("alone*age", f"x{level}*a{level}")
        rows.append(
            {
                INTERCEPT: 1.0,
                Feature("platform", f"p{level}"): 1.0,
                Feature("age", f"a{other}"): 1.0,
                cross: 1.0,
                alone: 1.0,
                Feature("~size", ""): float(rng.normal()),
            }
        )
    statistics = SufficientStatistics()
    statistics.add(Rows.of(Design.of(rows), effects[which] + rng.normal(0, 0.2, 90), np.full(90, 0.01)))
    return Model(statistics.view())


def test_along_one_standard_deviation_the_evidence_is_that_of_the_posterior_there(model: Model):
    at_mode, first, groups = mode_of(model).posterior, len(model.strata), len(model.layout.groups)
    found = _profiles(model, at_mode, np.tile(KNOTS, (groups, 1)))
    for group in range(groups):
        for place, log_tau in enumerate(log_sd(KNOTS, model.rates[first + group]).tolist()):
            at = at_mode.components.copy()
            at[first + group] = log_tau
            expected = model.posterior(at).log_evidence - at_mode.log_evidence
            assert found[group, place] == pytest.approx(expected, abs=1e-6), model.layout.groups[group]


def test_tables_are_distributions_and_scores_lead_back_to_where_they_came_from(model: Model):
    at_mode = mode_of(model).posterior
    centre = normal_score(at_mode.components, model.rates)
    densities = ConditionalDensities.around(model, at_mode, centre, np.full(len(centre), 0.4))
    normal = np.random.default_rng(2).normal(size=(4_000, len(centre)))
    scores = densities.scores(normal)

    assert (np.diff(densities.below) >= 0).all()
    assert densities.below[:, 0].tolist() == [0.0] * len(centre)
    np.testing.assert_allclose(densities.below[:, -1], 1.0)
    np.testing.assert_allclose(densities.normal(scores), normal, atol=1e-6)
    for component, knots in enumerate(densities.knots):
        middle, width = (knots[1:] + knots[:-1]) / 2, np.diff(knots)
        height = np.exp(densities.log_density(np.repeat(middle[:, None], len(centre), axis=1))[:, component])
        assert (height * width).sum() == pytest.approx(1.0)
        mean = float((height * width * middle).sum())
        assert scores[:, component].mean() == pytest.approx(mean, abs=4 * scores[:, component].std() / np.sqrt(4_000))
