"""What an answer knows of campaigns that no fit has taken in yet: counted, and calibrating forecasts."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from reflection.domain.campaign import Campaign
from reflection.domain.evidence import Evidence, decode
from reflection.domain.forecast_register import ISSUER
from reflection.domain.plan import Plan, PlanRequest
from reflection.forecasting import calibration_blob, forecaster
from reflection.forecasting.calibration import Calibration
from reflection.forecasting.forecaster import Forecaster
from reflection.settings import Settings
from reflection.wiring import Application, build

TIKTOK = "platform tiktok"


def plan(application: Application, platform: str, workspace: str = "default") -> dict[str, object]:
    request = PlanRequest(plans=[Plan(platform=platform, objective="Lead Generation", budget=1000.0)])
    return application.recommendations.evaluate(request, workspace=workspace)


def notes(answer: dict[str, object], word: str) -> list[str]:
    return [note for note in answer["plans"][0]["notes"] if word in note.casefold()]  # type: ignore[index]


@pytest.fixture(scope="module")
def twelve(
    tmp_path_factory: pytest.TempPathFactory, settings_in: Callable[..., Settings], history: tuple[Campaign, ...]
) -> Path:
    """Twelve campaigns of Meta and Google, learnt; a file to copy."""
    settings = settings_in(tmp_path_factory.mktemp("twelve"))
    with build(settings) as application:
        for campaign in [one for one in history if one.platform in ("Meta", "Google")][:12]:
            application.engine.analyze(campaign)
        application.learner.learn_now("default")
    return settings.database_path


@pytest.fixture
def learnt(settings: Settings, twelve: Path) -> Iterator[Application]:
    """An application that has learnt from the twelve."""
    shutil.copy(twelve, settings.database_path)
    with build(settings) as application:
        yield application


def test_a_plan_right_after_a_campaign_knows_that_its_platform_was_seen(
    learnt: Application, make_campaign: Callable[..., Campaign]
) -> None:
    before = plan(learnt, "TikTok")
    assert notes(before, "was never seen")
    assert before["pending"] == 0

    learnt.engine.analyze(make_campaign(campaign_id="t1", platform="TikTok", currency="USD"))
    learnt.engine.analyze(make_campaign(campaign_id="t2", platform="TikTok", currency="USD"))
    after = plan(learnt, "TikTok")

    assert not notes(after, "was never seen")
    assert notes(after, "tiktok is in 2 stored campaigns not learnt from so far")
    assert (after["pending"], after["as_of"]) == (2, before["as_of"])
    learnt.learner.learn_now("default")
    assert not notes(plan(learnt, "TikTok"), "tiktok")


def test_a_retracted_campaign_is_on_record_no_longer_and_waits_until_it_is_unlearnt(
    learnt: Application, make_campaign: Callable[..., Campaign]
) -> None:
    learnt.engine.analyze(make_campaign(campaign_id="t1", platform="TikTok"))
    learnt.engine.delete("t1")

    after = plan(learnt, "TikTok")
    assert notes(after, "was never seen")
    assert after["pending"] == 1


def test_what_waits_is_counted_by_campaign_and_in_its_own_workspace(
    learnt: Application, make_campaign: Callable[..., Campaign]
) -> None:
    for conversions in (5.0, 6.0, 7.0):
        learnt.engine.analyze(make_campaign(campaign_id="again", actual={"conversions": conversions}))
    for number in range(4):
        learnt.engine.analyze(make_campaign(campaign_id=f"o{number}"), workspace="other")

    assert learnt.engine.effects()["pending"] == 1
    assert learnt.recommendations.recommend()["pending"] == 1
    assert learnt.learner.lag("default") == 1
    assert learnt.learner.lag("other") == 4
    assert plan(learnt, "Meta", "other")["pending"] == 4
    assert learnt.engine.effects(workspace="nobody")["pending"] == 0


def up_to_date(application: Application, forecaster: Forecaster | None = None) -> Calibration:
    with application.store.snapshot("default") as snapshot:
        mine = forecaster or application.recommendations._forecaster
        return mine.up_to_date(snapshot, snapshot.knowledge())


@pytest.mark.parametrize(
    "asked_after", [4, *(pytest.param(often, marks=pytest.mark.torture(part="server")) for often in (1, 30))]
)
def test_calibration_of_now_is_bit_for_bit_what_the_next_fit_makes_of_it(
    application: Application, history: tuple[Campaign, ...], monkeypatch: pytest.MonkeyPatch, asked_after: int
) -> None:
    """However many campaigns came since, in how many portions they are taken in, and also of corrections."""
    monkeypatch.setattr(forecaster, "MOST_ENTRIES", 200 if asked_after > 1 else 3)
    sound = [one for one in history if one.platform in ("Meta", "TikTok")]
    for campaign in sound[:12]:
        application.engine.analyze(campaign)
    application.learner.learn_now("default")
    for number, campaign in enumerate(sound[12:20]):
        application.engine.analyze(campaign)
        if number % asked_after == 0:
            up_to_date(application)
    application.engine.analyze(sound[3].model_copy(update={"timestamp": sound[4].timestamp}))
    application.engine.delete(sound[5].campaign_id)
    while (state := up_to_date(application)).seq < application.store.last_seq("default"):
        continue

    knowledge = application.learner.learn_now("default")
    assert calibration_blob.encode(state) == knowledge.calibration
    assert calibration_blob.encode(up_to_date(application)) == knowledge.calibration
    assert calibration_blob.encode(up_to_date(application, Forecaster())) == knowledge.calibration, "read anew"


def test_a_forecast_rests_on_every_campaign_stored_before_it_unless_that_takes_a_full_fit(
    learnt: Application, make_campaign: Callable[..., Campaign]
) -> None:
    learned = up_to_date(learnt).learned
    fitted, due = learnt.store.last_seq("default"), up_to_date(learnt).refit_at - learned
    names = [f"n{number}" for number in range(due + 2)]
    for name in names:
        learnt.engine.analyze(make_campaign(campaign_id=name))

    rows = [row for row in learnt.store.forecasts("default") if row.issuer == ISSUER]
    rest_on = {row.campaign_id: row.detail["seq"] - fitted for row in rows}
    assert [rest_on[name] for name in names] == [*range(due), due - 1, due - 1]
    assert up_to_date(learnt).learned == learned + due + 2, "a plan takes the full fit in, too"


def test_a_suspected_fault_calibrates_nothing(application: Application, history: tuple[Campaign, ...]) -> None:
    google = [one for one in history if one.platform == "Google"]
    faulty = next(one for one in google if one.campaign_id == "cmp_h31_google_sales")
    for campaign in google:
        if campaign is not faulty:
            application.engine.analyze(campaign)
    application.learner.learn_now("default")
    before = up_to_date(application)

    application.engine.analyze(faulty)
    after = up_to_date(application)

    assert after.learned == before.learned
    assert after.seq > before.seq


def test_while_a_full_fit_is_due_no_analysis_reads_again_what_waits_for_it(
    learnt: Application, make_campaign: Callable[..., Campaign], monkeypatch: pytest.MonkeyPatch
) -> None:
    due = up_to_date(learnt).refit_at - up_to_date(learnt).learned
    taken = list[bytes]()

    def taken_in(payload: bytes) -> Evidence:
        taken.append(payload)
        return decode(payload)

    monkeypatch.setattr(forecaster, "decode", taken_in)
    for number in range(due + 6):
        learnt.engine.analyze(make_campaign(campaign_id=f"n{number}"))
    assert len(taken) == due

    while up_to_date(learnt).seq < learnt.store.last_seq("default"):
        continue
    learnt.engine.analyze(make_campaign(campaign_id="after"))
    learnt.engine.analyze(make_campaign(campaign_id="at last"))
    assert up_to_date(learnt).seq == learnt.store.last_seq("default")
