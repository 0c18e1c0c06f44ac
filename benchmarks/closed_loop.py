"""A planner who follows the advice for 150 rounds, in a fixed menu of 180 campaigns: how much is lost on the way?

Each round one campaign is chosen and run in the simulator. *As advised* learns after each, begins with one of each
thing on the menu and then books what the answer of `GET /recommendations` says of each kind: one side of a test that is
worth more than it costs, else what is surely better than usual, else the best of `top_signals`; of what is told in none
of these it goes on with what it booked last. A rule of this benchmark's own ranks whole campaigns by the posterior's
upper percentile and explores by Thompson sampling; the others are linear Thompson sampling, compounding weights per
signal, as the first version kept them, and the posterior mean without exploration.
All face the same worlds. Every card that was shown on the way is held against what the simulator knows: how often what
"is better than usual with so much probability" is better, in campaigns that the advice itself chose.

    python -m benchmarks loop
    python benchmarks/closed_loop.py --worlds 10 --seed 404
    python benchmarks/closed_loop.py --claims 20            the cards of twenty worlds alone
    python benchmarks/closed_loop.py --claims 20 --random   of the same worlds, booked at random
    python benchmarks/closed_loop.py --claims 20 --own-prior   of worlds as likely as a fit takes them for
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import pairwise, product

import numpy as np
from numpy.typing import NDArray

from reflection.domain import signals
from reflection.domain.bookable import Definition, root
from reflection.domain.evidence import Cell, Counts, Evidence
from reflection.domain.knowledge import NOTHING, Knowledge
from reflection.inference.fit_request import FitRequest
from reflection.inference.fits import posterior
from reflection.inference.learn import learn
from reflection.recommendations.ranking import RecommendationInput, recommend
from reflection.stats.decisions import thompson
from reflection.stats.posterior.scatter_priors import PRIOR_RATE, level_rates

PLATFORMS, TYPES, AGES = 5, 6, 6
ROUNDS = 150
WARM_UP = 6
CLAIMS_EVERY = 10
"""Rounds after which the cards that are shown are held against the simulator."""

REFIT_GROWTH = 0.3
"""After how much more of a history the rule of this benchmark's own learns anew; in between it goes on by itself."""

RUNS = 8
SEED = 17
STEP_UP, STEP_DOWN = 1.05, 0.95
NOISE = 0.32
"""Standard deviation of one campaign's log value around its option, between two fits taken as known."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Claim:
    """A card as it was shown, and whether it is so: better than usual, and within its 90 % interval.

    `kind` is what is booked, or "pair"; `after` counts the campaigns there were, `campaigns` those with it.
    """

    lane: str
    p_better: float
    better: bool
    covered: bool
    kind: str
    after: int
    campaigns: int


@dataclass(frozen=True)
class Loop:
    """One run: regret (log units, summed), and what was claimed on the way, after every fit."""

    regret: float
    claims: tuple[Claim, ...] = ()


class World:
    """True log conversions per unit of spend of every option, and campaigns drawn from it: half of an effect is in the
    CTR, half in the CVR.
    """

    def __init__(self, rng: np.random.Generator) -> None:
        def effects(size: int) -> Floats:
            found = rng.normal(0, 0.25, size) * (rng.random(size) > 0.3)
            return np.asarray(found - found.mean())

        self.effects = [effects(PLATFORMS), effects(TYPES), effects(AGES)]
        platform, kind, age = self.effects
        self.crossed = rng.normal(0, 0.25, (PLATFORMS, TYPES)) * (rng.random((PLATFORMS, TYPES)) > 0.7)
        self.menu = [(p, t, a) for p in range(PLATFORMS) for t in range(TYPES) for a in range(AGES)]
        self.value = np.array([platform[p] + kind[t] + age[a] + self.crossed[p, t] for p, t, a in self.menu])
        self.lifts = [np.zeros(len(self.menu)), self.value / 2, self.value / 2]  # of price, clicks and conversions
        self.shares = [_shares(*option) for option in self.menu]

    def run(self, index: int, option: int, rng: np.random.Generator) -> Evidence:
        """Run one campaign, overdispersed."""
        price, clicked, bought = (float(lift[option]) for lift in self.lifts)
        clicks = rng.poisson(20_000 * 0.02 * np.exp(clicked + rng.normal(0, 0.15)))
        conversions = rng.poisson(clicks * 0.05 * np.exp(bought + rng.normal(0, 0.15)))
        spend = 200 * np.exp(price + rng.normal(0, 0.1))
        counts = Counts(20_000, float(clicks), float(conversions), float(spend), None)
        p = self.menu[option][0]
        return Evidence(
            f"c{index:04d}", index, f"platform:p{p}", "objective:leads", None, "EUR",
            Counts(20_000, 400, 20, 200, None), counts, (Cell(self.shares[option], counts),),
        )  # fmt: skip

    def mean(self, mix: Sequence[Floats]) -> float:
        """Log value of a mix: shares of the platforms, of the types and of the ages."""
        every = mix[0][:, None, None] * mix[1][:, None] * mix[2]
        return float(every.ravel() @ self.value)

    def usual(self, past: Sequence[Evidence]) -> list[Floats]:
        """Shares of the money that platforms, types and ages had so far."""
        mix = [np.zeros(PLATFORMS), np.zeros(TYPES), np.zeros(AGES)]
        for one in past:
            for place, name in enumerate(KINDS):
                level = next(key for key in one.cells[0].shares if key.startswith(f"{name}:"))
                mix[place][_number(level)] += one.actual.spend or 0.0
        return [shares / shares.sum() for shares in mix]


class OwnPrior(World):
    """A world drawn from what a fit takes for likely before it sees any: how large effects of a group are differs by
    metric and world, prices and ages on a platform have some, too. Under its own prior what a posterior says comes
    true as often as it says, at every look, whatever was booked and whichever cards are shown (it is a martingale).
    """

    def __init__(self, rng: np.random.Generator) -> None:
        super().__init__(rng)
        at = np.array(self.menu).T
        lifts = []
        for _ in range(3):
            rates = [*level_rates((PLATFORMS, TYPES, AGES)), PRIOR_RATE, PRIOR_RATE]
            sizes = iter(rng.exponential(1 / np.array(rates)))
            lift = np.zeros(len(self.menu))
            for place, count in enumerate((PLATFORMS, TYPES, AGES)):
                lift += next(sizes) * _centred(rng.normal(size=count))[at[place]]
            for place, count in ((1, TYPES), (2, AGES)):
                lift += next(sizes) * _centred(_centred(rng.normal(size=(PLATFORMS, count))).T).T[at[0], at[place]]
            lifts.append(lift)
        self.lifts, self.value = lifts, lifts[1] + lifts[2] - lifts[0]


def _centred(effects: Floats) -> Floats:
    return np.asarray(effects - effects.mean(axis=0))


KINDS = ("platform", "creative", "audience")
"""What can be booked, in the order of a menu's options."""


def _number(level: str) -> int:
    """The place of a level such as ``audience:a3`` or ``a3``."""
    return int(level.rpartition(":")[2][1:])


def _shares(p: int, t: int, a: int) -> dict[str, float]:
    keys = (
        f"platform:p{p}", f"creative.type:t{t}", f"audience.age:a{a}", "objective:leads",
        f"platform*creative.type:p{p}*t{t}", f"platform*audience.age:p{p}*a{a}", f"creative:t{t}", f"audience:a{a}",
    )  # fmt: skip
    return dict.fromkeys(keys, 1.0)


DEFINITIONS = (
    *(Definition(f"platform:p{p}", "platform", {f"platform:p{p}": 1.0}) for p in range(PLATFORMS)),
    *(
        Definition(f"creative:t{t}", "creative", {f"creative:t{t}": 1.0, f"creative.type:t{t}": 1.0})
        for t in range(TYPES)
    ),
    *(
        Definition(f"audience:a{a}", "audience", {f"audience:a{a}": 1.0, f"audience.age:a{a}": 1.0})
        for a in range(AGES)
    ),
)
"""What can be booked, as campaigns would define it."""


def as_advised(world: World, rng: np.random.Generator, *, at_random: bool = False) -> Loop:
    """Book what the recommendations say of each kind: of platforms, then of what to book on the platform.

    Args:
        at_random: book anything, whatever is proposed.
    """
    past: list[Evidence] = []
    claims: list[Claim] = []
    knowledge, regret = NOTHING, 0.0
    first, last = _each_once(world, rng), 0
    for index in range(ROUNDS):
        shown = index > 0 and index % CLAIMS_EVERY == 0
        if shown or (index >= WARM_UP and not at_random):  # as the service does, after each campaign
            knowledge = learn(past, _request(past))
            claims += _claims(world, knowledge, past) if shown else []
        option = int(rng.integers(len(world.menu))) if at_random else _advised_option(world, knowledge, last, rng)
        last = first[index] if index < WARM_UP and not at_random else option
        regret += float(world.value.max() - world.value[last])
        past.append(world.run(index, last, rng))
    return Loop(regret, tuple(claims))


def _request(past: Sequence[Evidence]) -> FitRequest:
    """Of somebody who is asked whether a campaign that is far from all others is right, and says so: all are."""
    return FitRequest(
        goal="conversions_per_spend",
        seq=len(past),
        definitions=DEFINITIONS,
        accepted=[one.campaign_id for one in past],
    )


def _each_once(world: World, rng: np.random.Generator) -> list[int]:
    """Options that have everything on the menu, each at least once."""
    platforms, kinds, ages = (rng.permutation(WARM_UP) % count for count in (PLATFORMS, TYPES, AGES))
    return [world.menu.index((int(p), int(t), int(a))) for p, t, a in zip(platforms, kinds, ages, strict=True)]


def _advised_option(world: World, knowledge: Knowledge, last: int, rng: np.random.Generator) -> int:
    """The option of the menu that the recommendations propose; `last` is the one that was booked last."""
    before = world.menu[last]
    platform = _proposed(knowledge, "platform", before[0], rng)
    kind, age = (_proposed(knowledge, KINDS[place], before[place], rng, f"p{platform}") for place in (1, 2))
    return world.menu.index((platform, kind, age))


def _claims(world: World, knowledge: Knowledge, past: Sequence[Evidence]) -> list[Claim]:
    """Every card that is shown after a fit, of the account as a whole and of each of its platforms."""
    usual, claims = world.usual(past), []
    for settled in (None, *range(PLATFORMS)):
        platform = None if settled is None else f"p{settled}"
        cards = recommend(RecommendationInput(knowledge=knowledge, now="", platform=platform))["cards"]
        for card in cards:
            lift = _true_lift(world, usual, card["signal"], settled)
            low, high = card["interval"]
            kind = "pair" if signals.CROSS in card["signal"] else root(card["signal"])
            claims.append(
                Claim(
                    card["lane"], card["p_better"], lift > 0, bool(low <= np.exp(lift) <= high),
                    kind, len(past), card["campaigns"],
                )
            )  # fmt: skip
    return claims


def _true_lift(world: World, usual: Sequence[Floats], signal: str, settled: int | None) -> float:
    """What something brings over what the money on all of its kind does (log), on a platform where that is settled."""
    parts = {part.group.partition(".")[0]: _number(part.level) for part in signals.parse(signal).parts}
    settled = parts.get("platform", settled) if len(parts) > 1 else settled
    before = [*usual] if settled is None else [np.eye(PLATFORMS)[settled], *usual[1:]]
    places = [KINDS.index(name) for name in parts]
    if settled is not None and len(parts) > 1 and "platform" in parts:
        places.remove(KINDS.index("platform"))

    def value(levels: Sequence[int]) -> float:
        mix = [*before]
        for place, level in zip(places, levels, strict=True):
            mix[place] = np.eye(len(usual[place]))[level]
        return world.mean(mix)

    every = list(product(*(range(len(usual[place])) for place in places)))
    money = [float(np.prod([before[place][level] for place, level in zip(places, one, strict=True)])) for one in every]
    own = value([parts[KINDS[place]] for place in places])
    return own - float(np.log(np.dot(money, np.exp([value(one) for one in every]))))


def _proposed(knowledge: Knowledge, kind: str, last: int, rng: np.random.Generator, platform: str | None = None) -> int:
    """What the answer says to book of a kind, by its number; what was booked last, of which nothing is told."""
    answer = recommend(RecommendationInput(knowledge=knowledge, now="", platform=platform))
    own = [card for card in answer["cards"] if card["signal"].startswith(f"{kind}:")]
    tests = [card["test"] for card in own if card["test"]]
    tests += [test for test in answer["tests"] if test["signal_key"].startswith(f"{kind}:")]
    if tests:
        best = max(tests, key=lambda test: test["value"] - test["cost"])
        return _number(rng.choice([best["signal_key"], best["against"]]))
    sure = [card["signal"] for card in own if card["lane"] == "exploit"]
    known = [row["signal_key"] for row in answer["top_signals"] if row["signal_key"].startswith(f"{kind}:")]
    return _number((sure or known)[0]) if sure or last in map(_number, known) else last


def linear_thompson(world: World, rng: np.random.Generator) -> Loop:
    """Thompson sampling of a linear model of all signals and pairs, prior and noise as they truly are."""
    names = sorted({key for shares in world.shares for key in shares})
    x = np.array([[shares.get(name, 0.0) for name in names] for shares in world.shares])
    precision, moment, regret, level = np.eye(len(names)) / 0.25**2, np.zeros(len(names)), 0.0, np.log(0.1)
    for index in range(ROUNDS):
        factor = np.linalg.cholesky(precision)
        mean = np.linalg.solve(precision, moment)
        drawn = mean + np.linalg.solve(factor.T, rng.normal(size=len(names)))
        option = int((x @ drawn).argmax())
        regret += float(world.value.max() - world.value[option])
        run = world.run(index, option, rng)
        value = float(np.log((run.actual.conversions + 0.5) / run.actual.spend)) - level
        precision += np.outer(x[option], x[option]) / NOISE**2
        moment += x[option] * value / NOISE**2
    return Loop(regret)


def ours(world: World, rng: np.random.Generator, *, greedy: bool = False) -> Loop:
    """Follow the engine's posterior: upper percentile with exploration, or its mean alone (`greedy`)."""
    past: list[Evidence] = []
    knowledge: Knowledge = NOTHING
    draws, regret, due = np.zeros((len(world.menu), 1)), 0.0, WARM_UP
    chosen: list[int] = []
    for index in range(ROUNDS):
        if len(past) >= due:
            knowledge = learn(past, FitRequest(goal="conversions_per_spend", seq=index))
            draws = _menu_draws(world, knowledge)
            due = len(past) + max(2, int(len(past) * REFIT_GROWTH))
        option = int(rng.integers(len(world.menu))) if index < WARM_UP else _choose(draws, rng, greedy)
        regret += float(world.value.max() - world.value[option])
        past.append(world.run(index, option, rng))
        chosen.append(option)
        if draws.shape[1] > 1:
            draws = _conditioned(draws, option, _surprise(past, chosen, draws), rng)
    return Loop(regret)


def _surprise(past: list[Evidence], chosen: list[int], draws: Floats) -> float:
    """Log value of the last campaign against the average option, the level taken from the campaigns so far."""
    logs = np.array([np.log((one.actual.conversions + 0.5) / one.actual.spend) for one in past])
    level = float(np.mean(logs[:-1] - draws.mean(axis=1)[chosen[:-1]]))
    return float(logs[-1]) - level


def _conditioned(draws: Floats, option: int, value: float, rng: np.random.Generator) -> Floats:
    """The draws given one more outcome (Matheron's rule), so that no round is played on yesterday's knowledge."""
    centred = draws - draws.mean(axis=1, keepdims=True)
    covariance = centred @ centred[option] / draws.shape[1]
    gain = covariance / (covariance[option] + NOISE**2)
    return np.asarray(draws + np.outer(gain, value + NOISE * rng.normal(size=draws.shape[1]) - draws[option]))


def _choose(draws: Floats, rng: np.random.Generator, greedy: bool) -> int:
    if greedy:
        return int(draws.mean(axis=1).argmax())
    if rng.random() < thompson.explore_share(draws):
        return int(draws[:, rng.integers(draws.shape[1])].argmax())
    return int(np.quantile(draws, thompson.OPTIMISM, axis=1).argmax())


def _menu_draws(world: World, knowledge: Knowledge) -> Floats:
    """Draws of every option's log value against the average option."""
    metric = knowledge.goal_metric
    if not posterior.known(knowledge, metric):
        return np.zeros((len(world.menu), 1))
    rng = np.random.default_rng(0)
    # What was never tried enters with its prior scatter, the same draw wherever it occurs.
    mixes = [posterior.resolved(knowledge, shares) for shares in world.shares]
    row = {key: index for index, key in enumerate(sorted({key for mix in mixes for key in mix}))}
    noise = rng.normal(size=(len(row), 1000))
    rows, matrix = posterior.effect_matrix(knowledge, metric)
    taus = _taus(knowledge)
    found = np.array(
        [
            sum(
                matrix[rows[key]] if key in rows else taus.get(key.partition(":")[0], 0.17) * noise[row[key]]
                for key in mix
            )
            for mix in mixes
        ]
    )
    return np.asarray(found - found.mean(axis=0))


def _taus(knowledge: Knowledge) -> dict[str, float]:
    """Prior scatter of a group on the goal: its parts added."""
    parts = [knowledge.posteriors[part].tau for part in ("ctr", "cvr", "cpm")]
    groups = {group for tau in parts for group in tau}
    return {group: float(np.sqrt(sum(tau.get(group, 0.0) ** 2 for tau in parts))) for group in groups}


def compounding(world: World, rng: np.random.Generator) -> Loop:
    """Weights per signal, multiplied at each success and failure; the option with the highest product is chosen.

    A campaign succeeds when it beats its own forecast, as the first version (and `backtest`) judges it.
    """
    weights: dict[str, float] = {}
    regret = 0.0
    for index in range(ROUNDS):
        score = np.array([np.prod([weights.get(key, 1.0) for key in shares]) for shares in world.shares])
        best = np.flatnonzero(score >= score.max() - 1e-12)
        option = int(rng.integers(len(world.menu))) if index < WARM_UP else int(rng.choice(best))
        regret += float(world.value.max() - world.value[option])
        run = world.run(index, option, rng)
        success = run.actual.conversions / run.actual.spend > run.expected.conversions / run.expected.spend
        for key in world.shares[option]:
            weights[key] = weights.get(key, 1.0) * (STEP_UP if success else STEP_DOWN)
    return Loop(regret)


THOMPSON = 3
"""Of the planners, the one that the others are held against."""


def one_world(rep: int, seed: int = SEED) -> tuple[Loop, ...]:
    """All planners in one world."""
    world = World(np.random.default_rng([seed, rep]))
    planners = (compounding, partial(ours, greedy=True), ours, linear_thompson, as_advised)
    return tuple(planner(world, np.random.default_rng([seed, rep, 1])) for planner in planners)


def simulate(reps: int = RUNS, workers: int = 2, seed: int = SEED) -> list[tuple[Loop, ...]]:
    """Several worlds."""
    with ProcessPoolExecutor(workers) as pool:
        return list(pool.map(partial(one_world, seed=seed), range(reps)))


def report(reps: int = RUNS, workers: int = 2, seed: int = SEED) -> str:
    """A markdown section."""
    runs = simulate(reps, workers, seed)
    names = (
        "compounding weights",
        "posterior mean, no exploration",
        "upper percentile of whole campaigns (this benchmark's rule)",
        "linear Thompson sampling",
        "**as advised**",
    )
    regret = np.array([[loop.regret for loop in run] for run in runs])
    means = regret.mean(axis=0)
    return "\n".join(
        [
            f"### Closed loop: {ROUNDS} rounds, a menu of {PLATFORMS * TYPES * AGES}, {len(runs)} worlds, seed {seed}",
            "",
            f"| planner | regret by world | mean | of {names[THOMPSON]}'s |",
            "|---|---|---:|---:|",
            *(
                f"| {name} | {', '.join(f'{one:.0f}' for one in own)} | {mean:.1f} | {mean / means[THOMPSON]:.2f} |"
                for name, own, mean in zip(names, regret.T, means, strict=True)
            ),
            "",
            claims_report([run[4] for run in runs]),
            "",
        ]
    )


BINS = (0.0, 0.05, 0.2, 0.4, 0.6, 0.8, 0.95, 1.0 + 1e-9)
DOUBTED = (0.2, 0.6)
"""Odds that are looked at apart: by what is booked, when it was claimed, and how much was seen."""

AFTER = (0, 30, 70, 110, ROUNDS)
SEEN = (0, 3, 6, 12, ROUNDS)
Asked = Callable[[Claim], bool]


def claims_report(loops: Sequence[Loop]) -> str:
    """What the cards claimed and how often it was so, with standard errors over worlds."""
    count = sum(len(loop.claims) for loop in loops)
    rows = [(name, [list(filter(asked, loop.claims)) for loop in loops]) for name, asked in _questions(loops)]
    return "\n".join(
        [
            f"What {count} cards claimed on the way, against the simulator ({len(loops)} worlds):",
            "",
            "| cards | shown | claimed better | better | less than claimed | in the 90 % interval |",
            "|---|---:|---:|---:|---:|---:|",
            *(_claimed(name, worlds) for name, worlds in rows if any(worlds)),
        ]
    )


def _questions(loops: Sequence[Loop]) -> Iterator[tuple[str, Asked]]:
    """Which cards are looked at together, by what they are called."""
    every = [claim for loop in loops for claim in loop.claims]
    yield from _between("P(better)", BINS, lambda claim: claim.p_better)
    for lane in sorted({claim.lane for claim in every}):
        yield f"lane: {lane}", lambda claim, lane=lane: claim.lane == lane
    ((doubted, of_doubted),) = _between("P(better)", DOUBTED, lambda claim: claim.p_better)
    apart: list[tuple[str, Asked]] = [
        *((kind, lambda claim, kind=kind: claim.kind == kind) for kind in sorted({claim.kind for claim in every})),
        *_between("rounds", AFTER, lambda claim: claim.after),
        *_between("campaigns with it", SEEN, lambda claim: claim.campaigns),
    ]
    for name, asked in apart:
        yield f"{doubted}, {name}", lambda claim, asked=asked: of_doubted(claim) and asked(claim)
    yield "all", lambda claim: True


def _between(name: str, edges: Sequence[float], figure: Callable[[Claim], float]) -> Iterator[tuple[str, Asked]]:
    """Cards of which a figure is between each two edges."""
    for low, high in pairwise(edges):
        yield f"{name} {low:g} to {high:g}", lambda claim, low=low, high=high: low <= figure(claim) < high


def _claimed(name: str, worlds: Sequence[Sequence[Claim]]) -> str:
    """A row of markdown."""
    count = sum(map(len, worlds))
    claimed = sum(claim.p_better for own in worlds for claim in own) / count
    better, less, covered = (
        _mean([[float(figure(claim)) for claim in own] for own in worlds])
        for figure in (lambda c: c.better, lambda c: c.p_better - c.better, lambda c: c.covered)
    )
    return f"| {name} | {count} | {claimed:.3f} | {better} | {less} | {covered} |"


def _mean(worlds: Sequence[Sequence[float]]) -> str:
    """A mean over the cards of all worlds with its standard error, worlds being what repeats."""
    total, count = np.array([sum(own) for own in worlds]), np.array([len(own) for own in worlds])
    mean = total.sum() / count.sum()
    error = np.sqrt(((total - mean * count) ** 2).sum() * len(worlds) / max(len(worlds) - 1, 1)) / count.sum()
    return f"{mean:.3f} ({error:.3f})"


def _cards(rep: int, seed: int, at_random: bool, own_prior: bool = False) -> Loop:
    world = (OwnPrior if own_prior else World)(np.random.default_rng([seed, rep]))
    rng = np.random.default_rng([seed, rep, 1])
    return as_advised(world, rng, at_random=at_random)


def main() -> None:
    """Print the section, or the cards alone."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--claims", type=int, help="worlds in which the advice alone is followed")
    parser.add_argument("--worlds", type=int, default=RUNS, help="in which every planner plays")
    parser.add_argument("--seed", type=int, default=SEED, help="of the worlds")
    parser.add_argument("--random", action="store_true", help="book the worlds of --claims at random")
    parser.add_argument("--own-prior", action="store_true", help="worlds of --claims that a fit takes for likely")
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    if options.claims is None:
        print(report(options.worlds, options.workers, options.seed))
        return
    with ProcessPoolExecutor(options.workers) as pool:
        cards = partial(_cards, seed=options.seed, at_random=options.random, own_prior=options.own_prior)
        print(claims_report(list(pool.map(cards, range(options.claims)))))


if __name__ == "__main__":
    main()
