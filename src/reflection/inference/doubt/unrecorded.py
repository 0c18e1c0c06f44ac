"""What was never recorded where something ran: that part of its KPIs is unknown there, and not as usual.

A KPI is a product, and whoever leaves a factor out says that it is one. A platform whose clicks were lost has no CTR
and no CVR, so nobody knows its CPA from these, however many campaigns it has. Must not know how effects are estimated.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence

import numpy as np
from scipy import sparse

from reflection.domain.knowledge import Knowledge
from reflection.domain.metrics import AMOUNTS, METRICS
from reflection.inference.evidence.dataset import Dataset
from reflection.inference.evidence.observation import counts_of

Unrecorded = Mapping[str, Mapping[str, tuple[str, ...]]]
"""Signal -> metric, observed ones, that was never recorded with it -> the counts that were missing."""


def unrecorded_in(table: Dataset, metrics: Collection[str]) -> Unrecorded:
    """What no cell of a table with a signal says of these metrics; of what could not happen nothing is missing."""
    members = sparse.csc_array(table.shares)
    ran = np.diff(members.indptr) > 0
    with_it = sparse.csr_array((np.ones(members.nnz), members.indices, members.indptr), shape=members.shape[::-1])
    missing: dict[str, dict[str, tuple[str, ...]]] = {}
    for metric in metrics:
        x, n = counts_of(metric, table)
        stated = ~np.isnan(n) & (~np.isnan(x) | (n == 0))
        known = {
            count: with_it @ (~np.isnan(getattr(table, count))).astype(np.float64) > 0
            for count in METRICS[metric].counts
        }
        for column in np.flatnonzero(ran & ~(with_it @ stated.astype(np.float64) > 0)).tolist():
            lost = tuple(count for count, of in known.items() if not of[column])
            missing.setdefault(str(table.features[column]), {})[metric] = lost or METRICS[metric].counts
    return dict(sorted(missing.items()))


def lost_counts(unrecorded: Unrecorded, key: str, metric: str) -> tuple[str, ...]:
    """The counts for want of which nobody knows what a signal does to a metric; empty where it is known."""
    parts = unrecorded.get(key, {})
    return tuple(dict.fromkeys(count for part in METRICS[metric].composition for count in parts.get(part, ())))


def never_recorded(counts: Sequence[str], currency: str | None) -> str:
    """The same in words; money is missing where it is in another currency than what is learnt in, too."""
    names = [f"{count} in {currency}" if count in AMOUNTS and currency else count for count in counts]
    verb = "was" if len(counts) == 1 and counts[0] in AMOUNTS else "were"
    return f"{' and '.join(names)} {verb} never recorded with it"


def unknown_of(knowledge: Knowledge, keys: Iterable[str], metric: str) -> dict[str, tuple[str, ...]]:
    """Signals of a mix with which a part of a metric was never recorded -> the counts that were missing."""
    unrecorded: Unrecorded = knowledge.diagnostics.get("unrecorded", {})
    lost = {key: lost_counts(unrecorded, knowledge.aliases.get(key, key), metric) for key in sorted(keys)}
    return {key: counts for key, counts in lost.items() if counts}
