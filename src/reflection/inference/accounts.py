"""The advertising account behind a campaign, as a random effect beside its signals and itself.

What is peculiar to an account (its history, its pixel, its team) is shared by its campaigns on a platform. Only where a
platform has several accounts can it be told from the platform at all; elsewhere there is no column. A pure function of
the campaigns. Must not know metrics.
"""

import numpy as np
from scipy import sparse

from reflection.domain import signals
from reflection.inference.campaign_columns import Campaigns, Ints
from reflection.stats.columns import FREE_MARK, Feature

ACCOUNT = f"{FREE_MARK}account"
MOST_ACCOUNTS = 60
"""Columns of accounts, of those with the most campaigns: a fit of an agency's thousand accounts must stay cheap."""


def account_columns(campaigns: Campaigns, campaign: Ints) -> tuple[sparse.csr_array, tuple[Feature, ...]]:
    """Membership of every cell in its account, CSR (cells, accounts), and the accounts' features.

    Args:
        campaign: index into `campaigns` of each cell.
    """
    pairs = np.stack([campaigns.platform_key, campaigns.account]) if len(campaigns) else np.empty((2, 0), dtype=np.str_)
    names, number, count = np.unique(pairs, axis=1, return_inverse=True, return_counts=True)
    named = names[1] != ""
    platforms, accounts = np.unique(names[0][named], return_counts=True)
    several = named & np.isin(names[0], platforms[accounts > 1])
    chosen = np.sort(np.flatnonzero(several)[np.argsort(-count[several], kind="stable")][:MOST_ACCOUNTS])
    column = np.full(names.shape[1], -1)
    column[chosen] = np.arange(len(chosen))
    of_cell = column[number.ravel()[campaign]]
    member = of_cell >= 0
    indptr = np.concatenate([[0], np.cumsum(member)]).astype(np.int32)
    parts = (np.ones(int(member.sum())), of_cell[member].astype(np.int32), indptr)
    levels = (f"{signals.parse(platform).level}/{account}" for platform, account in names[:, chosen].T.tolist())
    features = tuple(Feature(ACCOUNT, level) for level in levels)
    return sparse.csr_array(parts, shape=(len(campaign), len(chosen))), features
