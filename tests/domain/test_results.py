"""The shapes of what is said back: JSON-able as they stand, with the specification's field names."""

import dataclasses

import orjson
import pytest

from reflection.comparison.compare import compare
from reflection.domain import results, weights

SHAPES = [value for value in vars(results).values() if dataclasses.is_dataclass(value)]


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.__name__)
def test_every_shape_is_immutable_and_documented(shape):
    assert shape.__dataclass_params__.frozen
    assert shape.__doc__
    assert not shape.__doc__.startswith(f"{shape.__name__}(")


@pytest.mark.parametrize(
    ("shape", "names"),
    [
        (
            results.Comparison,
            {"campaign_id", "generated_at", "expected_rates", "actual_rates", "deltas", "performance_score", "summary"},
        ),
        (results.Delta, {"expected", "actual", "pct_diff", "favorable"}),
        (
            results.Finding,
            {
                "finding_id",
                "category",
                "title",
                "description",
                "signal_key",
                "impact_score",
                "evidence_count",
                "metadata",
            },
        ),
        (
            results.PatternReport,
            {
                "campaign_id",
                "generated_at",
                "pattern_report",
                "winning_audiences",
                "high_performing_creatives",
                "budget_inefficiencies",
                "platform_trends",
                "clusters",
                "auto_tags",
            },
        ),
        (results.Insights, {"narrative_summary", "key_learnings", "recommendations", "anomalies", "source"}),
        (weights.Weights, {"generated_at", "scoring_weights", "signal_weights", "updated_signals"}),
        (weights.SignalWeight, {"signal_key", "weight", "successes", "failures", "last_updated"}),
        (results.SimilarCampaign, {"document_id", "campaign_id", "score", "summary", "metadata"}),
        (results.StoredMemory, {"sqlite_saved", "vector_saved", "output_path"}),
        (
            results.Analysis,
            {"comparison_report", "pattern_report", "insights", "weights", "similar_campaigns", "stored_memory"},
        ),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else "",
)
def test_the_names_existing_clients_read_are_there(shape, names):
    assert names <= {field.name for field in dataclasses.fields(shape)}


def test_a_comparison_and_findings_are_json_as_they_stand(sample, knowledge):
    for value in (compare(sample, generated_at="now"), *knowledge.findings, *knowledge.weights, knowledge.next_test):
        assert orjson.loads(orjson.dumps(value))


def test_more_campaigns_speak_against_a_finding_than_it_names():
    named = tuple(f"c{number:02d}" for number in range(50))
    finding = results.Finding(
        "f", "winning_audience", "", "", "audience:students", 1.0, 90, {"also": {"cvr": {"sides": (90, 73)}}}, "cvr",
        "favorable", 1.2, (1.1, 1.3), 0.98, 0.02, None, 60.0, None, named, named,
    )  # fmt: skip
    assert finding.against == 73
    assert dataclasses.replace(finding, metadata={}).against == len(named)
