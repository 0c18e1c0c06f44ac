"""Calibration: bias is learnt, intervals cover, the future never leaks, and corrections are corrections."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from reflection.domain import evidence
from reflection.domain.evidence import Cell, Counts, Evidence
from reflection.domain.planner_forecast import REFERENCES, PlannerForecast
from reflection.domain.ports import LedgerEntry
from reflection.forecasting import calibration, calibration_blob, calibration_update
from reflection.forecasting.calibration import EMPTY, START, Calibration, forecast_rows, predict

BIAS = {"platform:meta": 0.2, "platform:google": -0.2}
PLANNER_BIAS = {"ada": 0.0, "bob": -0.3}


def _campaign(index: int, rng: np.random.Generator, jump: float = 0.0) -> Evidence:
    """A campaign whose conversions miss the plan by platform, planner and chance."""
    platform = str(rng.choice(list(BIAS)))
    planner = str(rng.choice(list(PLANNER_BIAS)))
    expected = Counts(100_000, 0, 100, float(rng.lognormal(7, 0.5)), None)
    bias = -0.1 + BIAS[platform] + PLANNER_BIAS[planner] + jump * (platform == "platform:meta")
    clicks = rng.poisson(2_000 * np.exp(rng.normal(0, 0.1)))
    conversions = rng.poisson(100 * np.exp(bias + rng.normal(0, 0.15)))
    actual = Counts(100_000, int(clicks), int(conversions), expected.spend, None)
    return Evidence(
        f"c{index:04d}", 20_000 + index, platform, "objective:leads", planner, "EUR", expected, actual,
        (Cell({platform: 1.0}, actual),),
    )  # fmt: skip


def _entries(campaigns: list[Evidence]) -> list[LedgerEntry]:
    return [LedgerEntry(seq, one.campaign_id, 1, 1, evidence.encode(one)) for seq, one in enumerate(campaigns, start=1)]


@pytest.fixture(scope="module")
def campaigns() -> list[Evidence]:
    rng = np.random.default_rng(11)
    return [_campaign(index, rng) for index in range(90)]


@pytest.fixture(scope="module")
def learnt(campaigns: list[Evidence]) -> Calibration:
    return calibration_update.fold(_entries(campaigns))


def _same(first: Calibration, second: Calibration) -> bool:
    return calibration_blob.encode(first) == calibration_blob.encode(second)


def _promise(platform: str = "platform:meta", planner: str | None = "ada", spend: float = 1100.0) -> PlannerForecast:
    return PlannerForecast(platform, "objective:leads", planner, "EUR", Counts(100_000, 0, 100, spend, None))


def test_before_enough_campaigns_nothing_is_claimed(campaigns: list[Evidence]):
    assert predict(EMPTY, _promise()) == {}
    assert predict(calibration_update.fold(_entries(campaigns[: START - 1])), _promise()) == {}
    assert predict(calibration_update.fold(_entries(campaigns[:START])), _promise())


def test_the_bias_of_platform_and_planner_is_learnt(learnt: Calibration):
    for platform, bias in BIAS.items():
        for planner, own in PLANNER_BIAS.items():
            one = predict(learnt, _promise(platform, planner))["conversions"]
            assert one.mean_log == pytest.approx(-0.1 + bias + own, abs=0.12)
            assert one.planner == 100


def test_corrected_forecasts_are_nearer_than_the_planner(learnt: Calibration):
    rng = np.random.default_rng(5)
    ours, theirs = [], []
    for index in range(200):
        one = _campaign(index, rng)
        y = np.log((one.actual.conversions + 0.5) / 100.5)
        ours.append(abs(y - predict(learnt, PlannerForecast.of(one))["conversions"].mean_log))
        theirs.append(abs(y))
    assert np.mean(ours) < 0.75 * np.mean(theirs)


def test_intervals_are_nested_and_in_the_metrics_units(learnt: Calibration):
    for one in predict(learnt, _promise()).values():
        low50, high50 = one.intervals["50"]
        low90, high90 = one.intervals["90"]
        assert low90 <= one.intervals["80"][0] <= low50 <= one.point <= high50 <= one.intervals["80"][1] <= high90


def test_intervals_cover_new_campaigns(learnt: Calibration):
    rng = np.random.default_rng(6)
    hits = []
    for index in range(400):
        one = _campaign(index, rng)
        low, high = predict(learnt, PlannerForecast.of(one))["conversions"].intervals["90"]
        hits.append(low <= one.actual.conversions <= high)
    assert 0.85 <= np.mean(hits) <= 0.97


def test_probability_of_keeping_a_promise_follows_the_bias(learnt: Calibration):
    generous = predict(learnt, _promise("platform:meta", "ada"))
    bold = predict(learnt, _promise("platform:google", "bob"))
    assert generous["conversions"].p_reached > 0.5 > bold["conversions"].p_reached
    assert generous["cpa"].p_reached > 0.5 > bold["cpa"].p_reached


def test_an_unseen_platform_or_planner_widens_and_is_named(learnt: Calibration):
    usual = predict(learnt, _promise())["conversions"]
    new = predict(learnt, _promise("platform:tiktok"))["conversions"]
    assert new.sd_log > usual.sd_log * 1.1
    assert new.unseen == ("platform:tiktok",)
    assert predict(learnt, _promise(planner="eve"))["conversions"].unseen == ("planner:eve",)
    assert usual.unseen == ()


def test_the_fold_does_not_depend_on_how_it_is_cut(campaigns: list[Evidence], learnt: Calibration):
    entries, state = _entries(campaigns), EMPTY
    for start in range(0, len(entries), 7):
        state = calibration_update.fold(entries[start : start + 7], state)
        state = calibration_blob.decode(calibration_blob.encode(state))
    assert _same(state, learnt)


def test_entries_taken_in_already_change_nothing(campaigns: list[Evidence], learnt: Calibration):
    assert _same(calibration_update.fold(_entries(campaigns), learnt), learnt)


def test_advice_never_leaks_the_future(campaigns: list[Evidence]):
    """Change a later campaign: no earlier prediction moves."""
    changed = list(campaigns)
    changed[30] = replace(changed[30], actual=Counts(100_000, 9, 90_000, 1.0, 1e6))

    def predictions(history: list[Evidence]) -> list[object]:
        state, made = EMPTY, []
        for entry, one in zip(_entries(history), history, strict=True):
            made.append(forecast_rows(state, PlannerForecast.of(one), issued_at="2026-01-01"))
            state = calibration_update.fold([entry], state)
        return made

    before, after = predictions(campaigns[:40]), predictions(changed[:40])

    assert before[:31] == after[:31]
    assert before[31] != after[31]


def test_a_correction_teaches_but_is_no_new_test_of_the_forecast(campaigns: list[Evidence], learnt: Calibration):
    old = campaigns[40]
    new = replace(old, actual=Counts(100_000, 2_000, 150, old.expected.spend, 12_000.0))
    entries = [
        LedgerEntry(91, old.campaign_id, 1, -1, evidence.encode(old)),
        LedgerEntry(92, old.campaign_id, 2, 1, evidence.encode(new)),
    ]

    after = calibration_update.fold(entries, learnt)

    assert after.metrics["conversions"].conformal == learnt.metrics["conversions"].conformal
    assert [row.campaign_id for row in after.rows].count(old.campaign_id) == 1
    assert after.rows[-1].observed["conversions"][0] == pytest.approx(np.log(150.5 / 100.5))


def test_a_deleted_campaign_is_no_longer_learnt_from(campaigns: list[Evidence], learnt: Calibration):
    gone = calibration_update.forget(learnt, campaigns[3].campaign_id)
    assert len(gone.rows) == len(learnt.rows) - 1
    assert calibration_update.forget(gone, "never seen") is gone


def test_held_campaigns_neither_test_nor_teach(campaigns: list[Evidence]):
    held = {campaigns[10].campaign_id}
    state = calibration_update.fold(_entries(campaigns[:30]), held=held)
    assert state.learned == 29
    assert state.seq == 30


def test_what_a_campaign_taught_before_it_was_held_is_taken_back_when_it_is_corrected(
    campaigns: list[Evidence], learnt: Calibration
):
    suspect = campaigns[40]
    correction = [
        LedgerEntry(91, suspect.campaign_id, 1, -1, evidence.encode(suspect)),
        LedgerEntry(92, suspect.campaign_id, 2, 1, evidence.encode(suspect)),
    ]

    after = calibration_update.fold(correction, learnt, held={suspect.campaign_id})

    assert suspect.campaign_id not in {row.campaign_id for row in after.rows}
    assert after.metrics["conversions"].learned == learnt.metrics["conversions"].learned - 1
    assert after.seq == 92


def test_forgetting_a_campaign_leaves_what_would_be_known_without_it(campaigns: list[Evidence], learnt: Calibration):
    before = calibration_update.fold(_entries(campaigns[:70]))
    assert before.refit_at > 71, "between two full fits"
    odd = replace(campaigns[70], actual=Counts(100_000, 9, 9_000, 1.0, None))

    after = calibration_update.forget(calibration_update.learn(before, odd), odd.campaign_id)

    for platform in BIAS:
        one, other = (predict(state, _promise(platform))["conversions"] for state in (before, after))
        assert other.mean_log == pytest.approx(one.mean_log, abs=1e-6)
    np.testing.assert_allclose(
        after.metrics["conversions"].belief.covariance, before.metrics["conversions"].belief.covariance, atol=1e-9
    )


def test_corrections_of_many_campaigns_need_no_fit_each(
    campaigns: list[Evidence], learnt: Calibration, monkeypatch: pytest.MonkeyPatch
):
    fits = []
    monkeypatch.setattr(calibration_update, "refit", lambda state: fits.append(state) or state)
    state = learnt
    for one in campaigns[40:55]:
        state = calibration_update.learn(calibration_update.forget(state, one.campaign_id), one, first=False)

    assert fits == []
    assert state.metrics["conversions"].learned == learnt.metrics["conversions"].learned


def test_of_few_campaigns_one_is_forgotten_by_a_fit_of_the_others(campaigns: list[Evidence]):
    few = calibration_update.fold(_entries(campaigns[:12]))
    gone = calibration_update.forget(few, campaigns[3].campaign_id)

    assert gone.refit_at == few.learned + few.learned // 2
    assert (
        calibration_update.forget(calibration_update.fold(_entries(campaigns[:START])), "c0000")
        .metrics["conversions"]
        .belief
        is None
    )


def test_full_fits_become_rarer_as_campaigns_grow_and_never_too_rare(campaigns: list[Evidence]):
    state, due = EMPTY, []
    for learned in range(5, 5_000):
        state = replace(state, learned=learned)
        if learned >= state.refit_at:
            state = calibration_update.refit(state)
            due.append(learned)

    steps = np.diff(due)
    assert len(due) < 40
    assert steps.max() == calibration_update.REFIT_AFTER
    assert (np.diff(steps) >= 0).all()


def test_a_campaign_that_promised_or_delivered_nothing_is_passed_over(campaigns: list[Evidence]):
    empty = replace(campaigns[0], actual=Counts(0, 0, 0, 0, None))
    assert calibration_update.learn(EMPTY, empty).learned == 0


def test_a_platform_that_jumps_is_followed():
    rng = np.random.default_rng(2)
    history = [_campaign(index, rng, jump=0.6 * (index >= 100)) for index in range(250)]
    state = calibration_update.fold(_entries(history))
    ours = predict(state, _promise("platform:meta", "ada"))["conversions"].mean_log
    assert ours == pytest.approx(0.7, abs=0.2)


def test_the_state_survives_as_bytes_to_the_last_bit(learnt: Calibration):
    again = calibration_blob.decode(calibration_blob.encode(learnt))
    assert replace(again, metrics={}) == replace(learnt, metrics={})
    for metric, state in learnt.metrics.items():
        belief, belief_again = state.belief, again.metrics[metric].belief
        assert belief is not None
        assert belief_again is not None
        assert belief_again.mean.tobytes() == belief.mean.tobytes()
        assert belief_again.covariance.tobytes() == belief.covariance.tobytes()
        assert (belief_again.features, belief_again.scatter, belief_again.tau) == (
            belief.features, belief.scatter, belief.tau
        )  # fmt: skip
        assert replace(again.metrics[metric], belief=None) == replace(state, belief=None)
    assert predict(again, _promise()) == predict(learnt, _promise())


def test_an_empty_state_survives_and_no_bytes_are_an_empty_state():
    assert calibration_blob.decode(calibration_blob.encode(EMPTY)) == EMPTY
    assert calibration_blob.decode(b"") is EMPTY


def test_another_layout_is_not_misread(learnt: Calibration, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(calibration_blob, "LAYOUT", "99")
    data = calibration_blob.encode(learnt)
    monkeypatch.undo()
    assert calibration_blob.decode(data) is EMPTY


@pytest.mark.parametrize("damage", [lambda data: data[:-9], lambda data: b"x" + data, lambda data: data[:50]])
def test_a_damaged_state_is_refused(learnt: Calibration, damage: Callable[[bytes], bytes]):
    with pytest.raises(ValueError, match="damaged"):
        calibration_blob.decode(damage(calibration_blob.encode(learnt)))


def test_register_rows_carry_the_whole_distribution(learnt: Calibration):
    rows = forecast_rows(learnt, _promise(), issued_at="2026-01-01T00:00:00+00:00")
    one = next(row for row in rows if row.metric == "conversions")
    assert one.issuer == "engine"
    assert list(one.quantiles) == ["0.05", "0.1", "0.25", "0.5", "0.75", "0.9", "0.95"]
    assert list(one.quantiles.values()) == sorted(one.quantiles.values())
    assert one.detail["learned"] == 90
    assert [row.currency for row in rows if row.metric in ("cpa", "revenue")] == ["EUR"]
    assert one.currency is None


def test_steps_begin_anew_at_the_first_campaign_kept():
    base = {"platform:meta": 3}
    assert len(calibration.drift(base, "platform:meta", 5)) == 2
    assert calibration.drift(base, "platform:google", 0) == {}


def test_metrics_observed_on_the_same_campaigns_share_one_design(
    campaigns: list[Evidence], monkeypatch: pytest.MonkeyPatch
):
    made = []
    real = calibration_update.with_intercept
    monkeypatch.setattr(calibration_update, "with_intercept", lambda rows: made.append(len(rows)) or real(rows))

    state = calibration_update.fold(_entries(campaigns[:START]))

    assert made == [START]
    assert len(state.metrics) > 1


@pytest.mark.parametrize("planner", sorted(REFERENCES))
def test_a_reference_is_nobodys_forecast_and_neither_teaches_nor_is_corrected(
    campaigns: list[Evidence], learnt: Calibration, planner: str
):
    named = [replace(one, planner=planner) for one in campaigns]

    assert calibration_update.fold(_entries(named)).learned == 0
    assert predict(learnt, _promise(planner=planner)) == {}
    assert forecast_rows(learnt, _promise(planner=planner), issued_at="2026-01-01T00:00:00Z") == []
