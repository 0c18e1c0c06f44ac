"""`from reflection import Engine`: the whole loop in a few lines, learning inline."""

import doctest
import json
import shutil
import subprocess
import sys
from datetime import date

import pytest

import reflection
from reflection import Campaign, Engine, InvalidInput, NotFound, library
from reflection.api.openapi import CMP_007
from reflection.engine.engine import Refusal


@pytest.fixture
def path(tmp_path, migrated):
    """An empty database."""
    return shutil.copy(migrated, tmp_path / "x.db")


@pytest.fixture
def engine(path, tmp_path):
    with Engine(path, output=tmp_path / "output") as engine:
        yield engine


def test_the_documented_example_runs():
    result = doctest.testmod(library)

    assert result.attempted > 0
    assert result.failed == 0


@pytest.mark.parametrize(
    "form",
    [lambda c: c, json.dumps, lambda c: json.dumps(c).encode(), Campaign.model_validate],
    ids=["mapping", "text", "bytes", "campaign"],
)
def test_a_campaign_may_be_a_mapping_text_bytes_or_a_campaign(engine, form):
    analysis = engine.analyze(form(CMP_007))

    assert analysis["comparison_report"]["campaign_id"] == CMP_007["campaign_id"]
    assert engine.show(CMP_007["campaign_id"]) == analysis


def test_a_wrong_campaign_is_refused_with_its_fields_and_nothing_is_stored(engine):
    with pytest.raises(InvalidInput) as refused:
        engine.analyze({**CMP_007, "platform": "unknown", "actual_metrics": {}})

    assert {error["field"] for error in refused.value.errors} >= {"platform", "actual_metrics.spend"}
    with pytest.raises(NotFound):
        engine.show(CMP_007["campaign_id"])


def test_a_batch_is_streamed_learnt_once_and_reported(engine):
    seen = []
    campaigns = ({**CMP_007, "campaign_id": f"c{number}"} for number in range(5))

    analyses = list(engine.analyze_many(campaigns, progress=seen.append))

    assert [analysis["comparison_report"]["campaign_id"] for analysis in analyses] == [
        "c0",
        "c1",
        "c2",
        "c3",
        "c4",
    ]
    assert not any(isinstance(analysis, Refusal) for analysis in analyses)
    assert seen == [1, 2, 3, 4, 5]
    assert engine.effects()["as_of"] is not None


def test_reading_takes_in_what_was_just_analysed(engine):
    assert engine.effects()["as_of"] is None

    engine.analyze(CMP_007)

    assert engine.effects()["as_of"] is not None
    assert engine.insights(limit=2)[0]["campaign_id"] == CMP_007["campaign_id"]
    assert isinstance(engine.patterns(), list)
    assert set(engine.recommendations(platform="Meta")) >= {"recommendations", "top_signals"}
    assert engine.evidence("platform:meta")


def test_the_library_has_the_verbs_of_the_other_doors(learnt, tmp_path, history, samples):
    path = shutil.copy(learnt, tmp_path / "x.db")
    with Engine(path, output=tmp_path / "output", embedding_model="none") as engine:
        plan = json.loads((samples / "next_plan.json").read_text(encoding="utf-8"))

        evaluated = engine.plan(plan)
        assert evaluated["plans"][0]["metrics"]
        assert engine.recommend(platform="Meta") == engine.recommendations(platform="Meta")
        assert {row["kind"] for row in engine.insights(kind="recommendation", limit=5)} == {"recommendation"}
        assert {row["category"] for row in engine.patterns(kind="winning_audience")} == {"winning_audience"}
        assert "cmp_h00_google_app" in [item["id"] for item in engine.search("cmp_h00_google_app")["items"]]
        assert "Campaign retrospective" in engine.report(history[0].campaign_id, kind="md").decode()
        assert json.loads(engine.report(start=date(2025, 1, 1), end=date(2026, 12, 31), kind="json"))["kind"]
        with pytest.raises(InvalidInput):
            engine.report()


def test_the_library_imports_files(path, tmp_path, samples):
    export = next(path for path in sorted((samples / "meta_export").iterdir()) if path.suffix == ".csv")
    with Engine(path, output=tmp_path / "output", embedding_model="none") as engine:
        answer = engine.import_files(export, group_by="month")

        assert answer["campaigns"]
        assert answer["state"] == "done"
        assert {item["campaign_id"] for item in engine.campaigns(limit=500)["items"]} == set(answer["campaigns"])
        with pytest.raises(InvalidInput):
            engine.import_files(export, group_by="nonsense")


def test_what_another_process_left_behind_is_learnt(path, tmp_path, sample):
    with Engine(path, output=tmp_path / "output") as reader:
        assert reader.effects()["as_of"] is None
        writer = Engine(path, output=tmp_path / "output")
        writer.analyze(sample)
        writer._application.close()  # ended before it learnt
        assert reader.effects()["as_of"] is not None


def test_a_deleted_campaign_is_forgotten(engine):
    engine.analyze(CMP_007)

    assert engine.delete(CMP_007["campaign_id"]) is True
    assert engine.delete(CMP_007["campaign_id"]) is False
    with pytest.raises(NotFound):
        engine.evidence("platform:meta")


def test_campaigns_are_listed_held_accepted_and_held_again(engine):
    actual = CMP_007["actual_metrics"]
    usual = [
        {**CMP_007, "campaign_id": f"c{n}", "actual_metrics": {**actual, "conversions": 200.0 + n}} for n in range(8)
    ]
    odd = {**CMP_007, "campaign_id": "odd", "actual_metrics": {**actual, "conversions": 4_500.0}}
    list(engine.analyze_many([*usual, odd]))

    assert list(engine.held()) == ["odd"]
    assert [item["campaign_id"] for item in engine.campaigns(state="held", platform="meta")["items"]] == ["odd"]
    assert engine.accept("odd")["accepted"] is True
    assert engine.held() == {}
    assert engine.unaccept("odd")["learning"] == "held"
    assert list(engine.held()) == ["odd"]
    assert "not held" in engine.accept("c1")["note"]


def test_artifacts_are_published_when_the_engine_closes(path, tmp_path):
    with Engine(path, output=tmp_path / "output") as engine:
        engine.analyze(CMP_007)

    assert (tmp_path / "output" / CMP_007["campaign_id"] / "comparison.json").is_file()
    assert json.loads((tmp_path / "output" / "weights.json").read_text())


def test_two_workspaces_in_one_file_are_apart(path, tmp_path):
    with Engine(path, output=tmp_path, workspace="acme") as acme:
        acme.analyze(CMP_007)
    with Engine(path, output=tmp_path) as other, pytest.raises(NotFound):
        other.show(CMP_007["campaign_id"])


def test_the_shop_window_is_sorted_complete_and_small():
    assert reflection.__all__ == sorted(reflection.__all__)
    assert len(reflection.__all__) <= 15
    for name in reflection.__all__:
        assert getattr(reflection, name).__doc__
        assert name in dir(reflection)
    with pytest.raises(AttributeError, match="nonsense"):
        _ = reflection.nonsense


SLOW_TO_LOAD = {
    "reflection": "numpy sqlalchemy pydantic typer",
    "reflection.cli.main": "scipy sqlalchemy fastapi polars reflection.engine reflection.wiring",
    "reflection.wiring": "polars scipy.optimize scipy.cluster alembic onnxruntime openai fastapi babel jinja2",
}
"""By module, what importing it must not load: each takes a tenth of a second and more, paid by every command."""


def test_importing_loads_nothing_that_is_not_needed():
    lines = [
        f"import {module}; print(sorted(set({slow.split()}) & set(sys.modules)))"
        for module, slow in SLOW_TO_LOAD.items()
    ]
    code = "\n".join(["import sys", *lines])

    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed == "[]\n" * len(SLOW_TO_LOAD)
