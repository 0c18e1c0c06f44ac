"""Texts that ran side by side in one campaign, each with what it got and what was expected of it without it.

Only ad rows of a breakdown that name one creative say which text got what. What is expected of them is what the fit
says of everything else (the audience, the type), so a text is not credited with its audience. Ads of one
campaign with the same text are one item. Texts of different campaigns are never compared: those differ in too much
else. Must not know how effects are estimated.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from reflection.domain import signals
from reflection.domain.creative_knowledge import AXES, GIVEN, PlacedText, values_of
from reflection.domain.creative_text import TRAITS
from reflection.inference.evidence.campaign_columns import Floats, Ints
from reflection.inference.evidence.creative_cells import CreativeCells
from reflection.inference.evidence.observation import counts_of
from reflection.inference.evidence.table_columns import feature_of
from reflection.inference.fits.fit import FittedMetrics
from reflection.stats.sums.observations import observe_around


@dataclass(frozen=True, eq=False)
class SideBySide:
    """n items, ascending by campaign and within it by text: one text of one campaign each.

    Attributes:
        texts: of each item; `creatives`: keys of the creatives with it in its campaign, sorted.
        campaign: index into the dataset's campaigns; `names` are the ids of all of these.
        times: in how many campaigns each text is among them, (n,).
    """

    texts: tuple[PlacedText, ...]
    creatives: tuple[tuple[str, ...], ...]
    campaign: Ints
    times: Floats
    names: NDArray[np.str_]
    _cells: Ints = field(repr=False)
    _item: Ints = field(repr=False)

    def __len__(self) -> int:
        return len(self.texts)

    @classmethod
    def of(cls, fitted: FittedMetrics, cells: CreativeCells) -> "SideBySide":
        """The items of a table: campaigns in which at least two different texts ran."""
        table = fitted.table
        first = np.searchsorted(table.campaign, np.arange(len(table)))
        places: list[int] = []
        numbers: list[int] = []
        items: list[tuple[int, PlacedText, tuple[str, ...]]] = []
        for index, name in enumerate(table.campaigns.ids.tolist()):
            rows = _by_text(cells.by_campaign.get(name, ()), cells.texts.by_campaign.get(name, {}))
            for key in sorted(rows) if len(rows) > 1 else ():
                text, creatives, offsets = rows[key]
                places += [int(first[index]) + offset for offset in offsets]
                numbers += [len(items)] * len(offsets)
                items.append((index, text, tuple(sorted(creatives))))
        counts: dict[str, int] = {}
        for _, text, _ in items:
            counts[text.key] = counts.get(text.key, 0) + 1
        return cls(
            tuple(text for _, text, _ in items),
            tuple(creatives for *_, creatives in items),
            np.array([index for index, *_ in items], dtype=np.intp),
            np.array([counts[text.key] for _, text, _ in items], dtype=np.float64),
            table.campaigns.ids,
            np.array(places, dtype=np.intp),
            np.array(numbers, dtype=np.intp),
        )

    @cached_property
    def values(self) -> tuple[Floats, NDArray[np.bool_]]:
        """Every item's text as numbers, (n, p), zeros while they are not known; and of which they are, (n,)."""
        values = [values_of(text) for text in self.texts]
        nothing = [0.0] * (len(TRAITS) + AXES)
        known = np.array([value is not None for value in values], dtype=np.bool_)
        return np.array([nothing if value is None else value for value in values]), known

    def observed(self, fitted: FittedMetrics, metric: str) -> "TextCounts":
        """What was counted of each item, and expected of it."""
        x, n = counts_of(metric, fitted.table)
        expected = n * np.exp(_without_creatives(fitted, metric))
        counted = ~np.isnan(x) & (n > 0)
        cells, items = self._cells[counted[self._cells]], self._item[counted[self._cells]]
        return TextCounts(
            np.bincount(items, x[cells], minlength=len(self)).astype(np.float64),
            np.bincount(items, expected[cells], minlength=len(self)).astype(np.float64),
            self.campaign,
        )


@dataclass(frozen=True, eq=False)
class TextCounts:
    """Events of one metric that items got and were expected to get, and the campaign of each, (n,).

    An item that nobody counted, or of a campaign with no event at all, is not `usable`.
    """

    events: Floats
    expected: Floats
    campaign: Ints

    @property
    def level(self) -> Floats:
        """Of each item's campaign, what all items got over what was expected."""
        of_campaign = [np.bincount(self.campaign, column) for column in (self.events, self.expected)]
        return np.asarray(((of_campaign[0] + 0.5) / (of_campaign[1] + 0.5))[self.campaign])

    @property
    def usable(self) -> NDArray[np.bool_]:
        """Items of campaigns in which anything happened."""
        happened = np.bincount(self.campaign, self.events)[self.campaign] > 0 if len(self.events) else self.events > 0
        return np.asarray((self.expected > 0) & happened)

    def logs(self) -> tuple[Floats, Floats]:
        """Log of events over those expected, (n,), and its sampling variance at the campaign's own level."""
        observation = observe_around(self.events, self.expected, np.log(self.level), 1.0)
        return observation.y, observation.v


def _by_text(
    creatives: Iterable[str | None], texts: Mapping[str, PlacedText]
) -> dict[str, tuple[PlacedText, set[str], list[int]]]:
    """Text key -> the text, its creatives and the rows of a campaign with it."""
    rows: dict[str, tuple[PlacedText, set[str], list[int]]] = {}
    for offset, creative in enumerate(creatives):
        text = None if creative is None else texts.get(creative)
        if creative is not None and text is not None:
            _, names, offsets = rows.setdefault(text.key, (text, set(), []))
            names.add(creative)
            offsets.append(offset)
    return rows


def _without_creatives(fitted: FittedMetrics, metric: str) -> Floats:
    """The metric's log that the fit expects of each cell, without what it says of single creatives."""
    table, effects = fitted.table, fitted.effects(metric)
    stand_ins = {key for alias, key in table.aliases.items() if _of_single_creative(feature_of(alias).group)}
    own = [
        (place, effects.layout.column(feature))
        for place, feature in enumerate(table.features)
        if _of_single_creative(feature.group) or str(feature) in stand_ins
    ]
    columns = [(place, column) for place, column in own if column is not None]
    total = np.log(fitted.expected_rate(metric))
    if not columns:
        return np.asarray(total)
    places, at = (list(part) for part in zip(*columns, strict=True))
    return np.asarray(total - table.shares[:, places] @ effects.mean[at])


def _of_single_creative(group: str) -> bool:
    return group.split(signals.CROSS)[-1] in _OWN


_OWN = frozenset({signals.CREATIVE, *(f"{signals.CREATIVE}.{name}" for name in GIVEN)})
"""Groups of what a creative says: its id, and attributes that count as traits."""
