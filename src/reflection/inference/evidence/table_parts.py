"""Tables with the same columns: some campaigns of one, and the campaigns of two. Must not know what columns mean."""

from dataclasses import replace
from typing import Any

import numpy as np
from scipy import sparse

from reflection.inference.evidence.campaign_columns import Campaigns, Ints
from reflection.inference.evidence.dataset import Dataset
from reflection.inference.evidence.partitions import in_sample

COUNTS = ("impressions", "clicks", "conversions", "spend", "revenue")


def sampled(table: Dataset, bits: int) -> Dataset:
    """The campaigns of the sample (`partitions`); the same table where that is all."""
    if not bits:
        return table
    inside = in_sample(table.campaigns.real, bits)
    cells = np.flatnonzero(inside[table.campaign])
    return _of_cells(table, table.campaigns.subset(inside), (np.cumsum(inside) - 1)[table.campaign[cells]], cells)


def joined(table: Dataset, other: Dataset) -> Dataset:
    """The campaigns of both, sorted by id."""
    ids = np.concatenate([table.campaigns.ids, other.campaigns.ids])
    order = np.argsort(ids, kind="stable")
    rank = np.empty(len(ids), dtype=np.intp)
    rank[order] = np.arange(len(ids))
    owner = rank[np.concatenate([table.campaign, other.campaign + len(table)])]
    cells = np.argsort(owner, kind="stable")
    counts: dict[str, Any] = {name: np.concatenate([getattr(table, name), getattr(other, name)]) for name in COUNTS}
    shares = sparse.csr_array(sparse.vstack([table.shares, other.shares], format="csr"))
    campaigns = table.campaigns.joined(other.campaigns, order)
    return _of_cells(replace(table, shares=shares, **counts), campaigns, owner[cells], cells)


def _of_cells(table: Dataset, campaigns: Campaigns, owner: Ints, cells: Ints) -> Dataset:
    """The table with these cells alone, in this order; `owner` is the campaign of each."""
    counts: dict[str, Any] = {name: getattr(table, name)[cells] for name in COUNTS}
    return replace(table, campaigns=campaigns, campaign=owner, shares=table.shares[cells], **counts)
