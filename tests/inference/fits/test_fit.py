"""From the table to fits: the planted truth is recovered, and thin evidence leads to wide answers, not to errors."""

import math

import numpy as np
import pytest

from reflection.domain.evidence import evidence_of
from reflection.inference.evidence.dataset import Dataset
from reflection.inference.evidence.observation import counts_of
from reflection.inference.fits import metric_fit as module
from reflection.inference.fits.fit import RECIPES, fit_metrics
from reflection.stats.honesty.diagnostics import Coverage, coverage
from reflection.stats.over_time.drift import is_walk
from reflection.stats.sums.campaign_size import SIZE
from reflection.stats.sums.columns import INTERCEPT, Feature


def _effect(fitted, metric, group, level):
    effects = fitted.effects(metric)
    column = effects.layout.column(Feature(group, level))
    return math.exp(effects.mean[column]), math.exp(effects.low[column]), math.exp(effects.high[column])


@pytest.mark.parametrize(
    ("metric", "group", "levels"),
    [
        ("ctr", "creative.type", {"video": 1.50, "image": 0.85, "carousel": 1.00, "text": 0.75}),
        ("ctr", "platform", {"meta": 1.15, "google": 1.0, "tiktok": 1.0, "linkedin": 0.75}),
        ("cpm", "platform", {"meta": 1.0, "google": 1.0, "tiktok": 0.7, "linkedin": 1.8}),
    ],
)
def test_planted_lifts_lie_near_their_estimates(fitted, metric, group, levels):
    center = math.exp(np.mean([math.log(lift) for lift in levels.values()]))
    for level, lift in levels.items():
        mean, low, high = _effect(fitted, metric, group, level)
        assert low < mean < high
        assert abs(math.log(mean / (lift / center))) < max(0.25, 2.5 * math.log(high / low) / 3.29)


def test_the_planted_scatter_between_campaigns_is_found(fitted):
    for metric in fitted.metrics.values():
        assert 0.08 < metric.posterior(metric.fit).sigma < 0.30


def test_references_are_the_pooled_rates(fitted):
    table = fitted.table
    assert fitted.metrics["ctr"].reference == pytest.approx(table.clicks.sum() / table.impressions.sum(), rel=1e-3)
    assert fitted.metrics["cpm"].reference == pytest.approx(
        1000 * table.spend.sum() / table.impressions.sum(), rel=1e-6
    )
    assert fitted.metrics["cpm"].posterior(fitted.effects("cpm")).reference == pytest.approx(
        fitted.metrics["cpm"].reference / 1000
    )


def test_composed_metrics_are_there_when_their_parts_are(fitted):
    assert fitted.names() == ("cpm", "ctr", "cvr", "aov", *RECIPES)


@pytest.mark.parametrize("metric", ["ctr", "cvr", "cpm", "aov", "cpa", "roas", "conversions_per_spend"])
def test_what_is_expected_of_all_cells_is_about_what_happened(fitted, metric):
    x, n = counts_of(metric, fitted.table)
    assert (n * fitted.expected_rate(metric)).sum() == pytest.approx(x.sum(), rel=0.25)


def test_composed_expectations_are_products_of_their_parts(fitted):
    cpa = fitted.expected_rate("cpm") / fitted.expected_rate("ctr") / fitted.expected_rate("cvr")
    np.testing.assert_allclose(fitted.expected_rate("cpa"), cpa, rtol=1e-9)
    np.testing.assert_allclose(fitted.expected_rate("conversions_per_spend"), 1 / cpa, rtol=1e-9)


def test_the_same_table_gives_the_same_fit_bit_by_bit(history_evidence, fitted):
    again = fit_metrics(fitted.table)
    for name, metric in fitted.metrics.items():
        np.testing.assert_array_equal(again.metrics[name].fit.mean, metric.fit.mean)
        np.testing.assert_array_equal(again.metrics[name].fit.draws, metric.fit.draws)


def test_nothing_delivered_fits_nothing(make_campaign):
    nothing = {"impressions": 0, "clicks": 0, "conversions": 0, "spend": 0.0, "revenue": None}
    found = fit_metrics(Dataset.of([evidence_of(make_campaign(actual=nothing))]))
    assert found.metrics == {}
    assert found.names() == ()


def test_without_revenue_there_is_no_order_value_and_no_roas(make_campaign):
    some = [evidence_of(make_campaign(campaign_id=name, actual={"revenue": None})) for name in "abc"]
    assert fit_metrics(Dataset.of(some)).names() == ("cpm", "ctr", "cvr", "cpa", "conversions_per_spend")


def test_rows_and_predictions_made_in_parts_are_those_made_at_once(fitted, monkeypatch):
    fit, design, table = fitted.metrics["ctr"].fit, fitted.design, fitted.table
    whole = design.predictor(fit)

    monkeypatch.setattr("reflection.inference.columns.design.ROWS_AT_ONCE", 7)

    assert design.predictor(fit).tobytes() == whole.tobytes()
    column = {feature: number for number, feature in enumerate(design.features)}
    mean = dict(zip(fit.layout.features, fit.mean.tolist(), strict=True))
    for cell in (0, 5, len(table.campaign) - 1):
        shares = design.shares[[cell]].toarray().ravel().tolist() + design.controls[[cell]].toarray().ravel().tolist()
        by_hand = mean[INTERCEPT] + sum(shares[column[feature]] * mean[feature] for feature in design.features)
        assert whole[cell] == pytest.approx(by_hand, abs=1e-12)


def test_indices_are_as_narrow_as_they_may_be(fitted):
    """Of a million campaigns, indices of eight bytes are a third of a gigabyte."""
    for matrix in (fitted.table.shares, fitted.design.shares, fitted.design.controls):
        assert (matrix.indices.dtype, matrix.indptr.dtype) == (np.int32, np.int32)


def _campaigns(make_campaign, log_rates, seed):
    """Campaigns of two signals with these rates, each on very many impressions."""
    rng = np.random.default_rng(seed)
    for number, log_rate in enumerate(log_rates):
        clicks = int(rng.poisson(200_000 * 0.02 * np.exp(log_rate)))
        yield evidence_of(
            make_campaign(
                campaign_id=f"c{number:03d}",
                platform=("Meta", "Google", "TikTok")[number % 3],
                creatives=[{"id": "v", "type": ("video", "text")[int(rng.integers(2))]}],
                actual={"impressions": 200_000, "clicks": clicks, "conversions": clicks // 20},
            )
        )


@pytest.mark.parametrize(("kinds", "least", "most"), [(0.0, 0.86, 0.94), (0.26, 0.65, 0.80)])
def test_kinds_of_campaigns_that_no_signal_tells_apart_show_when_campaigns_are_left_out(
    make_campaign, kinds, least, most
):
    """A quarter of the campaigns at four times the rate or a fourth of it: no single scatter fits all."""
    rng = np.random.default_rng(3)
    hidden = np.zeros(300)
    hidden[: int(300 * kinds)] = np.log(4) * (-1.0) ** np.arange(int(300 * kinds))
    log_rates = rng.permutation(hidden) + rng.normal(0, 0.1, 300)
    fitted = fit_metrics(Dataset.of(_campaigns(make_campaign, log_rates, 4)))
    judged = coverage(fitted.metrics["ctr"].left_out)

    assert judged.scores == 300
    assert least < judged.share < most
    assert fitted.metrics["ctr"].widening == (judged.widening if kinds else 1.0)
    assert (judged.widening > 1.2) is judged.failed is bool(kinds)


def test_where_the_check_fails_every_interval_of_the_metric_is_wider(make_campaign, monkeypatch):
    rng = np.random.default_rng(3)
    log_rates = rng.permutation(np.repeat([0.0, np.log(4), -np.log(4)], [60, 10, 10])) + rng.normal(0, 0.1, 80)
    table = Dataset.of(_campaigns(make_campaign, log_rates, 4))
    wide = fit_metrics(table).metrics["ctr"]
    monkeypatch.setattr(Coverage, "failed", False)
    narrow = fit_metrics(table).metrics["ctr"]

    assert (narrow.widening, wide.widening > 1.1) == (1.0, True)
    factor = wide.widening
    for name in ("low", "high"):
        reach, before = getattr(wide.fit, name) - wide.fit.mean, getattr(narrow.fit, name) - narrow.fit.mean
        np.testing.assert_allclose(reach, factor * before, rtol=1e-6)  # draws are single precision
    assert wide.fit.draws.std() > narrow.fit.draws.std()
    assert wide.posterior(wide.fit).sigma == pytest.approx(factor * narrow.posterior(narrow.fit).sigma)
    np.testing.assert_array_equal(wide.fit.mean, narrow.fit.mean)


def test_a_fit_of_very_many_columns_leaves_no_campaign_out(fitted, monkeypatch):
    assert all(len(metric.left_out) == 39 for metric in fitted.metrics.values())
    still = [feature for feature in fitted.layout.features if not is_walk(feature.group)]
    monkeypatch.setattr(module, "MANY_FEATURES", len(still) - 1)
    assert all(len(metric.left_out) == 0 for metric in fit_metrics(fitted.table).metrics.values())


def _sized(make_campaign, slope, seed=5, count=60):
    """Campaigns of sizes over three orders of magnitude; video is used in the small ones more often."""
    rng = np.random.default_rng(seed)
    for number in range(count):
        size = float(np.exp(rng.uniform(np.log(1e4), np.log(1e7))))
        kind = "video" if rng.random() < (0.8 if size < 3e5 else 0.2) else "text"
        rate = 0.02 * (size / 3e5) ** slope * np.exp(rng.normal(0, 0.05))
        clicks = int(rng.poisson(300_000 * rate))
        yield evidence_of(
            make_campaign(
                campaign_id=f"c{number:03d}",
                platform=("Meta", "Google", "TikTok")[number % 3],
                creatives=[{"id": kind, "type": kind}],
                expected={"impressions": round(size)},
                actual={"impressions": 300_000, "clicks": clicks, "conversions": clicks // 20},
            )
        )


def test_a_signal_of_small_campaigns_is_not_given_the_credit_of_their_size(make_campaign):
    found = fit_metrics(Dataset.of(_sized(make_campaign, -0.15)))
    fit = found.metrics["ctr"].fit
    slope = fit.layout.column(SIZE)
    assert fit.low[slope] < -0.15 < fit.high[slope]
    assert fit.high[slope] < -0.1
    _, low, high = _effect(found, "ctr", "creative.type", "video")
    assert low < 1.0 < high


def test_where_size_changes_nothing_the_slope_is_noise(make_campaign):
    fit = fit_metrics(Dataset.of(_sized(make_campaign, 0.0))).metrics["ctr"].fit
    slope = fit.layout.column(SIZE)
    assert fit.low[slope] < 0.0 < fit.high[slope]
    assert abs(fit.mean[slope]) < 0.02


def test_prices_have_no_slope_because_a_plan_made_from_the_spend_would_explain_them(fitted):
    for name in ("cpm", "aov"):
        assert fitted.metrics[name].fit.mean[fitted.layout.column(SIZE)] == pytest.approx(0.0, abs=1e-9)
    assert SIZE not in fitted.design.without({SIZE}).features
    assert SIZE in fitted.design.features


def test_what_is_kept_of_a_fit_is_what_holds_at_the_usual_size(fitted):
    assert not [
        name for name in fitted.metrics["ctr"].posterior(fitted.effects("ctr")).features if name.startswith("~")
    ]


def test_campaigns_planned_alike_have_no_column_of_size(make_campaign):
    same = Dataset.of(evidence_of(make_campaign(campaign_id=name)) for name in "abcd")
    assert SIZE not in fit_metrics(same).layout.features
