"""One analysis from a snapshot: complete records, the same ones every time, and forecasts made only beforehand."""

import dataclasses

import orjson
import pytest

from reflection.domain.evidence import decode, evidence_of
from reflection.domain.forecast_register import ISSUER
from reflection.domain.knowledge import NOTHING
from reflection.domain.metrics import ScoreWeights
from reflection.domain.ports import StoredCampaign
from reflection.domain.results import SimilarCampaign
from reflection.engine.analysis import AnalysisInput, Analyst
from reflection.explain.writer import DeterministicWriter
from reflection.forecasting.calibration import EMPTY
from reflection.forecasting.calibration_update import learn

NOW = "2026-04-01T00:00:00.000+00:00"


class Recalling:
    """A memory with one neighbour; notes what it was asked."""

    def __init__(self):
        self.asked = []

    def embed(self, text):
        return None, None

    def similar(self, workspace, text, vector, *, limit, exclude=None):
        self.asked.append((workspace, limit, exclude))
        return [SimilarCampaign("campaign:old", "old", 0.8, "an old one", {"why": ["platform"], "outcome": {}})]

    def status(self):
        return {"index": "lexical", "degraded": ["no embedder"]}


@pytest.fixture
def memory():
    return Recalling()


@pytest.fixture
def analyst(memory):
    return Analyst(
        memory, DeterministicWriter(), output_path=lambda workspace, name: f"{workspace}/{name}",
        score_weights=ScoreWeights(),
    )  # fmt: skip


@pytest.fixture
def case(sample):
    return AnalysisInput("acme", sample, sample.content(), evidence_of(sample), NOTHING, None, None, 0, NOW)


@pytest.fixture
def calibration(make_campaign):
    state = EMPTY
    for number in range(6):
        state = learn(state, evidence_of(make_campaign(campaign_id=f"c{number}")))
    return state


def _stored(sample):
    return StoredCampaign("acme", sample.campaign_id, 3, "hash", sample.canonical_json(), b"{}", NOW)


def test_a_record_holds_everything_that_is_written(analyst, case, sample):
    record = analyst.record(case)
    assert record.content_hash == sample.content_hash()
    assert decode(record.evidence) == case.evidence
    assert record.signal_keys == case.evidence.signal_keys()
    assert record.expected_revision == 0
    assert record.statements
    assert (record.created_at, record.workspace) == (NOW, "acme")


def test_the_same_case_gives_the_same_record(analyst, case):
    one, other = analyst.record(case), analyst.record(case)
    assert (one.answer, one.evidence, one.statements) == (other.answer, other.evidence, other.statements)


def test_it_never_finds_itself_similar(analyst, case, memory, sample):
    record = analyst.record(case)
    assert memory.asked == [("acme", 5, sample.campaign_id)]
    assert orjson.loads(record.answer)["similar_campaigns"][0]["campaign_id"] == "old"


def test_what_was_really_kept_is_said(analyst, case, sample):
    first = orjson.loads(analyst.record(case).answer)["stored_memory"]
    assert first == {
        "sqlite_saved": True, "vector_saved": False, "output_path": f"acme/{sample.campaign_id}", "revision": 1,
        "replaced": False, "learning": "pending", "index": "lexical", "degraded": ["no embedder"],
    }  # fmt: skip
    again = analyst.record(dataclasses.replace(case, current=_stored(sample)))
    assert again.expected_revision == 3
    assert orjson.loads(again.answer)["stored_memory"]["revision"] == 4


def test_a_fault_is_noted_and_holds_the_learning(analyst, case):
    answer = orjson.loads(analyst.record(dataclasses.replace(case, fault="suspected tracking fault: look")).answer)
    assert answer["stored_memory"]["learning"] == "held"
    assert answer["notes"] == ["suspected tracking fault: look"]


def test_our_forecast_is_made_for_new_campaigns_only(analyst, case, calibration, sample):
    assert [row.issuer for row in analyst.record(case).forecasts] == ["planner"] * 6, "nothing is calibrated yet"

    calibrated = dataclasses.replace(case, calibration=calibration)
    issuers = [row.issuer for row in analyst.record(calibrated).forecasts]
    assert issuers.count("planner") == issuers.count(ISSUER) == 6

    corrected = analyst.record(dataclasses.replace(calibrated, current=_stored(sample)))
    assert [row.issuer for row in corrected.forecasts] == ["planner"] * 6


def test_the_planners_forecast_is_registered_under_their_name(analyst, case, make_campaign):
    campaign = make_campaign(planner="anna", currency="EUR", expected={"revenue": None})
    rows = analyst.record(dataclasses.replace(case, campaign=campaign)).forecasts
    by_metric = {row.metric: row for row in rows if row.issuer == "anna"}
    assert set(by_metric) == {"ctr", "cvr", "cpa", "cpm"}
    assert by_metric["cpa"].point == 50.0
    assert by_metric["cpa"].currency == "EUR"
