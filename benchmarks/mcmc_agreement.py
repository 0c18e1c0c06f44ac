"""Does full Markov-chain Monte Carlo say the same as the closed-form learning core?

    python benchmarks/mcmc_agreement.py                 20, 50 and 200 campaigns (some minutes)

The same model, zero-sum effects with Exp(6) standard deviations, is sampled by NUTS with numpyro, an
oracle that is installed for development only (``pip install numpyro``). Posterior means must correlate
above .97. The engine averages over 192 proposals of the variance components (of few campaigns, over 128 drawn from
1,920); a second column has sixteen times as many and shows what of a difference is the method's and what is the noise
of so few proposals.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import linalg
from simulator import COLUMN, LAYOUT, MAINS, Metric, World, make_world

from reflection.stats.design import GRID, Rows, Stratum
from reflection.stats.empirical_bayes import fit
from reflection.stats.observations import observe_rate, pooled_rate
from reflection.stats.sufficient_statistics import SufficientStatistics

Floats = NDArray[np.float64]

MANY_PROPOSALS = 3_072
DRAWS = 4_000


def sample(rows: Rows, shares: Floats, seed: int, draws: int) -> tuple[Floats, Floats]:
    """Posterior means and standard deviations of the effects in layout columns by NUTS, (p,)."""
    import jax
    import numpyro
    from numpyro import distributions as dist
    from numpyro.infer import MCMC, NUTS

    numpyro.enable_x64()
    bases = []
    for group in range(len(LAYOUT.groups)):
        own = np.flatnonzero(LAYOUT.group_index == group)
        constraint = LAYOUT.constraints.toarray()[own]
        basis = linalg.null_space(constraint[:, np.abs(constraint).sum(axis=0) > 0].T)
        bases.append((own, shares[:, own] @ basis, basis))
    y, v = rows.y / GRID, rows.v

    def model() -> None:
        sigma = numpyro.sample("sigma", dist.Exponential(6.0))
        mean = numpyro.sample("intercept", dist.Normal(0.0, 10.0))
        for name, (_, design, basis) in zip(LAYOUT.groups, bases, strict=True):
            tau = numpyro.sample(f"tau {name}", dist.Exponential(6.0))
            free = numpyro.sample(f"z {name}", dist.Normal(0.0, 1.0).expand([basis.shape[1]]).to_event(1))
            mean = mean + tau * (design @ free)
        numpyro.sample("y", dist.Normal(mean, (v + sigma**2) ** 0.5), obs=y)

    chain = MCMC(NUTS(model, target_accept_prob=0.9), num_warmup=draws, num_samples=draws, progress_bar=False)
    chain.run(jax.random.PRNGKey(seed))
    found = chain.get_samples()
    effects = np.zeros((draws, len(LAYOUT)))
    for name, (own, _, basis) in zip(LAYOUT.groups, bases, strict=True):
        tau, free = np.asarray(found[f"tau {name}"]), np.asarray(found[f"z {name}"])
        effects[:, own] = tau[:, None] * (free @ basis.T)
    return effects.mean(axis=0), effects.std(axis=0)


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
    mean, sd = sample(rows, shares, seed, draws)
    seconds = time.perf_counter() - began
    effects = np.sort(COLUMN[1:])
    shipped, best = (float(np.corrcoef(one.mean[effects], mean[effects])[0, 1]) for one in (ours, many))
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
