"""The campaigns of a table as columns: one entry a campaign, sorted by id.

What is one value a campaign (its day, its money, its account) stands here; what is one a cell is `dataset`. Must not
know how evidence is read, nor how anything is estimated.
"""

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
NOT_STATED = ""


@dataclass(frozen=True, eq=False)
class Campaigns:
    """One entry a campaign, sorted by id; amounts are the campaign's own totals in its own currency, NaN where unknown.

    Attributes:
        platform_key, currency, account: text per campaign ("" = not stated), the account normalised.
        day: days since 1970-01-01 UTC.
        role: whom each meets (`audience_role`).
        kind: the kind of conversion each counts, "" where nothing says; `stated`: whether the campaign itself does.
        revenue: NaN where it was not given.
        expected: (campaigns, 5): impressions, clicks, conversions, spend and revenue that somebody planned, NaN where
            nobody did: what was taken from the facts is no plan. planner: who did, "" where nobody says.
        real: a number for the real campaign each belongs to: rows of several months have one (`real_campaign`).
        first, last: days between which it ran; both are `day` where it does not say. dated: whether it does.
        doubt: (campaigns, 3): first and last day of those whose conversions look lost or doubled, and what was spent on
            them; NaN where there are none.
    """

    ids: NDArray[np.str_]
    platform_key: NDArray[np.str_]
    currency: NDArray[np.str_]
    kind: NDArray[np.str_]
    role: NDArray[np.str_]
    day: NDArray[np.int64]
    stated: NDArray[np.bool_]
    spend: Floats
    conversions: Floats
    revenue: Floats
    expected: Floats
    planner: NDArray[np.str_]
    real: NDArray[np.int64]
    account: NDArray[np.str_]
    first: NDArray[np.int64]
    last: NDArray[np.int64]
    dated: NDArray[np.bool_]
    doubt: Floats

    def __len__(self) -> int:
        return len(self.ids)

    def subset(self, mask: NDArray[np.bool_]) -> "Campaigns":
        """Only the campaigns of the mask."""
        return Campaigns(*(getattr(self, name)[mask] for name in self.__dataclass_fields__))

    def joined(self, other: "Campaigns", order: Ints) -> "Campaigns":
        """The campaigns of both, in an order of the first's followed by the other's."""
        pairs = ((getattr(self, name), getattr(other, name)) for name in self.__dataclass_fields__)
        return Campaigns(*(np.concatenate(pair)[order] for pair in pairs))

    @cached_property
    def unit(self) -> Ints:
        """Index of the first row of the real campaign behind each; its own where no real campaign repeats."""
        _, first, number = np.unique(self.real, return_index=True, return_inverse=True)
        return np.asarray(first[number], dtype=np.intp)

    def number_of_real(self, here: NDArray[np.bool_] | Ints) -> int:
        """How many real campaigns have rows among those of a mask, or at some places."""
        return len(np.unique(self.real[here]))

    @property
    def planned(self) -> Floats:
        """Impressions that somebody planned, 0 where nobody did."""
        return np.asarray(np.nan_to_num(self.expected[:, 0]))

    @property
    def has_revenue(self) -> NDArray[np.bool_]:
        """Whether revenue was given."""
        return ~np.isnan(self.revenue)

    @property
    def usual_currency(self) -> str | None:
        """The currency most campaigns use; None where most state none."""
        return usual_among(self.currencies)

    @property
    def currencies(self) -> Counter[str]:
        """How many campaigns state each currency, or none."""
        names, counts = np.unique(self.currency, return_counts=True)
        return Counter(dict(zip(names.tolist(), counts.tolist(), strict=True)))

    @property
    def cells_from(self) -> NDArray[np.uint64]:
        """The number of the first cell of each: a hash of its id, the same in every partition."""
        digests = (blake2b(name.encode(), digest_size=8).digest() for name in self.ids.tolist())
        return np.frombuffer(b"".join(digests), dtype="<u8").astype(np.uint64)


def usual_among(currencies: Counter[str]) -> str | None:
    """The currency most campaigns state, the last by name of several; None where most state none."""
    return max(((count, name) for name, count in currencies.items()), default=(0, NOT_STATED))[1] or None
