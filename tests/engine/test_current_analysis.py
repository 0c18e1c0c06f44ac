"""A stored campaign is judged and told from what is known today; what was counted stays, and so does every replay."""

import copy
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from pydantic import TypeAdapter

from reflection.comparison.compare import compare
from reflection.domain.campaign import Campaign
from reflection.domain.knowledge import NOTHING, Knowledge
from reflection.domain.ports import StoredCampaign
from reflection.domain.results import Analysis, Statement
from reflection.engine.current_analysis import current_analysis, current_answer
from reflection.explain.writer import assemble
from reflection.settings import Settings
from reflection.wiring import Application, build

KEPT = ("similar_campaigns", "stored_memory")
COUNTED = ("expected_rates", "actual_rates", "performance_score", "flags", "expected_counts", "actual_counts", "basis")
"""Of a comparison: what no fit changes."""
ANALYSIS: TypeAdapter[Analysis] = TypeAdapter(Analysis)


@pytest.fixture(scope="module")
def batch_file(
    tmp_path_factory: pytest.TempPathFactory, settings_in: Callable[..., Settings], history: tuple[Campaign, ...]
) -> tuple[Path, dict[str, Any]]:
    """What forty campaigns were answered that were loaded together, and the database that learnt from them then."""
    settings = settings_in(tmp_path_factory.mktemp("batch"))
    with build(settings) as application:
        answers = [orjson.loads(answer.body) for answer in application.engine.analyze_many(history, following=True)]
        application.learner.learn_all()
    return settings.database_path, {answer["comparison_report"]["campaign_id"]: answer for answer in answers}


@pytest.fixture
def batch(batch_file: tuple[Path, dict[str, Any]]) -> dict[str, Any]:
    """What the forty campaigns of `after_batch` were answered."""
    return copy.deepcopy(batch_file[1])


@pytest.fixture
def after_batch(settings: Settings, batch_file: tuple[Path, dict[str, Any]]) -> Iterator[Application]:
    """An application that has learnt from the batch."""
    shutil.copy(batch_file[0], settings.database_path)
    with build(settings) as application:
        yield application


def _stored(application: Application, campaign_id: str) -> StoredCampaign:
    stored = application.store.campaign("default", campaign_id)
    assert stored is not None
    return stored


def test_a_batch_is_told_from_what_was_learnt_of_it(
    after_batch: Application, batch: dict[str, Any], history: tuple[Campaign, ...], fault_id: str
) -> None:
    knowledge = after_batch.engine.knowledge()
    telling = after_batch.engine.telling("default")
    for campaign in history:
        then, now = batch[campaign.campaign_id], orjson.loads(telling(_stored(after_batch, campaign.campaign_id)))
        assert "nothing has been learnt yet" in then["pattern_report"]["reason"]
        assert b"nothing has been learnt yet" not in orjson.dumps(now)
        held, compared = campaign.campaign_id == fault_id, now["comparison_report"]
        again = compare(campaign, generated_at=compared["generated_at"], scatter=knowledge.for_goal(campaign).scatter)
        assert compared["deltas"] == orjson.loads(orjson.dumps(again.deltas))
        assert {name: compared[name] for name in COUNTED} == {name: then["comparison_report"][name] for name in COUNTED}
        assert compared["verdict"] == ("held" if held else again.verdict)
        if held:  # its figures stand, what is concluded from them does not
            assert compared["summary"][0].startswith("Held: looks like a tracking fault, because CPA is USD 0.39")
        assert {name: now[name] for name in KEPT} == {name: then[name] for name in KEPT}
        assert (now["known_as_of"], now["insights"]["as_of"]) == (knowledge.as_of, knowledge.as_of)
        assert ("tracking fault" in str(now["notes"])) == held
        own = {one["signal_key"] for one in now["weights"]["updated_signals"]}
        assert own
        assert own <= {weight.signal_key for weight in knowledge.weights}
        assert now["weights"]["scoring_weights"] == then["weights"]["scoring_weights"]


def test_every_finding_on_a_campaign_is_told_by_the_campaign(
    after_batch: Application, batch: dict[str, Any], fault_id: str
) -> None:
    told = {
        one["finding_id"]
        for name in batch
        for one in orjson.loads(after_batch.engine.show(name))["pattern_report"]["pattern_report"]
    }

    assert told >= {one.finding_id for one in after_batch.engine.knowledge().findings}


def test_a_replay_gives_the_stored_bytes(application: Application, make_campaign: Callable[..., Campaign]) -> None:
    first = application.engine.analyze(make_campaign(campaign_id="a"), idempotency_key="k")
    for number in range(4):
        application.engine.analyze(make_campaign(campaign_id=f"b{number}", actual={"clicks": 4_000 + 300 * number}))
    application.learner.learn_all()

    assert application.engine.analyze(make_campaign(campaign_id="a"), idempotency_key="k").body == first.body
    assert application.engine.analyze(make_campaign(campaign_id="a")).body == first.body
    now, then = orjson.loads(application.engine.show("a")), orjson.loads(first.body)
    assert now["comparison_report"]["actual_rates"] == then["comparison_report"]["actual_rates"]
    assert now["comparison_report"]["deltas"] != then["comparison_report"]["deltas"], "how campaigns differ was learnt"


def test_where_nothing_was_learnt_since_the_stored_bytes_are_shown(
    application: Application, sample: Campaign, knowledge: Knowledge
) -> None:
    answer = application.engine.analyze(sample)
    stored = _stored(application, sample.campaign_id)

    assert application.engine.show(sample.campaign_id) == answer.body
    assert current_answer(stored, NOTHING) == answer.body
    earlier = orjson.dumps({name: part for name, part in orjson.loads(answer.body).items() if name != "known_as_of"})
    assert orjson.loads(current_answer(replace(stored, answer=earlier), NOTHING)) == orjson.loads(answer.body)
    assert current_answer(stored, knowledge) == orjson.dumps(current_analysis(stored, knowledge))
    assert current_analysis(stored, knowledge).known_as_of == knowledge.as_of


def _with_model(stored: StoredCampaign, *sentences: Statement) -> StoredCampaign:
    """A stored answer whose sentences are a model's."""
    analysis = ANALYSIS.validate_json(stored.answer)
    insights = assemble([*sentences], analysis.insights.summary)
    return replace(stored, answer=orjson.dumps(replace(analysis, insights=insights)))


def test_a_models_sentence_stays_while_its_evidence_says_the_same_and_not_longer(
    application: Application, sample: Campaign, knowledge: Knowledge
) -> None:
    application.engine.analyze(sample)
    fact = Statement("key_learning", "A model on what was counted.", ("driver:cpa:ctr", "delta:cpa"), 0.9, "a-model")
    aged = Statement("key_learning", "A model on what was known.", ("flag:no_findings",), 0.7, "a-model")
    stored = _with_model(_stored(application, sample.campaign_id), fact, aged)

    insights = current_analysis(stored, knowledge).insights
    assert fact.text in insights.key_learnings
    assert aged.text not in insights.key_learnings
    assert insights.source == "mixed"
    assert not [text for text in insights.key_learnings if text.startswith("CTR was 3.50 % against 2.00 %")]


def test_a_models_sentence_on_a_finding_that_moved_gives_way(
    application: Application, sample: Campaign, knowledge: Knowledge
) -> None:
    application.engine.analyze(sample)
    before = current_analysis(_stored(application, sample.campaign_id), knowledge)
    finding = before.pattern_report.pattern_report[0]
    said = Statement("key_learning", "A model on a finding.", (f"finding:{finding.finding_id}",), 0.8, "a-model")
    then = replace(before, insights=assemble([said], before.insights.summary))
    stored = replace(_stored(application, sample.campaign_id), answer=orjson.dumps(then))
    later = replace(knowledge, as_of="2026-05-01T00:00:00+00:00", seq=99)
    moved = tuple(
        replace(one, effect=(one.effect or 1.0) * 1.1) if one.finding_id == finding.finding_id else one
        for one in knowledge.findings
    )

    assert said.text in current_analysis(stored, later).insights.key_learnings
    assert said.text not in current_analysis(stored, replace(later, findings=moved)).insights.key_learnings


def test_files_carry_the_date_of_what_was_known_and_are_written_anew_by_rebuild(
    after_batch: Application, batch: dict[str, Any]
) -> None:
    after_batch.publisher.publish_pending()
    name = next(iter(batch))
    folder = after_batch.artifacts.folder_of("default", name)

    def files() -> dict[str, Any]:
        return {path.name: orjson.loads(path.read_bytes()) for path in folder.glob("*.json")}

    before = files()
    after_batch.rebuild()
    after, as_of = files(), after_batch.engine.knowledge().as_of
    dated = ("insights.json", "patterns.json", "updated_weights.json")
    assert {before[one]["as_of"] for one in dated} == {None}
    assert {after[one]["as_of"] for one in dated} == {as_of}
    assert after["comparison.json"]["actual_rates"] == before["comparison.json"]["actual_rates"]
    assert after["comparison.json"] == orjson.loads(after_batch.engine.show(name))["comparison_report"]
    assert after["patterns.json"] == orjson.loads(after_batch.engine.show(name))["pattern_report"]


def test_what_waited_for_its_window_is_compared_once_it_has_closed(
    application: Application, make_campaign: Callable[..., Campaign]
) -> None:
    """Asked before, the answer says until when it waits; learnt after, it is compared from the same figures."""
    tomorrow = datetime.now(UTC).date() + timedelta(days=1)
    young = make_campaign(campaign_id="young", mature_on=tomorrow.isoformat())
    grown = make_campaign(campaign_id="young")
    then = orjson.loads(application.engine.analyze(young).body)["comparison_report"]
    until = f"its conversions still come in until {tomorrow}"
    waiting = {name for name, delta in then["deltas"].items() if delta["reason"] == until}
    assert waiting == {"cvr_diff", "cpa_diff", "roas_diff", "aov_diff"}
    assert then["deltas"]["ctr_diff"]["pct_diff"] is not None
    assert (then["performance_score"], then["score_reason"]) == (None, until)
    assert f"Note: {until}: CVR, CPA, ROAS and order value wait until then." in then["summary"]
    assert then["actual_counts"]["conversions"] == young.actual_metrics.conversions

    stored = _stored(application, "young")
    later = (datetime.now(UTC) + timedelta(days=2)).isoformat()
    now = current_analysis(stored, replace(NOTHING, as_of=later)).comparison_report
    alone = compare(grown, generated_at=later, scatter=NOTHING.scatter)
    assert (now.deltas, now.summary, now.performance_score) == (alone.deltas, alone.summary, alone.performance_score)
