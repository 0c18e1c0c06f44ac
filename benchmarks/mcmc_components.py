"""Does full Markov-chain Monte Carlo say the same where everything that a fit can take up is on?

    make bench-oracle                                                              every world (ten minutes)
    .venv-oracle/bin/python benchmarks/mcmc_components.py --seeds 2 "pairs (CVR)"   some of them

Worlds with planted effects are fitted as the product fits them, and the same posterior is sampled by NUTS (numpyro) by
another way: from the single rows instead of sums of bins of them, with what is peculiar to a real campaign, a month or
a campaign's texts as random effects of their own instead of contrasts that are free of it. Where a rate is linearised
and which walks are taken up is the fit's; what follows from it is compared. Posterior means of all effects must
correlate above .97; beside them the largest difference of a mean, in its standard deviations.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from mcmc_agreement import Floats, Scatter, correlation, sampled
from worlds import repeated_units, several_accounts
from worlds_in_time import types_turn, wearing
from worlds_of_pairs import ids_apart, paired
from worlds_of_seasons import seasonal

from reflection.domain.evidence import Evidence
from reflection.inference.columns.design import ControlColumns
from reflection.inference.evidence.dataset import Dataset
from reflection.inference.fits.evidence_sums import EvidencePart, latest_units, sums_of
from reflection.inference.fits.fit import fit_metrics
from reflection.inference.texts.creative_effects import TEXT
from reflection.stats.decisions.elasticity import APART_RATE, FROM_LINEAR, LEVEL_SD, MEMBER_SD, Beside, elasticities
from reflection.stats.posterior.empirical_bayes import Effects, fit
from reflection.stats.posterior.gaussian_posterior import INTERCEPT_SD
from reflection.stats.posterior.scatter_priors import UNIT_PRIOR_RATE
from reflection.stats.sums.columns import Feature, Layout
from reflection.stats.sums.group_contrasts import Items, contrast_rows
from reflection.stats.sums.sufficient_statistics import SufficientStatistics

SEEDS = 1
DRAWS = 1_000


@dataclass(frozen=True)
class Compared:
    """Means and standard deviations of the same quantities, by the fit and by NUTS, and the seconds of NUTS."""

    ours: tuple[Floats, Floats]
    theirs: tuple[Floats, Floats]
    seconds: float


def of_world(evidence: Sequence[Evidence], metric: str, seed: int, draws: int) -> Compared:
    """One metric of a world of campaigns without breakdown."""
    table = Dataset.of(evidence)
    fitted = fit_metrics(table)
    linear, layout = fitted.metrics[metric].linear, fitted.layout
    part = EvidencePart.of(table, ControlColumns.of(table))
    ours = fit(sums_of(part, linear, layout, latest_units(part).numbers()).statistics.view(layout), seed)
    design, seen = linear.weigh(table, part.design.without(linear.silent))
    design = design.within(layout)
    at = {feature: place for place, feature in enumerate(design.features)}
    cells = np.hstack([design.shares.toarray(), design.controls.toarray(), np.ones((len(seen.y), 1))])
    x = cells[:, [at.get(feature, len(at)) for feature in layout.features]]
    kept, unit = seen.observed, table.campaigns.unit[table.campaign]
    repeats = len(np.unique(unit[kept])) < int(kept.sum())
    scatters = [Scatter("unit", UNIT_PRIOR_RATE, unit[kept])] if repeats else []
    began = time.perf_counter()
    theirs = sampled(layout, x[kept], seen.y[kept], seen.v[kept], seed, draws, scatters)
    return _compared(layout, ours, theirs, time.perf_counter() - began)


def of_texts(seed: int, draws: int, campaigns: int = 60) -> Compared:
    """Traits of three texts a campaign, as the effects of texts are learnt: each campaign has a level of its own."""
    rng = np.random.default_rng((7, campaigns, seed))
    layout = Layout.of(Feature(TEXT, f"trait {number}") for number in range(8))
    count, traits = 3 * campaigns, layout.features[1:]
    x = (rng.random((count, 8)) < rng.uniform(0.15, 0.5, 8)).astype(np.float64)
    campaign, effect = np.repeat(np.arange(campaigns), 3), np.where(np.arange(8) % 2, rng.normal(0, 0.15, 8), 0.0)
    clicks = rng.poisson(200 * np.exp(rng.normal(0, 0.5, campaigns)[campaign] + x @ effect + rng.normal(0, 0.2, count)))
    y, v = np.log((clicks + 0.5) / 200), np.full(count, 1 / 200.5)
    sums = SufficientStatistics()
    sums.add(contrast_rows(Items(x, y, v, campaign, np.ones(count)), traits))
    ours = fit(sums.view(layout), seed)
    began = time.perf_counter()
    levels = Scatter("campaign", 0.0, campaign, known=INTERCEPT_SD)
    theirs = sampled(layout, np.hstack([np.ones((count, 1)), x]), y, v, seed, draws, [levels])
    return _compared(layout, ours, theirs, time.perf_counter() - began)


def of_budgets(seed: int, draws: int, campaigns: int = 90) -> Compared:
    """Elasticities of three platforms and two audiences, of real campaigns with three months each, beside a signal."""
    rng = np.random.default_rng((91, seed))
    platform, unit = rng.integers(3, size=campaigns), np.arange(campaigns) // 3
    x, signal = rng.normal(0, 0.8, campaigns), rng.normal(0, 1, (campaigns, 1))
    members = np.eye(2)[rng.integers(2, size=campaigns)]
    power = np.array([-0.1, -0.3, -0.5])[platform] + members @ np.array([0.2, -0.2])
    v, unit_sd = rng.uniform(0.02, 0.08, campaigns), 0.25
    y = power * x + 0.2 * signal[:, 0] + rng.normal(0, unit_sd, 30)[unit] + rng.normal(0, np.sqrt(v))
    beside = Beside(signal, np.array([0.04]))
    found = elasticities(x, y, v, platform, unit, unit_sd, 3, members, beside)
    began = time.perf_counter()
    theirs = _elasticities(x, y, v, platform, members, signal, Scatter("unit", 0.0, unit, known=unit_sd), seed, draws)
    ours = np.append(found.mean, found.member_mean), np.append(found.sd, found.member_sd)
    return Compared(ours, theirs, time.perf_counter() - began)


def _elasticities(
    x: Floats,
    y: Floats,
    v: Floats,
    platform: Floats,
    members: Floats,
    signal: Floats,
    unit: Scatter,
    seed: int,
    draws: int,
) -> tuple[Floats, Floats]:
    """The model of `elasticity.py` as it is written there, how far platforms differ being continuous."""
    import jax
    import jax.numpy as jnp
    import numpyro
    from numpyro import distributions as dist
    from numpyro.infer import MCMC, NUTS

    def normal(name: str, sd: float, count: int) -> object:
        return numpyro.sample(name, dist.Normal(0.0, sd).expand([count]).to_event(1))

    def model() -> None:
        apart = numpyro.sample("apart", dist.Exponential(APART_RATE))
        common = numpyro.sample("common", dist.Normal(0.0, FROM_LINEAR))
        slope = numpyro.deterministic("slope", common + apart * normal("own", 1.0, 3))
        free = normal("member", MEMBER_SD, 2)
        numpyro.deterministic("deviation", free - members.mean(axis=0) @ free)
        power = slope[platform] + (members - members.mean(axis=0)) @ free
        mean = normal("level", LEVEL_SD, 3)[platform] + power * x + signal @ normal("signal", 0.2, 1)
        mean = mean + unit.known * normal("unit", 1.0, int(unit.of.max()) + 1)[unit.of]
        numpyro.sample("y", dist.Normal(mean, jnp.sqrt(v)), obs=y)

    numpyro.enable_x64()
    chain = MCMC(NUTS(model, target_accept_prob=0.9), num_warmup=draws, num_samples=draws, progress_bar=False)
    chain.run(jax.random.PRNGKey(seed))
    found = chain.get_samples()
    drawn = np.hstack([1.0 + np.asarray(found["slope"]), np.asarray(found["deviation"])])
    return drawn.mean(axis=0), drawn.std(axis=0)


def _compared(layout: Layout, ours: Effects, theirs: tuple[Floats, Floats], seconds: float) -> Compared:
    """Every effect that the constraints leave free."""
    free = np.flatnonzero(layout.identifiable & (layout.group_index >= 0))
    return Compared((ours.mean[free], ours.sd[free]), (theirs[0][free], theirs[1][free]), seconds)


WORLDS: dict[str, Callable[[int, int], Compared]] = {
    "units repeat (CVR)": lambda seed, draws: of_world(repeated_units(seed, null=False).evidence, "cvr", seed, draws),
    "accounts (CTR)": lambda seed, draws: of_world(several_accounts(seed, null=False).evidence, "ctr", seed, draws),
    "pairs (CVR)": lambda seed, draws: of_world(paired(seed).evidence, "cvr", seed, draws),
    "pairs, the favourite chosen (CVR)": lambda seed, draws: of_world(
        paired(seed, best=True).evidence, "cvr", seed, draws
    ),
    "names on several platforms (CVR)": lambda seed, draws: of_world(ids_apart(seed).evidence, "cvr", seed, draws),
    "types turn (CTR)": lambda seed, draws: of_world(types_turn(seed, null=False).evidence, "ctr", seed, draws),
    "wear-out (CTR)": lambda seed, draws: of_world(
        wearing(seed, null=False, campaigns=120).world.evidence, "ctr", seed, draws
    ),
    "times of the year (CVR)": lambda seed, draws: of_world(
        seasonal(seed, null=False).world.evidence, "cvr", seed, draws
    ),
    "traits of texts": of_texts,
    "what more money brings": of_budgets,
}


def report(seeds: int = SEEDS, names: Sequence[str] = tuple(WORLDS), draws: int = DRAWS) -> str:
    """Return the table as markdown."""
    lines = [
        "| world | seed | effects | correlation of means | ratio of deviations | largest difference of a mean, in its "
        "deviations | seconds of NUTS |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for name in names:
        for seed in range(seeds):
            one = WORLDS[name](seed, draws)
            (mean, sd), (their_mean, their_sd) = one.ours, one.theirs
            cells = (
                name,
                seed,
                len(mean),
                f"{correlation(mean, their_mean):.3f}",
                f"{np.mean(sd / their_sd):.2f}",
                f"{np.max(np.abs(mean - their_mean) / their_sd):.2f}",
                f"{one.seconds:.0f}",
            )
            lines.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join(lines)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("worlds", nargs="*", default=tuple(WORLDS), help=", ".join(WORLDS))
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--draws", type=int, default=DRAWS)
    arguments = parser.parse_args()
    print(report(arguments.seeds, arguments.worlds, arguments.draws))


if __name__ == "__main__":
    main()
