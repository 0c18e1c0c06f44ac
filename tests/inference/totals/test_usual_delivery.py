"""What is usual is what all the money brings: no thing of a kind is told as better that brings less than that."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from reflection.domain import signals
from reflection.domain.bookable import Definition, agreed, descriptions_of, root
from reflection.domain.campaign import Campaign
from reflection.domain.evidence import Cell, Counts, Evidence, evidence_of
from reflection.domain.knowledge import Knowledge
from reflection.domain.plan import Plan
from reflection.forecasting.calibration import EMPTY
from reflection.forecasting.plan_evaluation import evaluate
from reflection.inference.fit_request import FitRequest
from reflection.inference.learn import learn
from reflection.inference.totals.total_effects import TotalEffects
from reflection.inference.totals.usual_delivery import above_mean_of_logs

RETURNS = {"Google": 7.7, "Meta": 1.7, "TikTok": 0.55, "Bing": 2.5}
"""ROAS of four platforms with as much money each: 3.1 together, and the mean of their logs is 2.06."""


@pytest.fixture(scope="module")
def far_apart(make_campaign: Callable[..., Campaign]) -> Knowledge:
    """Fifteen campaigns on each platform, which differ in what comes of a click alone."""
    rng = np.random.default_rng(4)
    campaigns = [
        make_campaign(
            campaign_id=f"c{number}", platform=platform, objective="Sales", currency="USD",
            timestamp=f"2026-03-{1 + number % 28:02d}T12:00:00Z", expected={}, audiences=[], creatives=[], breakdown=[],
            actual={
                "impressions": 100_000, "clicks": 2_000, "spend": 1_000.0, "conversions": conversions,
                "revenue": 20.0 * conversions,
            },
        )
        for number, (platform, roas) in enumerate(list(RETURNS.items()) * 15)
        for conversions in [int(rng.poisson(50 * roas * np.exp(rng.normal(0, 0.1))))]
    ]  # fmt: skip
    request = FitRequest(definitions=agreed(map(descriptions_of, campaigns)), as_of="2026-06-01T00:00:00+00:00")
    return learn([evidence_of(one) for one in campaigns], request)


def test_what_is_booked_of_a_kind_brings_what_is_usual_on_average_by_money(far_apart: Knowledge) -> None:
    """In every draw: the money on all platforms brings what all the money brings."""
    booked = [one for one in far_apart.bookables if one.definition.kind == "platform"]
    draws = TotalEffects(far_apart, far_apart.goal_metric).draws(booked)
    share = np.array([far_apart.delivery[""][one.key] for one in booked])

    np.testing.assert_allclose(share @ np.exp(draws), 1.0, rtol=1e-6)


@pytest.fixture(scope="module")
def together() -> Knowledge:
    """A hundred and twenty campaigns on three platforms, on each of which other creative types do well."""
    rng = np.random.default_rng(6)
    effect, names = rng.normal(0, 0.8, (3, 3)), ("0", "1", "2")
    evidence = []
    for number in range(120):
        platform, kind = int(rng.integers(3)), int(rng.choice(3, p=[0.6, 0.3, 0.1]))
        clicks = float(rng.poisson(2_000 * np.exp(effect[platform, kind] + rng.normal(0, 0.1))))
        counts = Counts(50_000, clicks, float(rng.poisson(0.1 * clicks)), 500.0, None)
        keys = (f"platform:p{platform}", f"creative.type:t{kind}", f"creative:t{kind}", "objective:sales")
        shares = dict.fromkeys((*keys, f"platform*creative.type:p{platform}*t{kind}"), 1.0)
        owner = (f"c{number}", number, f"platform:p{platform}", "objective:sales", None, "EUR")
        evidence.append(Evidence(*owner, counts, counts, (Cell(shares, counts),)))
    creatives = {f"creative:t{name}": {f"creative:t{name}": 1.0, f"creative.type:t{name}": 1.0} for name in names}
    platforms = {f"platform:p{name}": {f"platform:p{name}": 1.0} for name in names}
    definitions = [Definition(key, root(key), parts) for key, parts in sorted({**creatives, **platforms}.items())]
    return learn(evidence, FitRequest(goal="conversions_per_spend", definitions=definitions))


@pytest.mark.parametrize("where", [None, "platform:p0", "platform:p1", "platform:p2"])
@pytest.mark.parametrize("kind", ["creative", "platform"])
def test_so_it_does_on_every_platform_whatever_things_do_together(
    together: Knowledge, kind: str, where: str | None
) -> None:
    booked = [one for one in together.bookables if one.definition.kind == kind and one.platform is None]
    draws = TotalEffects(together, together.goal_metric).draws(booked, platform=where)
    share = np.array([together.delivery[""][together.aliases.get(one.key, one.key)] for one in booked])

    assert len(booked) == 3
    np.testing.assert_allclose(share @ np.exp(draws), 1.0, rtol=1e-5)


def test_a_platform_that_brings_less_than_the_account_is_not_told_as_better(far_apart: Knowledge) -> None:
    totals = {
        one.label.casefold(): one.total
        for one in far_apart.bookables
        if one.definition.kind == "platform" and one.total
    }
    usual = np.mean(list(RETURNS.values()))

    for platform, roas in RETURNS.items():
        total = totals[platform.casefold()]
        assert total is not None
        assert total.interval[0] < roas / usual < total.interval[1]
        assert (total.lane == "exploit") == (platform == "Google")
        assert total.effect == pytest.approx(roas / usual, rel=0.15)


def test_a_plan_is_held_against_the_same_usual(far_apart: Knowledge) -> None:
    for platform in RETURNS:
        plan = Plan(platform=platform, objective="Sales", budget=1_000.0, currency="USD")
        (evaluated,) = evaluate([("p", plan)], far_apart, EMPTY)["plans"]
        figures = evaluated["metrics"]["roas"]
        assert figures["usual"] == pytest.approx(np.mean(list(RETURNS.values())), rel=0.15)
        assert (figures["p_better"] > 0.5) == (platform == "Google")
        cost = evaluated["metrics"]["cpa"]
        assert cost["usual"] == pytest.approx(20.0 / figures["usual"], rel=0.02)


def test_the_mean_of_what_things_bring_is_never_below_that_of_their_logs(knowledge: Knowledge) -> None:
    groups = {signals.parse(key).group for key in knowledge.delivery[""]}

    assert (above_mean_of_logs(knowledge, "roas", knowledge.delivery[""], groups) >= -1e-9).all()


def test_rates_are_mixed_by_what_they_divide_by(far_apart: Knowledge) -> None:
    """As much money buys as many clicks everywhere: conversions of all clicks are the mean of the rates, too."""
    shares, groups = far_apart.delivery[""], {signals.PLATFORM}
    of_clicks = above_mean_of_logs(far_apart, "cvr", shares, groups).mean()
    of_money = above_mean_of_logs(far_apart, "conversions_per_spend", shares, groups).mean()
    of_cost = above_mean_of_logs(far_apart, "cpa", shares, groups).mean()

    assert of_clicks == pytest.approx(of_money, abs=0.05)
    assert of_cost == pytest.approx(-of_money)
    assert above_mean_of_logs(far_apart, "ctr", shares, groups).mean() == pytest.approx(0.0, abs=0.02)


def test_nothing_is_above_where_nothing_is_a_choice(far_apart: Knowledge) -> None:
    assert not above_mean_of_logs(far_apart, "roas", far_apart.delivery[""], ()).any()
    assert not above_mean_of_logs(far_apart, "roas", {}, {signals.PLATFORM}).any()


def test_without_money_delivery_counts_in_impressions(far_apart: Knowledge) -> None:
    posteriors = {name: one for name, one in far_apart.posteriors.items() if name != "cpm"}
    unpaid = replace(far_apart, posteriors=posteriors)
    shares, groups = far_apart.delivery[""], {signals.PLATFORM}

    assert above_mean_of_logs(unpaid, "cvr", shares, groups).mean() == pytest.approx(
        above_mean_of_logs(far_apart, "cvr", shares, groups).mean(), abs=0.05
    )
    unseen = replace(far_apart, posteriors={name: one for name, one in posteriors.items() if name != "ctr"})
    assert not above_mean_of_logs(unseen, "cvr", shares, groups).any()


PEOPLE = {("18-25", "students"): 4.0, ("35-44", "parents"): 0.7, ("35-44", "students"): 2.0}
"""ROAS of three audiences, whose ages and segments come as they are and in no other mix."""


@pytest.fixture(scope="module")
def people(make_campaign: Callable[..., Campaign]) -> Knowledge:
    """Fifteen campaigns for each audience, on one platform."""
    rng = np.random.default_rng(5)
    campaigns = [
        make_campaign(
            campaign_id=f"c{number}", platform="Meta", objective="Sales", currency="USD",
            timestamp=f"2026-03-{1 + number % 28:02d}T12:00:00Z", expected={}, creatives=[], breakdown=[],
            audiences=[{"name": f"{segment} {age}", "attributes": {"age": age, "segment": segment}}],
            actual={
                "impressions": 100_000, "clicks": 2_000, "spend": 1_000.0, "conversions": conversions,
                "revenue": 20.0 * conversions,
            },
        )
        for number, ((age, segment), roas) in enumerate(list(PEOPLE.items()) * 15)
        for conversions in [int(rng.poisson(50 * roas * np.exp(rng.normal(0, 0.1))))]
    ]  # fmt: skip
    request = FitRequest(definitions=agreed(map(descriptions_of, campaigns)), as_of="2026-06-01T00:00:00+00:00")
    return learn([evidence_of(one) for one in campaigns], request)


def test_audiences_with_several_attributes_bring_what_is_usual_by_the_money_on_those_booked(people: Knowledge) -> None:
    booked = [one for one in people.bookables if one.definition.kind == "audience"]
    draws = TotalEffects(people, people.goal_metric).draws(booked)
    usual = np.mean(list(PEOPLE.values()))

    assert len(booked) == len(PEOPLE)
    np.testing.assert_allclose(np.exp(draws).mean(axis=0), 1.0, rtol=1e-6)  # as much money on each
    for one in booked:
        assert one.total is not None
        roas = next(roas for (age, segment), roas in PEOPLE.items() if one.key == f"audience:{segment} {age}")
        assert one.total.effect == pytest.approx(roas / usual, rel=0.15)
