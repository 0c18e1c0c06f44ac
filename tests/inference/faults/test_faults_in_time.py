"""A silent month is missing and not zero: what comes and goes is held or asked about, what lasts is a kind."""

import datetime as dt
from collections.abc import Callable, Sequence

import numpy as np
import pytest

from reflection.domain.campaign import Campaign, ConversionsInDoubt
from reflection.domain.evidence import Evidence, decode, encode, evidence_of
from reflection.inference.faults.tracking_faults import suspected_fault
from reflection.inference.learn import learn

Months = list[tuple[str, int, Evidence]]
MONTHS = 12
SILENT = 7


@pytest.fixture
def account(make_campaign: Callable[..., Campaign]) -> Callable[..., Months]:
    """Rows of campaigns by month; `share` of the conversions of those of `silent` was counted in one month."""

    def made(
        share: float = 1.0,
        silent: Sequence[int] = range(6),
        *,
        usual: float = 9.0,
        seed: int = 1,
        best: float = 1.0,
        spend: Sequence[float] = (1.0,) * 6,
        months: int = MONTHS,
    ) -> Months:
        random = np.random.default_rng(seed)
        rows: Months = []
        for number in range(6):
            price = random.uniform(0.7, 1.4) * (best if number == 0 else 1.0)
            for month in range(months):
                start = dt.datetime(2025 + month // 12, month % 12 + 1, 1, tzinfo=dt.UTC)
                end = (start + dt.timedelta(days=32)).replace(day=1) - dt.timedelta(seconds=1)
                lost = share if month == SILENT and number in silent else 1.0
                money = 900.0 * random.uniform(0.8, 1.2) * spend[number]
                counted = int(random.poisson(usual * price * money / 900.0 * lost))
                campaign = make_campaign(
                    campaign_id=f"c{number}_{month:02d}", unit_id=f"c{number}", name=f"C {number}", currency="EUR",
                    actual={"conversions": counted, "spend": money, "clicks": 900, "impressions": 60_000},
                    audiences=[{"name": f"People {number % 3}"}], creatives=[], breakdown=[],
                    timestamp=end.isoformat(), period_start=start.isoformat(), period_end=end.isoformat(),
                )  # fmt: skip
                rows.append((f"c{number}", month, evidence_of(campaign)))
        return rows

    return made


def _evidence(rows: Months) -> list[Evidence]:
    return [item for _, _, item in rows]


@pytest.mark.parametrize("share", [0.0, 0.08, 9.0])
def test_a_month_that_an_account_lost_or_counted_double_is_not_learnt_from(account, share: float) -> None:
    rows = account(share)
    knowledge = learn(_evidence(rows))

    assert {name[-2:] for name in knowledge.held} == {f"{SILENT:02d}"}
    assert len(knowledge.held) == 6
    rest = learn([item for _, month, item in rows if month != SILENT])
    assert knowledge.effects == rest.effects
    assert knowledge.findings == rest.findings


@pytest.mark.parametrize("share", [0.0, 0.08, 9.0])
def test_so_is_that_of_one_campaign_beside_its_own_other_months(account, share: float) -> None:
    knowledge = learn(_evidence(account(share, [2], usual=40.0)))

    assert list(knowledge.held) == [f"c2_{SILENT:02d}"]


def test_below_a_twentieth_of_what_was_spent_in_the_time_it_is_asked_about_and_learnt(account) -> None:
    small = (0.1, 1.0, 1.0, 1.0, 1.0, 1.0)
    knowledge = learn(_evidence(account(0.08, [0], usual=400.0, spend=small)))

    assert knowledge.held == {}
    assert list(knowledge.asked) == [f"c0_{SILENT:02d}"]


@pytest.mark.parametrize("best", [8.0, 1 / 8])
def test_a_campaign_that_is_always_so_is_no_fault(account, best: float) -> None:
    knowledge = learn(_evidence(account(best=best, usual=40.0)))

    assert knowledge.held == {}


def test_nothing_of_an_honest_account_is_held(account) -> None:
    for seed in range(3):
        for usual in (1.0, 9.0):
            knowledge = learn(_evidence(account(seed=seed, usual=usual)))
            assert knowledge.held == {}, (seed, usual)


def test_a_level_that_stays_is_no_silent_month(account) -> None:
    """Conversions that stop for good leave no usual price to compare with once they are most of the account."""
    months = [item for _, month, item in account(usual=40.0) if month < 2]

    assert learn(months).held == {}


def test_days_that_an_import_doubts_are_held_where_they_matter_and_asked_about_else(account) -> None:
    spent = {"c1_03": 600.0, "c2_05": 3.0}
    rows = account(usual=40.0)
    knowledge = learn([_with_doubt(item, spent.get(item.campaign_id)) for item in _evidence(rows)])

    assert list(knowledge.held) == ["c1_03"]
    assert "EUR 600.00 of it was spent between 2025-04-03 and 2025-04-12" in knowledge.held["c1_03"]
    assert list(knowledge.asked) == ["c2_05"]


def test_a_campaign_with_doubted_days_is_held_from_the_moment_it_comes(account) -> None:
    knowledge = learn(_evidence(account(usual=40.0)))
    item = next(item for name, month, item in account(usual=40.0) if (name, month) == ("c1", 3))

    assert suspected_fault(_with_doubt(item, 600.0), knowledge)
    assert suspected_fault(_with_doubt(item, 3.0), knowledge) is None


def test_doubts_are_kept_with_the_evidence(make_campaign: Callable[..., Campaign]) -> None:
    doubt = ConversionsInDoubt(first=dt.date(2026, 8, 6), last=dt.date(2026, 8, 28), spend=230.0)
    item = evidence_of(make_campaign(conversions_in_doubt=doubt.model_dump(mode="json")))

    assert item.doubt == (20671, 20693, 230.0)
    assert decode(encode(item)) == item


def _with_doubt(item: Evidence, spend: float | None) -> Evidence:
    """The evidence with ten days that are doubted, if any."""
    if spend is None:
        return item
    first = item.days[0] + 2
    body = {**item.__dict__, "doubt": (first, first + 9, spend)}
    return Evidence(**{name: body[name] for name in item.__dataclass_fields__})
