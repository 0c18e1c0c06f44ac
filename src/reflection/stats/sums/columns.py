"""Which columns a fit has, and what holds between them.

A layout turns an unordered set of features into canonical columns (the intercept first, then sorted by
group and level), so a fit depends on *which* signals were seen and never on when. It knows groups, levels
and the identifiability constraints of LEARNING 3; it must not know what a campaign is, nor any number that
was observed.

Four kinds of group, told apart by their name alone:

==============  ====================  =====================================================================
kind            name                  constraint
==============  ====================  =====================================================================
main            ``platform``          effects sum to zero over the levels
interaction     ``a*b``, level ``x*y``  double-centred: zero sums over the cells of each x and each y
free            ``~name``             none (drift steps, numeric slopes)
unit            ``~unit.name``        none (accounts: some of many, and no signals)
==============  ====================  =====================================================================

Interactions are constrained over the cells that exist in the layout. Seen as a bipartite graph (rows and
columns are vertices, cells are edges) the constraints have rank V - c for c connected components, and the
effects that remain free are its E - V + c independent cycles; a cell on no cycle cannot be told from the
main effects and is fixed at zero.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph

FREE_MARK = "~"
UNIT_MARK = f"{FREE_MARK}unit."
CROSS_MARK = "*"
ATTRIBUTE_MARK = "."
"""Between a thing and its attribute, as in ``audience.age``."""

_LAYOUTS, _GROUPS = 32, 64
"""Layouts, and groups whose constraints are kept: the metrics of one fit, and the next fit, have mostly the same."""


class Kind(StrEnum):
    """What is assumed about the effects of a group."""

    MAIN = "main"
    INTERACTION = "interaction"
    FREE = "free"
    UNIT = "unit"

    @classmethod
    def of(cls, group: str) -> Kind:
        """Return the kind that a group's name declares."""
        if group.startswith(FREE_MARK):
            return cls.UNIT if group.startswith(UNIT_MARK) else cls.FREE
        return cls.INTERACTION if CROSS_MARK in group else cls.MAIN


class Feature(NamedTuple):
    """One column: a level of a group, such as ``Feature("platform", "meta")``."""

    group: str
    level: str

    def __str__(self) -> str:
        return f"{self.group}:{self.level}"


INTERCEPT = Feature("", "")


@dataclass(frozen=True)
class Layout:
    """An immutable, canonically sorted set of features.

    Build it with :meth:`of`. Arrays below have p entries in column order, the intercept being column 0;
    groups are numbered by their sorted names and the intercept belongs to group -1.
    """

    features: tuple[Feature, ...]
    _columns: dict[Feature, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_columns", {feature: i for i, feature in enumerate(self.features)})

    @classmethod
    def of(cls, features: Iterable[Feature]) -> Layout:
        """Return the layout of these features; order and repetition do not matter. Equal ones are mostly the same."""
        return _layout((INTERCEPT, *sorted(set(features) - {INTERCEPT})))

    def __len__(self) -> int:
        return len(self.features)

    def __contains__(self, feature: object) -> bool:
        return feature in self._columns

    def column(self, feature: Feature) -> int | None:
        """Return the column of a feature, or None when the layout does not have it."""
        return self._columns.get(feature)

    @cached_property
    def groups(self) -> tuple[str, ...]:
        """Sorted names of the groups (the intercept has none)."""
        return tuple(sorted({feature.group for feature in self.features[1:]}))

    @cached_property
    def kinds(self) -> tuple[Kind, ...]:
        """Kind of each group."""
        return tuple(Kind.of(group) for group in self.groups)

    @cached_property
    def group_index(self) -> NDArray[np.intp]:
        """Group number of each column, shape (p,); -1 for the intercept."""
        number = {group: i for i, group in enumerate(self.groups)}
        return np.array([number.get(feature.group, -1) for feature in self.features], dtype=np.intp)

    @cached_property
    def sizes(self) -> NDArray[np.intp]:
        """Number of columns of each group, shape (groups,)."""
        return np.bincount(self.group_index[1:], minlength=len(self.groups)).astype(np.intp)

    @cached_property
    def dof(self) -> NDArray[np.float64]:
        """Effects of each group that the constraints leave free, shape (groups,)."""
        lost = np.zeros(len(self.groups))
        np.add.at(lost, self.constraint_groups, 1)
        return self.sizes - lost

    @cached_property
    def constraints(self) -> sparse.csc_array:
        """Independent constraint vectors as the columns of C, shape (p, q): every fit satisfies ``C' effects
        = 0``.
        """
        return self._built[0]

    @cached_property
    def prior_share(self) -> NDArray[np.float64]:
        """Prior variance of each effect as a share of its group's tau^2, shape (p,): the diagonal of I -
        C(C'C)^-1 C'.

        It is (m-1)/m for a main group of m levels, ((a-1)(b-1))/(ab) for a complete a x b interaction, 1 for
        free groups, units and the intercept, and 0 for a cell that cannot be told from the main effects.
        """
        return self._built[1]

    @cached_property
    def identifiable(self) -> NDArray[np.bool_]:
        """Columns that the constraints do not fix at zero, shape (p,); the intercept counts as one."""
        return self.prior_share > 1e-9

    @cached_property
    def _spans(self) -> dict[str, range]:
        """Columns of each group, which are consecutive."""
        ends = np.cumsum([1, *self.sizes]).tolist()
        return {group: range(first, end) for group, (first, end) in zip(self.groups, pairwise(ends), strict=True)}

    def columns_in(self, group: str) -> range:
        """Return the columns of a group; none where the layout does not have it."""
        return self._spans.get(group, range(0))

    def columns_of(self, kind: Kind) -> NDArray[np.intp]:
        """Return the columns whose group is of this kind, ascending."""
        of_kind = np.array([k is kind for k in self.kinds] + [False])
        return np.flatnonzero(of_kind[self.group_index])

    @cached_property
    def of_things(self) -> NDArray[np.bool_]:
        """Columns of groups of things whose attributes are groups, too, or of pairs with such a thing, shape (p,)."""
        parts = [group.split(CROSS_MARK) for group in self.groups]
        named = {part.partition(ATTRIBUTE_MARK)[0] for own in parts for part in own if ATTRIBUTE_MARK in part}
        return np.array([not named.isdisjoint(own) for own in parts] + [False])[self.group_index]

    @cached_property
    def constraint_groups(self) -> NDArray[np.intp]:
        """Group number of each constraint, shape (q,); a constraint never spans groups."""
        matrix = self.constraints
        return np.asarray(self.group_index[matrix.indices[matrix.indptr[:-1]]])

    @cached_property
    def _built(self) -> tuple[sparse.csc_array, NDArray[np.float64]]:
        """Constraint matrix and prior shares of all groups."""
        share = np.ones(len(self))
        data, rows, counts = [np.zeros(0)], [np.zeros(0, dtype=np.int32)], [np.zeros(1, dtype=np.int32)]
        for kind, own in zip(self.kinds, self._spans.values(), strict=True):
            if kind in (Kind.FREE, Kind.UNIT):
                continue
            local, leverage = _constrained(kind, tuple(self.features[column].level for column in own))
            share[own.start : own.stop] = 1.0 - leverage
            data.append(local.data)
            rows.append(local.indices + np.int32(own.start))
            counts.append(np.diff(local.indptr))
        starts = np.cumsum(np.concatenate(counts), dtype=np.int32)
        stacked = (np.concatenate(data), np.concatenate(rows), starts)
        return sparse.csc_array(stacked, shape=(len(self), len(starts) - 1)), np.clip(share, 0.0, 1.0)


@lru_cache(maxsize=_LAYOUTS)
def _layout(features: tuple[Feature, ...]) -> Layout:
    """The layout of sorted features: what follows from them is worked out once."""
    return Layout(features)


@lru_cache(maxsize=_GROUPS)
def _constrained(kind: Kind, levels: tuple[str, ...]) -> tuple[sparse.csc_array, NDArray[np.float64]]:
    """Constraints among the levels of one group, (levels, constraints), and the leverage of each level."""
    local = sparse.csc_array(np.ones((len(levels), 1))) if kind is Kind.MAIN else _double_centring(levels)
    return local, _leverage(local)


def _double_centring(levels: Sequence[str]) -> sparse.csc_array:
    """Independent row and column sums of the cells that exist, shape (cells, V - c)."""
    pairs = [level.partition(CROSS_MARK) for level in levels]
    rows = {name: i for i, name in enumerate(sorted({a for a, _, _ in pairs}))}
    columns = {name: len(rows) + i for i, name in enumerate(sorted({b for _, _, b in pairs}))}
    ends = np.array([[rows[a], columns[b]] for a, _, b in pairs])
    cells, vertices = len(levels), len(rows) + len(columns)
    incidence = sparse.coo_array(
        (np.ones(2 * cells), (np.repeat(np.arange(cells), 2), ends.ravel())), shape=(cells, vertices)
    ).tocsc()
    adjacency = sparse.coo_array((np.ones(cells), (ends[:, 0], ends[:, 1])), shape=(vertices, vertices))
    _, component = csgraph.connected_components(adjacency, directed=False)
    # the row sums and the column sums of a component have the same total, so one of them is implied
    redundant = np.unique(component, return_index=True)[1]
    return sparse.csc_array(incidence[:, np.setdiff1d(np.arange(vertices), redundant)])


def _leverage(local: sparse.csc_array) -> NDArray[np.float64]:
    """Diagonal of C(C'C)^-1 C', shape (rows of C,)."""
    inverse = np.linalg.inv((local.T @ local).toarray())
    return np.asarray(np.sum((local @ inverse) * local.toarray(), axis=1))
