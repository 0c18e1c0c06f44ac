"""The campaigns of one goal as tables: one a partition, all with the same columns, and the sample.

Which signals have columns, and which stand for others, is said by all partitions together; which pairs, by the sample.
Must not know what is estimated.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from functools import partial
from operator import add, attrgetter, methodcaller, or_

import numpy as np
from numpy.typing import NDArray

from reflection.inference.evidence.dataset import Dataset, DatasetBuilder
from reflection.inference.evidence.partitions import Partitions
from reflection.inference.evidence.table_columns import Columns
from reflection.inference.evidence.table_parts import joined, sampled
from reflection.inference.goals import Goal


@dataclass(frozen=True, eq=False)
class GoalTables:
    """Tables of one goal.

    Attributes:
        kind: what its campaigns count. campaigns: how many rows of them there are, in all partitions.
        real_campaigns: how many real campaigns these are.
        sample: the table of the sample; the very same as the one partition where that is all.
    """

    kind: str
    campaigns: int
    real_campaigns: int
    parts: Partitions[Dataset]
    sample: Dataset

    @classmethod
    def of(
        cls,
        goal: Goal,
        builders: Partitions[DatasetBuilder],
        sample: DatasetBuilder,
        bits: int,
        level: int,
        tested: Mapping[str, Hashable] | None = None,
        goals: int = 1,
    ) -> "GoalTables":
        """The tables of a goal.

        Args:
            sample: the campaigns that columns are chosen on. bits: of the sample (`partitions`).
            level: of cells times signals (`fit_budget`), by all campaigns.
            tested: what experiments tell apart (`collinearity`). goals: how many there are.
        """
        selections = builders.map(partial(goal.selection, level=level))
        pairs = goal.selection(sample, level).pairs(tested)
        keys = (*sorted(selections.total(attrgetter("signals"), or_)), *pairs.keys)
        sums = selections.total(methodcaller("sums", keys), add)
        columns = Columns.of(keys, sums, pairs, tested, goals)
        tables = selections.map(partial(Dataset.of_selection, columns=columns))
        whole = tables.total(partial(sampled, bits=bits), joined)
        real = tables.total(_real_campaigns, np.union1d)
        return cls(goal.kind, sum(sums.currencies.values()), len(real), tables, whole)


def _real_campaigns(table: Dataset) -> NDArray[np.int64]:
    """The numbers of the real campaigns of a table, ascending."""
    return np.unique(table.campaigns.real)
