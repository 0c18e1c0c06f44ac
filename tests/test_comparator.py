"""The specification's acceptance of the comparator, on its own sample."""

import pytest

from reflection.comparison.compare import compare


@pytest.fixture(scope="module")
def comparison(sample):
    return compare(sample, generated_at="2026-03-29T10:00:00+00:00")


@pytest.mark.parametrize(
    ("kpi", "expected", "actual", "change"),
    [
        ("ctr", 0.02, 0.035, 75.0),
        ("cvr", 0.04, 205 / 4900, 4.591836734693877),
        ("cpa", 50.0, 19.268, -61.463),
        ("roas", 2.0, 5.696, 184.81),
    ],
)
def test_expected_actual_and_the_difference_in_per_cent(comparison, kpi, expected, actual, change):
    delta = comparison.deltas[f"{kpi}_diff"]
    assert delta.expected == pytest.approx(expected)
    assert delta.actual == pytest.approx(actual, rel=1e-4)
    assert delta.pct_diff == pytest.approx(change, rel=1e-4)
    assert delta.favorable is True


def test_rates_stand_beside_the_differences(comparison):
    assert comparison.expected_rates.ctr == comparison.deltas["ctr_diff"].expected
    assert comparison.actual_rates.cpa == comparison.deltas["cpa_diff"].actual


def test_the_performance_score(comparison):
    assert comparison.performance_score == pytest.approx(220.73, abs=0.005)


def test_why_cpa_and_roas_moved(comparison):
    cpa, roas = comparison.drivers
    assert {d.factor: round(d.contribution, 3) for d in cpa.drivers} == {"cpm": -11.249, "ctr": -18.035, "cvr": -1.447}
    assert {d.factor: round(d.contribution, 3) for d in roas.drivers} == {
        "ctr": 1.976, "cpm": 1.233, "aov": 0.329, "cvr": 0.159,
    }  # fmt: skip
    assert sum(d.displayed for d in cpa.drivers) == pytest.approx(19.27 - 50.0)


def test_the_change_in_cvr_is_called_noise(comparison):
    delta = comparison.deltas["cvr_diff"]
    assert delta.z == pytest.approx(0.7, abs=0.1)
    assert delta.beyond_noise is False
    sentence = next(text for text in comparison.summary if text.startswith("CVR"))
    assert "within noise, so not a change one can rely on" in sentence


def test_every_kpi_has_its_interval(comparison):
    for kpi in ("ctr", "cvr", "cpa", "roas"):
        delta = comparison.deltas[f"{kpi}_diff"]
        low, high = delta.interval
        assert low < delta.actual < high


def test_the_summary_says_it_in_sentences(comparison):
    text = " ".join(comparison.summary)
    assert "CPA 50.00 expected, 19.27 actual (-61.46 %, better; beyond noise)." in text
    assert "CTR 2.00 % expected, 3.50 % actual (+75.00 %, better; beyond noise)." in text
    assert "CPA differs by -30.73: CTR -18.03, CPM -11.25, CVR -1.45 (noise)." in text
