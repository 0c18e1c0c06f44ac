"""Many campaigns at once: the same analyses as one by one, in batches, with vectors following and nothing lost."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import orjson
import pytest

from reflection.domain.answers import Answer, Refusal
from reflection.domain.campaign import Campaign
from reflection.domain.ports import StaleRevision
from reflection.engine import bulk
from reflection.engine.bulk import FOLLOWING
from reflection.errors import Conflict
from reflection.store.memories import MemoryRows
from reflection.wiring import Application

W, BATCH = "default", 20
Make = Callable[..., Campaign]


def run(application: Application, campaigns: Sequence[Campaign], **options: Any) -> list[Answer | Refusal]:
    return list(application.engine.analyze_many(iter(campaigns), **options))


def bodies(answers: Sequence[Answer | Refusal]) -> list[dict[str, Any]]:
    assert all(isinstance(answer, Answer) for answer in answers)
    return [orjson.loads(answer.body) for answer in answers if isinstance(answer, Answer)]


def test_a_batch_says_the_same_as_one_by_one_except_for_the_memory(
    application: Application, history: tuple[Campaign, ...]
) -> None:
    single = {
        campaign.campaign_id: orjson.loads(application.engine.analyze(campaign, workspace="single").body)
        for campaign in history[:5]
    }

    for body in bodies(run(application, history[:5], following=True)):
        one = single[body["comparison_report"]["campaign_id"]]
        for part in ("comparison_report", "pattern_report"):
            assert {**body[part], "generated_at": ""} == {**one[part], "generated_at": ""}
        assert body["weights"]["signal_weights"] == one["weights"]["signal_weights"]
        assert body["similar_campaigns"] == []
        assert FOLLOWING in body["stored_memory"]["degraded"]
        assert body["stored_memory"]["vector_saved"] is False


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Batches of `BATCH`, of which ten campaigns make one."""
    monkeypatch.setattr(bulk, "BATCH", BATCH)
    monkeypatch.setattr(bulk, "ALONE", BATCH // 2)


@pytest.mark.usefixtures("small_batches")
def test_more_than_a_batch_is_stored_in_a_few_transactions_in_the_order_given(
    application: Application, make_campaign: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []
    save = application.store.save_many

    def counted(records: Sequence[Any]) -> Any:
        sizes.append(len(records))
        return save(records)

    monkeypatch.setattr(application.store, "save_many", counted)
    campaigns = [make_campaign(campaign_id=f"c{number}") for number in range(BATCH + 3)]

    answers = bodies(run(application, campaigns))

    assert sizes == [BATCH, 3]
    assert [body["comparison_report"]["campaign_id"] for body in answers] == [c.campaign_id for c in campaigns]
    assert application.store.last_seq(W) == len(campaigns)
    lacking = MemoryRows(application.database).missing(W, application.memory.embedder.space.id, limit=1_000)  # type: ignore[union-attr]
    assert len(lacking) == len(campaigns)


def test_a_few_campaigns_are_analysed_in_full(application: Application, make_campaign: Make) -> None:
    answers = bodies(run(application, [make_campaign(campaign_id="a"), make_campaign(campaign_id="b")]))

    assert all(body["stored_memory"]["vector_saved"] for body in answers)
    assert [len(body["similar_campaigns"]) for body in answers] == [0, 1]


def test_what_is_known_already_is_answered_from_the_store(application: Application, make_campaign: Make) -> None:
    campaigns = [make_campaign(campaign_id=name) for name in "abc"]
    first = run(application, campaigns, following=True)
    seq = application.store.last_seq(W)

    second = run(application, campaigns, following=True)

    assert [answer.body for answer in second if isinstance(answer, Answer) and answer.replayed] == [
        answer.body for answer in first if isinstance(answer, Answer)
    ]
    assert application.store.last_seq(W) == seq


def test_several_contents_of_one_campaign_become_its_revisions_in_order(
    application: Application, make_campaign: Make
) -> None:
    versions = [make_campaign(campaign_id="a", actual={"clicks": clicks}) for clicks in (100, 200, 200, 100)]

    answers = bodies(run(application, [*versions, make_campaign(campaign_id="b")], following=True))

    assert [body["stored_memory"]["revision"] for body in answers] == [1, 2, 2, 3, 1]
    assert len(application.store.revisions(W, "a")) == 3


def test_a_race_that_is_lost_is_run_again(
    application: Application, make_campaign: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    save, lost = application.store.save_many, iter([True])

    def racing(records: Sequence[Any]) -> Any:
        if next(lost, False):
            raise StaleRevision
        return save(records)

    monkeypatch.setattr(application.store, "save_many", racing)

    assert len(bodies(run(application, [make_campaign(campaign_id=name) for name in "ab"], following=True))) == 2
    assert len(application.store.campaigns(W)) == 2


def test_one_campaign_that_cannot_be_stored_does_not_stop_its_batch(
    application: Application, make_campaign: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    save = application.store.save_many

    def picky(records: Sequence[Any]) -> Any:
        if any(record.campaign_id == "b" for record in records):
            raise Conflict("not this one")
        return save(records)

    monkeypatch.setattr(application.store, "save_many", picky)
    answers = run(application, [make_campaign(campaign_id=name) for name in "abc"], following=True)

    assert [type(answer) for answer in answers] == [Answer, Refusal, Answer]
    assert isinstance(answers[1], Refusal)
    assert answers[1].campaign_id == "b"
    assert [item.campaign_id for item in application.store.campaigns(W)] == ["a", "c"]


@pytest.mark.usefixtures("small_batches")
def test_the_stream_is_read_a_batch_ahead_and_no_further(application: Application, make_campaign: Make) -> None:
    taken = 0

    def stream() -> Iterator[Campaign]:
        nonlocal taken
        for number in range(BATCH * 3):
            taken += 1
            yield make_campaign(campaign_id=f"c{number}")

    next(application.engine.analyze_many(stream()))

    assert taken <= BATCH + 1
