"""Does full Markov-chain Monte Carlo say the same as the closed-form learning core?

    make bench-oracle                                        20, 50 and 200 campaigns, and `mcmc_components`
    .venv-oracle/bin/python benchmarks/mcmc_agreement.py     these alone (some minutes)

The same model, zero-sum effects with Exp(6) standard deviations, is sampled by NUTS with numpyro, an
oracle that nothing else needs (`requirements-oracle.lock`, `make bench-oracle`). Posterior means must correlate
above .97. The engine averages over 32 proposals of the variance components; a second column has a hundred times as many
and shows what of a difference is the method's and what is the noise of so few proposals.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import linalg
from simulator import COLUMN, LAYOUT, MAINS, Metric, World, make_world

from reflection.stats.posterior.empirical_bayes import fit
from reflection.stats.posterior.gaussian_posterior import INTERCEPT_SD
from reflection.stats.posterior.scatter_priors import PRIOR_RATE, group_rates
from reflection.stats.sums.columns import Layout
from reflection.stats.sums.design import GRID, Rows, Stratum
from reflection.stats.sums.observations import observe_rate, pooled_rate
from reflection.stats.sums.sufficient_statistics import SufficientStatistics

Floats = NDArray[np.float64]

MANY_PROPOSALS = 3_072
DRAWS = 4_000


@dataclass(frozen=True, eq=False)
class Scatter:
    """What rows of the same thing share: a normal deviation of each, with a standard deviation of its own.

    ``rate``: of the exponential prior of that. ``of``: number of each row's thing, (n,). ``known``: the standard
    deviation where it is no question.
    """

    name: str
    rate: float
    of: NDArray[np.intp]
    known: float | None = None


def sampled(
    layout: Layout,
    x: Floats,
    y: Floats,
    v: Floats,
    seed: int,
    draws: int,
    scatters: Sequence[Scatter] = (),
) -> tuple[Floats, Floats]:
    """Posterior means and standard deviations of the effects in layout columns by NUTS, (p,).

    ``x``: rows in layout columns, (n, p). ``y``, ``v``: each row's observation and its sampling variance, (n,).
    ``scatters``: what rows share beside; what each has for itself is always learnt.
    """
    import jax
    import numpyro
    from numpyro import distributions as dist
    from numpyro.infer import MCMC, NUTS

    numpyro.enable_x64()
    bases, rates = [], group_rates(layout).tolist()
    for group in range(len(layout.groups)):
        own = np.flatnonzero(layout.group_index == group)
        constraint = layout.constraints.toarray()[own]
        basis = linalg.null_space(constraint[:, np.abs(constraint).sum(axis=0) > 0].T)
        bases.append((own, x[:, own] @ basis, basis))
    things = [np.unique(scatter.of, return_inverse=True)[1] for scatter in scatters]

    def deviations(name: str, count: int) -> Any:
        return numpyro.sample(f"z {name}", dist.Normal(0.0, 1.0).expand([count]).to_event(1))

    def model() -> None:
        sigma = numpyro.sample("sigma", dist.Exponential(PRIOR_RATE))
        mean = numpyro.sample("intercept", dist.Normal(0.0, INTERCEPT_SD))
        for name, rate, (_, design, basis) in zip(layout.groups, rates, bases, strict=True):
            tau = numpyro.sample(f"tau {name}", dist.Exponential(rate))
            mean = mean + tau * (design @ deviations(name, basis.shape[1]))
        for scatter, thing in zip(scatters, things, strict=True):
            sd = scatter.known or numpyro.sample(f"sd {scatter.name}", dist.Exponential(scatter.rate))
            mean = mean + sd * deviations(scatter.name, int(thing.max()) + 1)[thing]
        numpyro.sample("y", dist.Normal(mean, (v + sigma**2) ** 0.5), obs=y)

    chain = MCMC(NUTS(model, target_accept_prob=0.9), num_warmup=draws, num_samples=draws, progress_bar=False)
    chain.run(jax.random.PRNGKey(seed))
    found = chain.get_samples()
    effects = np.zeros((draws, len(layout)))
    for name, (own, _, basis) in zip(layout.groups, bases, strict=True):
        tau, free = np.asarray(found[f"tau {name}"]), np.asarray(found[f"z {name}"])
        effects[:, own] = tau[:, None] * (free @ basis.T)
    return effects.mean(axis=0), effects.std(axis=0)


def correlation(ours: Floats, theirs: Floats) -> float:
    """Of two vectors of posterior means."""
    return float(np.corrcoef(ours, theirs)[0, 1])


@dataclass(frozen=True)
class Agreement:
    """Correlation of posterior means of all effects, as shipped and with many proposals; mean ratio of standard
    deviations; seconds of NUTS.
    """

    shipped: float
    many: float
    ratio: float
    seconds: float


def agreement(metric: Metric, n: int, seed: int = 0, draws: int = DRAWS) -> Agreement:
    """Both fits of one simulated world, side by side."""
    world: World = make_world((0, n, seed), n, metric)[0]
    seen = observe_rate(world.x, world.trials, pooled_rate(world.x, world.trials))
    rows = Rows.of(world.design, seen.y, seen.v, Stratum.BETWEEN)
    statistics = SufficientStatistics()
    statistics.add(rows)
    view = statistics.view(LAYOUT)
    ours, many = fit(view, seed), fit(view, seed, hyper_draws=MANY_PROPOSALS)
    shares = np.zeros_like(world.shares)
    shares[:, COLUMN] = world.shares
    began = time.perf_counter()
    mean, sd = sampled(LAYOUT, shares, rows.y / GRID, rows.v, seed, draws)
    seconds = time.perf_counter() - began
    effects = np.sort(COLUMN[1:])
    shipped, best = (correlation(one.mean[effects], mean[effects]) for one in (ours, many))
    mains = COLUMN[MAINS]
    return Agreement(shipped, best, float(np.mean(ours.sd[mains] / sd[mains])), seconds)


def report(sizes: tuple[int, ...] = (20, 50, 200), draws: int = DRAWS) -> str:
    """Return the table as markdown."""
    lines = [
        f"| metric | campaigns | correlation of means | with {MANY_PROPOSALS:,} proposals | ratio of deviations "
        "| seconds of NUTS |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    metrics: tuple[Metric, ...] = ("ctr", "cvr")
    for metric in metrics:
        for n in sizes:
            found = agreement(metric, n, draws=draws)
            lines.append(
                f"| log {metric.upper()} | {n} | {found.shipped:.3f} | {found.many:.3f} | {found.ratio:.2f} "
                f"| {found.seconds:.0f} |"
            )
    return "\n".join(lines)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="20,50,200")
    parser.add_argument("--draws", type=int, default=DRAWS)
    arguments = parser.parse_args()
    print(report(tuple(int(size) for size in arguments.sizes.split(",")), arguments.draws))


if __name__ == "__main__":
    main()
