"""Effects of the traits of texts, and what a text alone foretells: learnt from texts that ran side by side.

Two fits of the same contrasts. Traits alone, as one group with one variance, are what a marketer can choose; they pass
the same control of false signs as every finding, at every look together (any_time.py). Traits with the axes of meaning,
each a group with a variance of its own, foretell a text that nobody ran: a ridge whose penalties are learnt. Columns of
single words are left out: on headlines of randomised tests 256 of them added nothing beyond chance at twenty times
the cost (docs/benchmarks.md).
Must not know where texts are kept.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from reflection.domain.bookable import EvidenceFloor
from reflection.domain.creative_knowledge import (
    AXES,
    FEWEST_FORETOLD,
    CreativeKnowledge,
    TextEffect,
    TextModel,
)
from reflection.domain.creative_text import TRAITS
from reflection.domain.metrics import RATES
from reflection.domain.number_of import number_of
from reflection.domain.scatter import BEYOND_NOISE
from reflection.inference.evidence.campaign_columns import Floats
from reflection.inference.evidence.creative_cells import CreativeCells
from reflection.inference.fits.fit import SEED, FittedMetrics
from reflection.inference.support import MOST_IDS
from reflection.inference.texts.creative_rows import SideBySide, TextCounts
from reflection.inference.texts.creative_scores import score_records
from reflection.stats.honesty.any_time import OF_TEXTS, log_factor_needed
from reflection.stats.honesty.false_discovery import Discoveries, discover
from reflection.stats.posterior.empirical_bayes import Fit, fit, moments
from reflection.stats.sums.columns import FREE_MARK, Feature, Layout
from reflection.stats.sums.design import Stratum
from reflection.stats.sums.group_contrasts import Items, contrast_rows
from reflection.stats.sums.sufficient_statistics import SufficientStatistics, View

FEWEST_TEXTS = 8
"""Different texts side by side below which nothing is fitted."""

HYPER_DRAWS, DRAWS = 24, 1000
Mask = NDArray[np.bool_]

TEXT, MEANING = f"{FREE_MARK}text", f"{FREE_MARK}meaning"
_TRAITS = tuple(Feature(TEXT, name) for name in TRAITS)
_AXES = tuple(Feature(MEANING, f"{axis:02d}") for axis in range(AXES))


def learn_texts(fitted: FittedMetrics, cells: CreativeCells, floor: EvidenceFloor) -> CreativeKnowledge:
    """What the campaigns of a table say of texts.

    Args:
        floor: evidence that a finding needs at least.
    """
    side = SideBySide.of(fitted, cells)
    texts, campaigns = len({text.key for text in side.texts}), len(np.unique(side.campaign))
    if texts < FEWEST_TEXTS:
        return CreativeKnowledge(texts, campaigns, reason=_too_few(texts, cells))
    traits = Traits.of(side)
    effects: list[TextEffect] = []
    models: dict[str, TextModel] = {}
    scores = {}
    for number, metric in enumerate(name for name in RATES if name in fitted.metrics):
        counts = side.observed(fitted, metric)
        effects += trait_effects(side, counts, traits, metric, floor, (SEED, 100 + number))
        if (model := text_model(side, counts)) is not None:
            models[metric] = model
        if metric == "ctr":
            scores = score_records(side, counts, fitted.table.campaigns.day, cells.texts.scores)
    effects.sort(key=lambda row: (row.metric, row.trait))
    none = None if any(row.finding for row in effects) else "no trait of texts is beyond noise yet"
    return CreativeKnowledge(texts, campaigns, tuple(effects), models, scores, none)


@dataclass(frozen=True, eq=False)
class Traits:
    """Traits as columns of items: those read from texts, and attributes that were given."""

    features: tuple[Feature, ...]
    x: Floats

    @classmethod
    def of(cls, side: SideBySide) -> "Traits":
        """Those of items: every trait that texts can have, and every attribute that one was given."""
        having = [frozenset(text.traits()) for text in side.texts]
        names = sorted(frozenset(TRAITS).union(*having))
        x = np.array([[float(name in own) for name in names] for own in having])
        return cls(tuple(Feature(TEXT, name) for name in names), x)


def _too_few(texts: int, cells: CreativeCells) -> str:
    if not cells.texts.by_campaign:
        return "no campaign gives the headline or the text of its creatives"
    return (
        f"{texts} different texts ran side by side in a campaign, and comparing takes at least {FEWEST_TEXTS}; "
        "`breakdown` rows say what each creative got"
    )


def _view(side: SideBySide, counts: TextCounts, x: Floats, features: tuple[Feature, ...], usable: Mask) -> View:
    """The sums of the contrasts of usable items."""
    y, v = counts.logs()
    items = Items(x[usable], y[usable], v[usable], side.campaign[usable], side.times[usable])
    sums = SufficientStatistics()
    sums.add(contrast_rows(items, features))
    return sums.view(Layout.of(features))


def trait_effects(
    side: SideBySide, counts: TextCounts, traits: Traits, metric: str, floor: EvidenceFloor, seed: tuple[int, int]
) -> list[TextEffect]:
    """What every trait does to one metric that varied within a campaign."""
    usable = counts.usable
    view = _view(side, counts, traits.x, traits.features, usable)
    if not view.rows.any():
        return []
    fitted = fit(view, seed, hyper_draws=HYPER_DRAWS, draws=DRAWS)
    judged, rows = discover(fitted), []
    if fitted.log_bayes_factor < log_factor_needed(OF_TEXTS, len(RATES)):
        judged = replace(judged, selected=np.zeros_like(judged.selected))
    for feature, has in zip(traits.features, traits.x.T > 0, strict=True):
        column = fitted.layout.column(feature)
        contrast = _Contrast(side, counts, usable & has, usable & ~has)
        if column is not None and contrast.campaigns:
            rows.append(_row(feature.level, metric, column, fitted, judged, contrast, floor))
    return rows


def _row(
    trait: str, metric: str, column: int, fitted: Fit, judged: Discoveries, contrast: "_Contrast", floor: EvidenceFloor
) -> TextEffect:
    low, high = float(np.exp(fitted.low[column])), float(np.exp(fitted.high[column]))
    above = float(np.mean(fitted.draws[column] > 0))
    beyond = bool(judged.selected[column]) and not low <= 1.0 <= high
    enough = contrast.campaigns >= floor.campaigns and contrast.events >= floor.events
    reason = "beyond noise" if beyond else "not enough evidence"
    if beyond and not enough:
        reason = (
            f"not enough evidence: texts with and without it ran side by side in "
            f"{number_of(contrast.campaigns, 'campaign')} with {number_of(contrast.events, 'event')}, a finding needs "
            f"{number_of(floor.campaigns, 'campaign')} and {number_of(floor.events, 'event')}"
        )
    pro, contra = contrast.ids(float(fitted.mean[column]), fitted.sigma.get(Stratum.WITHIN, 0.0))
    return TextEffect(
        trait=trait,
        metric=metric,
        effect=float(np.exp(fitted.mean[column])),
        interval=(low, high),
        probability=max(above, 1.0 - above),
        lfsr=float(max(judged.lfsr[column], min(above, 1.0 - above))),
        finding=beyond and enough,
        reason=reason,
        texts=contrast.texts,
        others=contrast.others,
        campaigns=contrast.campaigns,
        events=contrast.events,
        supporting=pro,
        contradicting=contra,
    )


class _Contrast:
    """Items with a trait and items without it, in the campaigns that have both."""

    def __init__(self, side: SideBySide, counts: TextCounts, has: Mask, lacks: Mask) -> None:
        both = np.intersect1d(side.campaign[has], side.campaign[lacks])
        inside = np.isin(side.campaign, both)
        self._side, self._counts, self._both = side, counts, both
        self._sides = has & inside, lacks & inside
        self.campaigns = len(both)
        self.texts, self.others = (
            len({side.texts[i].text.key for i in np.flatnonzero(one).tolist()}) for one in self._sides
        )
        self.events = float(counts.events[self._sides[0]].sum())

    def ids(self, effect: float, sigma: float) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Campaigns that speak for an effect, and against it, each beyond its noise, the clearest first."""
        logs, noise = np.zeros(self.campaigns), np.full(self.campaigns, 1e-12)
        for sign, one in zip((1.0, -1.0), self._sides, strict=True):
            place = np.searchsorted(self._both, self._side.campaign[one])
            events, expected, items = (
                np.bincount(place, column, minlength=self.campaigns)
                for column in (self._counts.events[one], self._counts.expected[one], np.ones(len(place)))
            )
            level = np.bincount(place, (self._counts.expected * self._counts.level)[one], minlength=self.campaigns)
            logs += sign * (np.log(events + 0.5) - np.log(expected + 0.5))
            noise += 1.0 / (level + 0.5) + sigma**2 / items
        z = np.sign(effect) * logs / np.sqrt(noise)
        order = np.argsort(-np.abs(z), kind="stable")
        ids = self._side.names[self._both[order]].tolist()
        pro = tuple(name for name, value in zip(ids, z[order].tolist(), strict=True) if value > BEYOND_NOISE)
        contra = tuple(name for name, value in zip(ids, z[order].tolist(), strict=True) if value < -BEYOND_NOISE)
        return pro[:MOST_IDS], contra[:MOST_IDS]


def text_model(side: SideBySide, counts: TextCounts) -> TextModel | None:
    """What a text alone foretells; None where texts are too few, or their places are not known."""
    x, known = side.values
    known = known & counts.usable
    keys = {text.key for text, use in zip(side.texts, known.tolist(), strict=True) if use}
    if len(keys) < FEWEST_FORETOLD:
        return None
    features = (*_TRAITS, *_AXES)
    view = _view(side, counts, x, features, known)
    if not view.rows.any():
        return None
    fitted = moments(view)
    at = [fitted.layout.column(feature) for feature in features]
    columns = np.array([column for column in at if column is not None], dtype=np.intp)
    mean, covariance = fitted.mean[columns], fitted.covariance[np.ix_(columns, columns)]
    own = {text.key: row for text, row, use in zip(side.texts, x, known.tolist(), strict=True) if use}
    learnt = np.array([own[key] for key in sorted(own)])
    centre = learnt.mean(axis=0)
    spread = float(((learnt - centre) @ mean).std())
    lower = covariance[np.tril_indices(len(mean))]
    return TextModel(
        mean=_rounded(mean),
        covariance=_rounded(lower),
        centre=_rounded(centre),
        scatter=float(fitted.sigma.get(Stratum.WITHIN, 0.0)),
        spread=spread,
        texts=len(own),
        campaigns=len(np.unique(side.campaign[known])),
    )


def _rounded(values: Floats) -> tuple[float, ...]:
    """In single precision: half the digits to keep."""
    return tuple(map(float, values.astype(np.float32)))
