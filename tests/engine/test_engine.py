"""The verbs: analysed once, replayed afterwards, replaced by a correction, and clear about what cannot be done."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import orjson
import pytest

from reflection.domain.ports import StaleRevision
from reflection.engine.engine import ATTEMPTS, Refusal
from reflection.errors import Conflict, NotFound, Unavailable
from reflection.store.database.open import open_database
from reflection.store.maintenance.verify import verify


@pytest.fixture
def engine(application):
    return application.engine


@pytest.fixture
def taught(application, knowledge):
    """An application that knows what the forty campaigns teach."""
    application.store.save_knowledge("default", knowledge, {})
    return application


def test_an_analysis_is_stored_as_it_was_answered(engine, sample):
    answer = engine.analyze(sample)
    assert answer.replayed is False
    assert engine.show(sample.campaign_id) == answer.body


def test_the_same_content_again_is_a_replay(engine, sample, application):
    first = engine.analyze(sample)
    again = engine.analyze(sample)
    assert again.replayed is True
    assert again.body == first.body
    assert application.store.last_seq("default") == 1


def test_a_correction_replaces(engine, sample, make_campaign, application):
    engine.analyze(sample)
    before = {row["id"] for row in engine.insights(limit=500)}
    answer = orjson.loads(engine.analyze(make_campaign(actual={"clicks": 4000})).body)

    assert (answer["stored_memory"]["revision"], answer["stored_memory"]["replaced"]) == (2, True)
    assert not before & {row["id"] for row in engine.insights(limit=500)}
    assert [entry.sign for entry in application.store.ledger("default")] == [1, -1, 1]


def test_a_campaign_whose_figures_were_once_written_otherwise_is_sound_and_replaced_once(
    application, settings, make_campaign, monkeypatch
):
    engine, campaign = application.engine, make_campaign(actual={"spend": 5e-05})
    with monkeypatch.context() as once:
        once.setattr("reflection.domain.campaign.canonical", lambda body: orjson.dumps(body).decode())
        engine.analyze(campaign)
    assert '"spend":0.00005' in application.store.campaign("default", campaign.campaign_id).campaign_json

    assert [engine.analyze(campaign).replayed for _ in range(2)] == [False, True]

    history = application.store.revisions("default", campaign.campaign_id)
    assert [row["revision"] for row in history] == [1, 2]
    assert orjson.loads(history[0]["body"]) == orjson.loads(history[1]["body"])
    assert len({entry.payload for entry in application.store.ledger("default")}) == 1
    with closing(open_database(settings.database_path)) as database:
        assert verify(database) == []


def test_an_idempotency_key_answers_again_and_guards_its_body(engine, sample, make_campaign):
    first = engine.analyze(sample, idempotency_key="k")
    corrected = make_campaign(actual={"clicks": 4000})
    engine.analyze(corrected)

    again = engine.analyze(sample, idempotency_key="k")

    assert (again.body, again.replayed) == (first.body, True)
    with pytest.raises(Conflict):
        engine.analyze(corrected, idempotency_key="k")


def test_losing_a_race_computes_again(engine, application, sample, monkeypatch):
    real, calls = application.store.save_analysis, []

    def once_too_late(record):
        calls.append(record)
        if len(calls) == 1:
            raise StaleRevision
        return real(record)

    monkeypatch.setattr(application.store, "save_analysis", once_too_late)
    assert engine.analyze(sample).replayed is False
    assert len(calls) == 2


def test_of_two_who_save_the_same_bytes_at_once_only_the_first_says_it_wrote(engine, application, sample, monkeypatch):
    real = application.store.save_analysis

    def beaten_by_an_equal(record):
        assert real(record).new
        return real(record)

    monkeypatch.setattr(application.store, "save_analysis", beaten_by_an_equal)
    assert engine.analyze(sample, idempotency_key="k").replayed is True


def test_losing_every_race_stores_nothing_and_says_so(engine, application, sample, monkeypatch):
    calls = []

    def always_late(record):
        calls.append(record)
        raise StaleRevision

    monkeypatch.setattr(application.store, "save_analysis", always_late)
    with pytest.raises(Unavailable, match="being changed by others"):
        engine.analyze(sample)
    assert len(calls) == ATTEMPTS
    with pytest.raises(NotFound):
        engine.show(sample.campaign_id)


def test_many_threads_on_one_campaign_leave_one_revision_each_content(engine, application, make_campaign):
    versions = [make_campaign(actual={"clicks": 4000 + i % 2}) for i in range(8)]
    gate = threading.Barrier(4)

    def send(campaign):
        gate.wait(10)
        return engine.analyze(campaign)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(send, versions))

    live = list(application.store.live_evidence("default"))
    assert [name for name, _ in live] == ["cmp_007_meta_summer_bootcamp"]


def test_a_refused_campaign_does_not_stop_the_batch(engine, application, make_campaign, monkeypatch):
    real = application.store.save_analysis

    def picky(record):
        if record.campaign_id == "b":
            raise Unavailable("the disk went away")
        return real(record)

    monkeypatch.setattr(application.store, "save_analysis", picky)
    results = list(engine.analyze_many(make_campaign(campaign_id=name) for name in "abc"))
    assert [type(result).__name__ for result in results] == ["Answer", "Refusal", "Answer"]
    assert isinstance(results[1], Refusal)
    assert results[1].campaign_id == "b"


def test_workspaces_do_not_see_each_other(engine, sample):
    engine.analyze(sample, workspace="acme")
    with pytest.raises(NotFound):
        engine.show(sample.campaign_id, workspace="globex")
    assert engine.insights(workspace="globex") == []
    assert engine.delete(sample.campaign_id, workspace="globex") is False


def test_a_suspected_fault_is_held_until_accepted(taught, make_campaign):
    fault = make_campaign(currency="USD", actual={"conversions": 4000.0})
    held = orjson.loads(taught.engine.analyze(fault).body)
    assert held["stored_memory"]["learning"] == "held"
    assert "suspected tracking fault" in held["notes"][0]
    assert any("tracking fault" in text for text in held["insights"]["anomalies"])

    assert taught.engine.accept(fault.campaign_id)["accepted"] is True

    shown = orjson.loads(taught.engine.show(fault.campaign_id))
    assert shown["stored_memory"]["learning"] == "pending"
    assert shown["notes"] == []
    assert b"tracking fault" not in taught.engine.show(fault.campaign_id)
    assert not any("tracking fault" in row["content"] for row in taught.engine.insights(limit=500))


def test_accepting_twice_changes_nothing(taught, make_campaign):
    fault = make_campaign(currency="USD", actual={"conversions": 4000.0})
    taught.engine.analyze(fault)
    taught.engine.accept(fault.campaign_id)
    seq, shown = taught.store.last_seq("default"), taught.engine.show(fault.campaign_id)
    taught.engine.accept(fault.campaign_id)
    assert (taught.store.last_seq("default"), taught.engine.show(fault.campaign_id)) == (seq, shown)


def test_a_correction_of_an_accepted_campaign_stays_accepted(taught, make_campaign):
    taught.engine.analyze(make_campaign(currency="USD", actual={"conversions": 4000.0}))
    taught.engine.accept("cmp_007_meta_summer_bootcamp")
    again = taught.engine.analyze(make_campaign(currency="USD", actual={"conversions": 4100.0}))
    assert orjson.loads(again.body)["stored_memory"]["learning"] == "pending"


def test_an_acceptance_can_be_taken_back(taught, make_campaign):
    fault = make_campaign(currency="USD", actual={"conversions": 4000.0})
    taught.engine.analyze(fault)
    taught.engine.accept(fault.campaign_id)

    answer = taught.engine.unaccept(fault.campaign_id)

    assert (answer["accepted"], answer["learning"]) == (False, "held")
    assert "suspected tracking fault" in answer["note"]
    assert orjson.loads(taught.engine.show(fault.campaign_id))["stored_memory"]["learning"] == "held"
    assert taught.store.accepted("default") == frozenset()
    assert "not accepted" in taught.engine.unaccept(fault.campaign_id)["note"]


def test_accepting_what_is_not_held_says_so_and_changes_nothing(taught, make_campaign):
    plain = make_campaign(currency="USD")
    taught.engine.analyze(plain)
    seq = taught.store.last_seq("default")

    answer = taught.engine.accept(plain.campaign_id)

    assert answer == {
        "campaign_id": plain.campaign_id, "accepted": False, "learning": "learnt",
        "note": "it is not held: it is learnt from as it is",
    }  # fmt: skip
    assert taught.store.last_seq("default") == seq
    assert taught.store.accepted("default") == frozenset()


def test_accepting_survives_a_lost_race(taught, make_campaign, monkeypatch):
    taught.engine.analyze(make_campaign(currency="USD", actual={"conversions": 4000.0}))
    real, calls = taught.store.accept, []

    def once_too_late(record):
        calls.append(record)
        if len(calls) == 1:
            raise StaleRevision
        return real(record)

    monkeypatch.setattr(taught.store, "accept", once_too_late)
    taught.engine.accept("cmp_007_meta_summer_bootcamp")
    assert len(calls) == 2
    assert taught.store.accepted("default") == frozenset({"cmp_007_meta_summer_bootcamp"})


def test_what_is_not_there_is_not_found(engine):
    for verb in (engine.show, engine.accept, engine.effect_evidence):
        with pytest.raises(NotFound):
            verb("platform:nobody")
    assert engine.delete("nobody") is False


def test_an_analysis_uses_what_was_learnt_and_says_as_of_when(taught, sample, knowledge):
    answer = orjson.loads(taught.engine.analyze(sample).body)
    assert (answer["as_of"], answer["epoch"]) == (knowledge.as_of, knowledge.epoch)
    assert answer["weights"]["signal_weights"]["creative.type:video"] > 1.2
    assert [f["signal_key"] for f in answer["pattern_report"]["high_performing_creatives"]] == ["creative.type:video"]


def test_effects_and_weights_are_those_of_the_last_fit(taught, knowledge):
    assert taught.engine.effects(metric="ctr")["as_of"] == knowledge.as_of
    assert taught.engine.weights().updated_signals == knowledge.weights
    assert taught.engine.knowledge() == knowledge or taught.engine.knowledge().seq == knowledge.seq


def test_recommendations_have_the_fields_of_the_specification(taught, sample):
    taught.engine.analyze(sample)
    found = taught.recommendations.recommend(platform="Meta", objective="Lead Generation")
    assert {"generated_at", "recommendations", "top_signals", "similar_campaigns"} <= set(found)
    assert sample.campaign_id in orjson.dumps(found["similar_campaigns"]).decode()


def test_the_evidence_of_a_signal_is_read_from_the_store(taught, history):
    for campaign in history[:6]:
        taught.engine.analyze(campaign)
    found = taught.engine.effect_evidence("creative.type:video", metric="ctr")
    assert found["supporting"]
    assert {item["campaign_id"] for item in found["supporting"]} <= {c.campaign_id for c in history[:6]}


def test_pages_of_evidence_together_are_all_campaigns_with_a_signal(taught, history):
    for campaign in history[:12]:
        taught.engine.analyze(campaign)
    whole = taught.engine.effect_evidence("creative.type:video", metric="ctr")
    pages, cursor = [], ""
    while cursor is not None:
        page = taught.engine.effect_evidence("creative.type:video", metric="ctr", limit=2, cursor=cursor)
        pages, cursor = [*pages, page], page["next_cursor"]
    assert whole["next_cursor"] is None
    assert len(pages) > 1
    for side in ("supporting", "contradicting", "neither"):
        apart = [item["campaign_id"] for page in pages for item in page[side]]
        assert sorted(apart) == sorted(item["campaign_id"] for item in whole[side])
