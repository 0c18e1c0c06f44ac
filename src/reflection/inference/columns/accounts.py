"""The advertising account behind a campaign, as a random effect beside its signals and itself.

What is peculiar to an account (its history, its pixel, its team) is shared by its campaigns on a platform. Only where a
platform has several accounts can it be told from the platform at all; elsewhere there is no column. A pure function of
the campaigns. Must not know metrics.
"""

from collections.abc import Sequence

import numpy as np
from scipy import sparse

from reflection.domain import signals
from reflection.inference.evidence.campaign_columns import Campaigns, Ints
from reflection.stats.sums.columns import UNIT_MARK, Feature

ACCOUNT = f"{UNIT_MARK}account"
MOST_ACCOUNTS = 60
"""Columns of accounts, of those with the most campaigns: a fit of an agency's thousand accounts must stay cheap."""


def chosen_accounts(campaigns: Campaigns) -> tuple[tuple[str, str], ...]:
    """The accounts that have a column, of platforms with several: platform and account of each, sorted."""
    pairs = np.stack([campaigns.platform_key, campaigns.account]) if len(campaigns) else np.empty((2, 0), dtype=np.str_)
    names, count = np.unique(pairs, axis=1, return_counts=True)
    named = names[1] != ""
    platforms, accounts = np.unique(names[0][named], return_counts=True)
    several = named & np.isin(names[0], platforms[accounts > 1])
    largest = np.sort(np.flatnonzero(several)[np.argsort(-count[several], kind="stable")][:MOST_ACCOUNTS])
    return tuple((platform, account) for platform, account in names[:, largest].T.tolist())


def account_features(accounts: Sequence[tuple[str, str]]) -> tuple[Feature, ...]:
    """The features of chosen accounts."""
    return tuple(Feature(ACCOUNT, f"{signals.parse(platform).level}/{account}") for platform, account in accounts)


def account_columns(campaigns: Campaigns, campaign: Ints, accounts: Sequence[tuple[str, str]]) -> sparse.csr_array:
    """Membership of every cell in its account, CSR (cells, accounts).

    Args:
        campaign: index into `campaigns` of each cell.
    """
    number = {pair: column for column, pair in enumerate(accounts)}
    pairs = zip(campaigns.platform_key.tolist(), campaigns.account.tolist(), strict=True) if accounts else ()
    column = np.array([number.get(pair, -1) for pair in pairs] or np.full(len(campaigns), -1), dtype=np.int32)
    of_cell = column[campaign]
    member = of_cell >= 0
    indptr = np.concatenate([[0], np.cumsum(member)]).astype(np.int32)
    return sparse.csr_array((np.ones(int(member.sum())), of_cell[member], indptr), shape=(len(campaign), len(accounts)))
