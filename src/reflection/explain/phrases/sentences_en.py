"""The English the engine speaks: every phrase of the deterministic writer, and the words for KPIs and counts.

A second language is a second file with the same `Language` value. Placeholders in braces are filled with figures that
are text already; templates hold no digits of their own, so no number can enter a sentence except from evidence. Must
not know facts, evidence or thresholds.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from reflection.explain.phrases.advice_en import ADVICE
from reflection.explain.phrases.alerts_en import ALERTS
from reflection.explain.phrases.attention_en import ATTENTION
from reflection.explain.phrases.summary_en import SUMMARY


@dataclass(frozen=True, slots=True)
class Language:
    """Everything that differs from language to language."""

    code: str
    phrases: Mapping[str, str]
    kpis: Mapping[str, str]
    groups: Mapping[str, str]
    counted: Callable[[str, float, str], str]
    listed: Callable[[Sequence[str]], str]

    def say(self, phrase: str, **figures: str) -> str:
        """One phrase with its placeholders filled; KeyError for one that the language lacks."""
        return self.phrases[phrase].format(**figures)

    def kpi(self, name: str) -> str:
        """The name of a KPI or metric as a reader knows it."""
        return self.kpis.get(name, name.replace("_", " "))


_PLURALS = {
    "ad row": "ad rows",
    "campaign": "campaigns",
    "experiment": "experiments",
    "conversion": "conversions",
    "difference": "differences",
    "finding": "findings",
    "forecast": "forecasts",
    "learning": "learnings",
    "remark": "remarks",
    "result": "results",
    "sentence": "sentences",
}


def _counted(noun: str, number: float, text: str) -> str:
    """``1 campaign``, ``1.5 campaigns``, ``0 campaigns``."""
    return f"{text} {noun if number == 1 else _PLURALS[noun]}"


def _listed(items: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}" if items else ""


_KPIS = {
    "ctr": "CTR",
    "cvr": "CVR",
    "cpa": "CPA",
    "roas": "ROAS",
    "cpm": "CPM",
    "cpc": "CPC",
    "aov": "average order value",
    "spend": "spend",
    "conversions": "conversions",
    "conversions_per_spend": "conversions for the money",
}

_GROUPS = {"creative.type": "creatives of type", "platform": "platform", "objective": "objective"}

_PHRASES = {
    # verdict
    "verdict.better": "The campaign did better than {reference}: {figures}.",
    "verdict.worse": "The campaign did worse than {reference}: {figures}.",
    "verdict.mixed": "The result is mixed against {reference}: {figures}.",
    "verdict.noise": "No clear difference from {reference}: {figures}.",
    "verdict.same": "Cost and return are exactly as forecast: {figures}.",
    "verdict.same_one": "Exactly as forecast: {figures}.",
    "verdict.unchanged": "The campaign is level with {reference}: {figures}.",
    "verdict.unclear": "Whether the difference to {reference} is more than noise cannot be said yet: {figures}.",
    "verdict.alone": "{figures}, with no forecast to compare that with.",
    "verdict.none": "The result cannot be compared on cost or return: {reason}.",
    "verdict.none_but": "The result cannot be compared on cost or return ({reason}); what can be compared: {figures}.",
    "verdict.no_conversions": "The campaign brought no conversions, so there is no CPA to compare.",
    "verdict.nothing_spent": "Nothing was spent, so there is no cost or return to compare.",
    "verdict.unpaid": "Nothing was spent, so there is no cost or return to compare; what can be compared: {figures}.",
    "clause.changed": "{kpi} {actual} against {expected} ({change})",
    "clause.changed_noise": "{kpi} {actual} against {expected} ({change}, within noise)",
    "clause.changed_unclear": "{kpi} {actual} against {expected} ({change}, not yet told from noise)",
    "clause.same": "{kpi} {actual} as expected",
    "clause.unchanged": "{kpi} {actual} as in {reference}",
    "kpi.alone": "{kpi} is {actual}; there is no forecast to compare it with.",
    "kpi.missing": "{kpi} cannot be compared: {reason}.",
    **SUMMARY,
    **ATTENTION,
    **ALERTS,
    # drivers
    "driver.part": (
        "{factor} was {actual} against {expected}; that accounts for {part} of the {total} by which {kpi} is {move}."
    ),
    "driver.part_again": "{factor} was {actual} against {expected}, which accounts for another {part}.",
    "driver.all": (
        "{factor} was {actual} against {expected}; that accounts for the whole {total} by which {kpi} is {move}."
    ),
    "driver.more_than_all": (
        "{factor} was {actual} against {expected}; that alone accounts for {part}, more than the whole {total} "
        "by which {kpi} is {move}."
    ),
    "driver.against": "{factor} was {actual} against {expected}, which worked against that by {part}.",
    "driver.no_move": ("{factor} was {actual} against {expected}; its {part} of {kpi} is offset by the other factors."),
    "driver.noise": (
        "{factor} was {actual} against {expected}, which is within noise: its {part} of {kpi} "
        "is no difference to rely on."
    ),
    "driver.within": (
        "{factor} was {actual} against {expected}, beyond noise: its part makes {kpi} {part} {side}, though {kpi} as a "
        "whole is within noise."
    ),
    "driver.within_again": (
        "{factor} was {actual} against {expected}, beyond noise: its part makes {kpi} {part} {side}."
    ),
    "driver.exact_zero": ("{factor} was zero against {expected}, which accounts for all of the missing {kpi}."),
    "move.up": "higher",
    "move.down": "lower",
    # findings
    "finding.observed": (
        "Other things equal, {metric} was {size} {side} that of {average} with {subject} ({level} interval {low} to "
        "{high}, {campaigns}); observed, not tested."
    ),
    "finding.randomised": (
        "In a randomised test, {subject} {moved} {metric} by {size} ({level} interval {low} to {high}, {campaigns})."
    ),
    "finding.plain": "{subject} stands out: {category} ({campaigns}); observed, not tested.",
    "finding.budget_inefficiency": (
        "The campaign paid {size} more per conversion than its platform, audiences and creatives explain "
        "({level} interval {low} to {high})."
    ),
    "finding.budget_inefficiency_of_others": (
        "{subject} paid {size} more per conversion than its platform, audiences and creatives explain "
        "({level} interval {low} to {high})."
    ),
    "finding.cluster_of_others": (
        "A group of {campaigns} ({subject}) has {metric} {size} {side} that of the others "
        "({level} interval {low} to {high}); observed, not tested."
    ),
    "finding.cluster": (
        "The campaign belongs to a group of {campaigns} ({subject}) whose {metric} is {size} {side} that "
        "of the others "
        "({level} interval {low} to {high}); observed, not tested."
    ),
    "finding.description": (
        "{campaigns} look alike ({subject}); beyond what their signals explain, their {metric} was {size} {side} "
        "that of the others. That describes them and promises nothing."
    ),
    "finding.within": (
        "Within {campaign}, {subject} had {metric} {size} {side} its average ({level} interval {low} to {high}); seen "
        "in one campaign only, so nothing is said of others."
    ),
    "finding.description_plain": "{campaigns} look alike ({subject}). That describes them and promises nothing.",
    "finding.platform_trend": (
        "{subject}: since {since}, {metric} has moved to {size} {side} its earlier level{against}{onwards} "
        "({level} interval {low} to {high}, {campaigns}); observed, not tested."
    ),
    "finding.season": (
        "{subject}: {metric} is {size} {side} the average of the year "
        "({level} interval {low} to {high}, {campaigns}); observed, not tested."
    ),
    "finding.weekday": (
        "{subject}: {metric} is {size} {side} the average of the week "
        "({level} interval {low} to {high}, {campaigns}); observed, not tested."
    ),
    "finding.month": (
        "{subject}: {metric} was {size} {side} the other months in {alike} of {campaigns} ({level} interval {low} to "
        "{high}), so it was the month and no campaign's own doing; observed, not tested."
    ),
    "finding.lasting": (
        "{subject}: since {since}, {metric} has been {size} {side} what it was before ({level} interval {low} to "
        "{high}, {campaigns}), across the account, so it is no campaign's own doing{season}; observed, not tested."
    ),
    "finding.lasting_new": (
        "{subject}, or what was new: since {since}, {metric} has been {size} {side} what it was before ({level} "
        "interval {low} to {high}, {campaigns} for {spend}). Either something changed for all campaigns, or it is what "
        "was new then: {new}. Hardly any of it ran before, so the two cannot be told apart{season}; observed, not "
        "tested."
    ),
    "finding.lasting_new_unpriced": (
        "{subject}, or what was new: since {since}, {metric} has been {size} {side} what it was before ({level} "
        "interval {low} to {high}, {campaigns}). Either something changed for all campaigns, or it is what was new "
        "then: {new}. Hardly any of it ran before, so the two cannot be told apart{season}; observed, not tested."
    ),
    "lasting.season": " (with less than two years of history it may as well be the time of the year)",
    "finding.planner": (
        "{subject} are usually off: {metric} ended {size} {side} plan in {alike} of {campaigns} ({level} interval "
        "{low} to {high}): {gap} {more} than planned for the {spend} spent; observed, not tested."
    ),
    "finding.planner_unpriced": (
        "{subject} are usually off: {metric} ended {size} {side} plan in {alike} of {campaigns} ({level} interval "
        "{low} to {high}); observed, not tested."
    ),
    "planner.revenue.below": "less revenue",
    "planner.revenue.above": "more revenue",
    "planner.conversions.below": "fewer conversions",
    "planner.conversions.above": "more conversions",
    "planner.clicks.below": "fewer clicks",
    "planner.clicks.above": "more clicks",
    "finding.event": (
        "{subject}: {metric} has moved to {size} {side} its earlier level "
        "({level} interval {low} to {high}, {campaigns}); observed, not tested."
    ),
    "trend.slow": " against the others of its kind",
    "trend.ongoing.above": " and still rises",
    "trend.ongoing.below": " and still falls",
    "side.above": "above",
    "side.below": "below",
    "size.none": "level",
    "side.none": "with",
    "moved.above": "raised",
    "moved.below": "lowered",
    "category.winning_audience": "an audience that does better than average",
    "category.high_performing_creative": "a creative that does better than average",
    "category.budget_inefficiency": "spend that returns less than average",
    "category.cross_platform_pattern": "a platform or an objective that differs from the others",
    "category.platform_trend": "something whose level is moving",
    "category.cluster": "a group of campaigns that behave alike",
    "finding.contradicted": "Not all agree on {subject}: {against} results point the other way.",
    "finding.contradicted_once": "Not all agree on {subject}: {against} result points the other way.",
    # what a workspace has learnt
    "learning.established": "{claim}.",
    "learning.emerging": "A first sign, to be confirmed: {claim}.",
    "learning.claim": (
        "other things equal, {metric} is {size} {side} with {subject} than with {average} ({level} interval {low} to "
        "{high}{agreement}); observed, not tested"
    ),
    "learning.agreement": "; {agreeing} of {results} {agree}",
    "learning.agree": "agree",
    "learning.agrees": "agrees",
    # what cannot be told
    "unknown.kpi_noise": (
        "{kpi} is {actual} against {expected} ({change}), within noise: this campaign cannot tell "
        "whether there is a difference."
    ),
    "unknown.kpi_unclear": ("{kpi} is {actual} against {expected} ({change}); how much it scatters is not known yet."),
    "unknown.nothing_learnt": "Nothing can be called a finding yet: {reason}.",
    "flag.text": "Mind when reading this: {text}.",
    "flag.revenue": "Revenue is missing, so ROAS and average order value cannot be told.",
    "flag.forecast_revenue": "The forecast has no revenue, so ROAS cannot be compared.",
    # anomalies
    "anomaly.kpi": (
        "{kpi} is {size} {side} its forecast ({actual} against {expected}), beyond noise: check the "
        "forecast and the tracking."
    ),
    "anomaly.kpi_reference": (
        "{kpi} is {size} {side} that of {reference} ({actual} against {expected}), beyond noise: check the tracking."
    ),
    # what to do next
    **ADVICE,
    "next.budget_inefficiency": (
        "Review where the money went before spending more: it is {odds} likely that this campaign overpaid clearly."
    ),
    "next.platform_trend": "Plan {subject} with its {metric} since {since}, not with the average of the time before.",
    "next.lasting": (
        "Look for what changed for all campaigns about {since} (prices, offers, the site, how conversions are "
        "counted), and plan with {metric} since then."
    ),
    "next.lasting_new": (
        "Run some of what ran before {since} again, beside what is new: if it does as the new does, something changed "
        "for all campaigns (prices, offers, the site, how conversions are counted)."
    ),
    "next.planner": (
        "{subject}: take {metric} {size} {side} what they say; what is foretold of a plan here already does."
    ),
    "unit.revenue": "of revenue",
    "unit.conversions": "in conversions at the usual CPA",
    "next.test_money": (
        "Next test: run {subject} with about {spend}; the {level} interval of its effect on {metric} "
        "would narrow from {now}, to {after}."
    ),
    "next.test": (
        "Next test: run {subject} again; the {level} interval of its effect on {metric} would narrow from"
        " {now}, to {after}."
    ),
    "next.interval": "between {low} and {high}",
    "next.planned_revenue": "Plan revenue as well: then ROAS can be held against the forecast.",
    "next.revenue": "Send revenue with the next campaign: without it ROAS stays unknown.",
    "next.forecast": (
        "Do not plan again with a {kpi} of {expected}: the {level} interval of this result is {low} to "
        "{high}. "
        "One campaign is no norm, so check it once more."
    ),
    "next.breakdown": (
        "Send a breakdown by audience and creative with the next campaigns: it is the cheapest way to learn sooner."
    ),
    # what a workspace knows
    "effect.noise": (
        "With {subject}, {metric} was {size} {side} that of {average} so far ({level} interval {low} to {high}, "
        "{campaigns}); "
        "that is not enough evidence to tell it from noise."
    ),
    "effect.real": (
        "Other things equal, {metric} was {size} {side} that of {average} with {subject} ({level} interval {low} to "
        "{high}, {campaigns})."
    ),
    "learnt.count": "What is known rests on {campaigns}, as of {date}.",
    "learnt.spread": (
        "What nine in ten campaigns pay per conversion lies {low} to {high} from what their platform, audiences and "
        "creatives explain: that is the normal spread, and no waste."
    ),
    # answers to questions
    "chat.cannot_tell": "I cannot tell from the data.",
    "chat.cannot_tell_future": "I cannot tell from the data what will happen.",
    "chat.known": "What is known:",
    "chat.no_cause": "This divides the change among its factors; it is no proof of a cause.",
    "chat.ask": (
        "I answer from stored campaigns: how a campaign did against its forecast, why CPA or ROAS differs, "
        "which audiences and creatives stand out, where more or less budget should go, and what to test next."
    ),
    "chat.which": "Which campaign do you mean? The newest are {campaigns}.",
    "chat.unknown": "I find no campaign of that name. The newest are {campaigns}.",
    "chat.which_of": "Several campaigns may be meant: {campaigns}. Ask again with the name of one.",
    "chat.no_campaigns": "No campaign is stored yet.",
    "chat.no_advice": "Nothing is known well enough yet to move budget for it; this is worth finding out.",
    "chat.not_so": "The figures do not say so: {figures}.",
    "chat.no_test": "No test is proposed now.",
    # memory
    "similar.closest": "The most similar earlier campaign is {name} (similarity {score}).",
    "similar.next": "Also similar: {name} ({score}).",
    "similar.outcome": "Its result: {outcome}.",
}

ENGLISH = Language("en", _PHRASES, _KPIS, _GROUPS, _counted, _listed)
"""The language of this file."""
