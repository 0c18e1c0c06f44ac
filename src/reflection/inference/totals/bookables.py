"""What campaigns booked, how much evidence there is of each, and its total effect on the goal.

Made once a fit, from the definitions that campaigns gave and the evidence table; read by everybody who recommends.
Must not know where definitions come from.
"""

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from reflection.domain import signals
from reflection.domain.bookable import Bookable, Definition, Total, root
from reflection.domain.knowledge import Effect, Knowledge
from reflection.domain.metrics import METRICS
from reflection.inference.doubt.doubts import doubts_in
from reflection.inference.evidence.campaign_columns import Floats
from reflection.inference.evidence.dataset import Dataset
from reflection.inference.evidence.table_columns import feature_of
from reflection.inference.fits import posterior
from reflection.inference.support import MOST_IDS, Support, SupportIndex
from reflection.inference.totals.total_effects import TotalEffects, moments
from reflection.inference.totals.usual_delivery import ALL
from reflection.stats.honesty.false_discovery import mixture_shares

MOST_BOOKABLES = 400
"""What most money was spent on; more than anybody chooses from."""

SAME_SHARE = 1e-9


def with_bookables(
    knowledge: Knowledge,
    table: Dataset,
    definitions: Sequence[Definition],
    support: SupportIndex,
    *,
    favoured: bool,
) -> Knowledge:
    """The knowledge of a fit with what can be booked, on its goal metric; its posteriors must be there.

    Args:
        favoured: whether the data favour some effect on the goal over none at all.
    """
    cells = _Cells(table)
    knowledge = replace(knowledge, delivery=cells.delivery())
    bookables = _counted(knowledge, cells, definitions)
    knowledge = replace(knowledge, bookables=bookables)
    if not bookables or not posterior.known(knowledge, knowledge.goal_metric):
        return knowledge
    effects = TotalEffects(knowledge, knowledge.goal_metric)
    draws = effects.draws(bookables)
    knowledge = replace(knowledge, mixtures=_mixtures(effects.metric, bookables, draws) if favoured else {})
    totals = [item.total for item in effects.knowing(knowledge).of(bookables, draws=draws)]
    of_goal = {effect.signal: effect for effect in knowledge.effects if effect.metric == knowledge.goal_metric}
    judged = ((_graded(one, of_goal.get(one.key), total), total) for one, total in zip(bookables, totals, strict=True))
    clear = [(one, total) for one, total in judged if one.definition.kind != "pair" or _follows_from_both(one, total)]
    selections = [cells.selection(one.definition.key, one.platform) for one, _ in clear]
    booked, lifts = [(own.cell, own.share) for own in selections], [math.log(total.effect) for _, total in clear]
    sides = map(Support.ids, support.of_totals(booked, effects.metric, lifts, sign=1.0))
    supported = ((one, *ids) for (one, _), ids in zip(clear, sides, strict=True))
    return replace(
        knowledge,
        bookables=tuple(replace(one, supporting=better, contradicting=worse) for one, better, worse in supported),
    )


def _follows_from_both(pair: Bookable, total: Total) -> bool:
    """Whether something is advised of a pair, and for what the two do together: else each alone says enough."""
    better = total.lane == "exploit"
    return pair.advised and any(METRICS[metric].favors(lift > 1.0) == better for metric, lift in pair.beyond.items())


def _graded(bookable: Bookable, own: Effect | None, total: Total) -> Bookable:
    """With its total effect, and the experiments that tested it; of a pair with a platform those of the pair."""
    if own is None:
        return replace(bookable, total=total)
    return replace(bookable, total=total, grade=own.grade, experiments=own.experiments)


def _mixtures(metric: str, bookables: Sequence[Bookable], draws: Floats) -> dict[str, tuple[float, ...]]:
    """How large total effects on the goal usually are, learnt from everything that was booked on its own.

    Args:
        draws: of the logarithm of each total effect, (bookables, draws).
    """
    own = [
        place
        for place, one in enumerate(bookables)
        if one.platform is None and one.identified and one.definition.kind != "pair"
    ]  # pairs were chosen for being large
    return {metric: tuple(mixture_shares(*moments(draws[own])).tolist())} if own else {}


@dataclass(frozen=True, slots=True)
class _Selection:
    """Cells that booked something, and the share of each."""

    cell: NDArray[np.intp]
    share: Floats


class _Cells:
    """The evidence table seen by signal."""

    def __init__(self, table: Dataset) -> None:
        self.table = table
        self._columns = {str(feature): column for column, feature in enumerate(table.features)}
        self._members = sparse.csc_array(table.shares)
        self.has_money = bool((np.nan_to_num(table.spend) > 0).any())
        self.weight = np.nan_to_num(table.spend if self.has_money else table.impressions)
        self.conversions = np.nan_to_num(table.conversions)
        self._delivered = (table.impressions > 0) | (table.conversions > 0)
        self._with: dict[str, NDArray[np.bool_]] = {}
        self._keys: dict[str, list[str]] = {}

    def column(self, key: str) -> int | None:
        """The column of a signal, or of the one that stands for it."""
        return self._columns.get(self.table.aliases.get(key, key))

    def keys(self, group: str) -> list[str]:
        """Every signal of a group, those that another one stands for too."""
        if group not in self._keys:
            names = [*self._columns, *self.table.aliases]
            self._keys[group] = sorted(key for key in names if feature_of(key).group == group)
        return self._keys[group]

    def having(self, key: str) -> NDArray[np.bool_]:
        """Which cells have a signal and delivered something, (cells,)."""
        if key not in self._with:
            self._with[key] = np.zeros(len(self.weight), dtype=np.bool_)
            self._with[key][self.selection(key).cell] = True
        return self._with[key]

    def selection(self, key: str, within: str | None = None) -> _Selection:
        """The cells with a signal, of those with another one."""
        column = self.column(key)
        if column is None:
            return _Selection(np.zeros(0, dtype=np.intp), np.zeros(0))
        part = slice(int(self._members.indptr[column]), int(self._members.indptr[column + 1]))
        cell, share = self._members.indices[part].astype(np.intp), self._members.data[part]
        mask = (self._delivered if within is None else self.having(within))[cell]
        return _Selection(cell[mask], share[mask])

    def size(self, selection: _Selection) -> tuple[float, int]:
        """Money and rows of some cells, negative: the largest comes first."""
        spent = float((np.nan_to_num(self.table.spend[selection.cell]) * selection.share).sum())
        return -spent if self.has_money else 0.0, -len(selection.cell)

    def on_platforms(self, key: str) -> Iterator[tuple[str, tuple[float, int]]]:
        """The platforms that a signal ran on, each with the size of its cells there."""
        selection, (names, number) = self.selection(key), self._platforms
        platform = number[self.table.campaign[selection.cell]]
        for place in np.unique(platform).tolist():
            if self.column(names[place]) is not None:
                here = platform == place
                yield names[place], self.size(_Selection(selection.cell[here], selection.share[here]))

    @cached_property
    def _platforms(self) -> tuple[list[str], NDArray[np.intp]]:
        """The platforms by name, and the number of each campaign's."""
        names, number = np.unique(self.table.campaigns.platform_key, return_inverse=True)
        return names.tolist(), number

    @cached_property
    def objectives(self) -> tuple[list[str], NDArray[np.intp]]:
        """The objectives by name, and the number of each cell's; -1 where it has none or delivered nothing."""
        names, number = self.keys(signals.OBJECTIVE), np.full(len(self.weight), -1, dtype=np.intp)
        for place, key in enumerate(names):
            number[self.having(key)] = place
        return names, number

    def delivery(self) -> dict[str, dict[str, float]]:
        """Share of the money spent with each main signal, of all and of each objective."""
        weights = {ALL: self.weight}
        for key in self.keys(signals.OBJECTIVE):
            selection = self.selection(key)
            own = np.zeros(len(self.weight))
            own[selection.cell] = self.weight[selection.cell]
            weights[key] = own
        return {key: self._shares(own) for key, own in weights.items() if own.sum() > 0}

    def _shares(self, weight: Floats) -> dict[str, float]:
        totals = np.asarray(self.table.shares.T @ weight) / weight.sum()
        return {
            str(feature): float(share)
            for feature, share in zip(self.table.features, totals, strict=True)
            if share > 0 and signals.CROSS not in feature.group
        }

    def twins(self, key: str) -> set[str]:
        """Main signals that occur in exactly the same cells, itself among them."""
        aliases = self.table.aliases
        stands = aliases.get(key, key)
        names = {stands, *(alias for alias, one in aliases.items() if one == stands)}
        return {name for name in names if signals.CROSS not in feature_of(name).group}

    def other_pairs(self, key: str) -> set[str]:
        """Pairs of other signals that occur in exactly the same cells as this one."""
        pairs = [name for name in self._columns if signals.CROSS in name and name != key]
        columns, own = (self._members[:, [self._columns[name] for name in names]] for names in (pairs, [key]))
        square = np.asarray(columns.multiply(columns).sum(axis=0)).ravel()
        apart = square + float((own.data**2).sum()) - 2 * (columns.T @ own).toarray().ravel()
        return {name for name, difference in zip(pairs, apart.tolist(), strict=True) if difference < SAME_SHARE}


def _counted(knowledge: Knowledge, cells: _Cells, definitions: Sequence[Definition]) -> tuple[Bookable, ...]:
    """What was booked, the largest of it, by key; pairs with a platform where the fit has effects of such pairs."""
    crossed = _crossed_groups(knowledge)
    largest = sorted(definitions, key=lambda item: (*cells.size(cells.selection(item.key)), item.key))[:MOST_BOOKABLES]
    mains = [one for one in (_bookable(knowledge, cells, item) for item in largest) if one.rows]
    own = [*mains, *_together(knowledge, cells, definitions)]
    own = sorted(own, key=lambda one: (-(one.spend or 0.0), -one.rows, one.key))[:MOST_BOOKABLES]
    pairs = sorted(
        (*size, one.key, platform, one)
        for one in mains
        if any(feature_of(part).group in crossed for part in one.definition.parts)
        for platform, size in cells.on_platforms(one.key)
    )
    for *_, platform, one in pairs[: MOST_BOOKABLES - len(own)]:
        own.append(_bookable(knowledge, cells, one.definition, platform))
    return tuple(sorted(own, key=lambda one: one.key))


def _together(knowledge: Knowledge, cells: _Cells, definitions: Sequence[Definition]) -> list[Bookable]:
    """Audiences with creatives that do together what neither does alone, by the same control as every finding."""
    defined = {definition.key: definition.parts for definition in definitions}
    beyond: dict[str, dict[str, float]] = defaultdict(dict)
    for effect in knowledge.effects:
        if effect.finding and signals.CROSS in effect.group and not effect.group.startswith(signals.PLATFORM):
            beyond[effect.signal][effect.metric] = effect.effect
    made = []
    for key, effects in sorted(beyond.items()):
        first, second = (defined.get(part.key, {part.key: 1.0}) for part in signals.parse(key).parts)
        pair = _bookable(knowledge, cells, Definition(key, "pair", {**first, **second}))
        strangers = {*pair.confounded, *cells.other_pairs(key)}
        made.append(replace(pair, beyond=effects, confounded=tuple(sorted(strangers))))
    return made


def _bookable(knowledge: Knowledge, cells: _Cells, definition: Definition, platform: str | None = None) -> Bookable:
    selection = cells.selection(definition.key, within=platform)
    owner, real = np.unique(cells.table.campaign[selection.cell]), cells.table.campaigns.real
    campaigns = len(np.unique(real[owner]))
    conversions = float((cells.conversions[selection.cell] * selection.share).sum())
    spend = cells.table.spend[selection.cell]  # nan in another currency, or where it is not given
    own = signals.parse(definition.key)
    key = definition.key if platform is None else signals.crossed(signals.parse(platform), own).key
    return Bookable(
        key=key,
        label=signals.spoken(key, knowledge.spellings).removeprefix("platform "),
        definition=definition,
        platform=platform,
        campaigns=campaigns,
        rows=len(selection.cell),
        spend=-cells.size(selection)[0] if cells.has_money and np.isfinite(spend).any() else None,
        with_spend=len(np.unique(real[cells.table.campaign[selection.cell[spend > 0]]])),
        conversions=conversions,
        objectives=_objectives(cells, selection),
        enough=campaigns >= knowledge.floor.campaigns and conversions >= knowledge.floor.events,
        confounded=_confounded(knowledge, cells, definition),
        doubt=next(iter(doubts_in(knowledge, definition.parts).values()), None),
        campaign_ids=tuple(cells.table.campaigns.ids[owner[:MOST_IDS]].tolist()),
    )


def _objectives(cells: _Cells, selection: _Selection) -> dict[str, float]:
    """Share of what was spent on it by objective."""
    weight = cells.weight[selection.cell] * selection.share
    total = float(weight.sum())
    if total <= 0:
        return {}
    keys, number = cells.objectives
    own = number[selection.cell]
    shares = ((keys[place], float(weight[own == place].sum()) / total) for place in np.unique(own[own >= 0]).tolist())
    return {key: share for key, share in shares if share > 0}


def _confounded(knowledge: Knowledge, cells: _Cells, definition: Definition) -> tuple[str, ...]:
    """Signals of another kind that always came with one of its parts, unless everything came with both."""
    usual: Mapping[str, float] = knowledge.delivery.get(ALL, {})
    own = {root(part) for part in definition.parts}
    strangers: dict[str, set[str]] = defaultdict(set)
    for part, share in definition.parts.items():
        stands = cells.table.aliases.get(part, part)
        if abs(usual.get(stands, 0.0) - share) > SAME_SHARE:
            strangers[part] = {name for name in cells.twins(part) if root(name) not in own}
    return tuple(sorted(set().union(*strangers.values())))


def _crossed_groups(knowledge: Knowledge) -> set[str]:
    """Groups of signals whose effect may differ by platform in this fit."""
    features = {key for one in knowledge.posteriors.values() for key in one.features}
    parts = [signals.parse(key).parts for key in features if signals.CROSS in signals.parse(key).group]
    return {last.group for first, last in parts if first.group == signals.PLATFORM}
