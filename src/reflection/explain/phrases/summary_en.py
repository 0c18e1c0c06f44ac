"""The English of the five lines that are read first, of one campaign and of several.

Part of the language in phrases/sentences_en.py, under the same rules: no digits, no facts.
"""

from collections.abc import Mapping

SUMMARY: Mapping[str, str] = {
    # the five lines that are read first
    "summary.happened": "What happened",
    "summary.why": "Why",
    "summary.next": "What to do",
    "summary.certainty": "How sure",
    "summary.money": "Money",
    "why.main": "Mostly {factor}, {actual} against {expected}",
    "why.share": ": it accounts for {part} of the {total} by which {kpi} is {move}",
    "why.alone": ": it alone accounts for {part} of {kpi}",
    "why.against": "; {factor} worked against it by {part}",
    "why.within": "{factor} is off beyond noise, {actual} against {expected}: its part makes {kpi} {part} {side}",
    "why.whole": "; {kpi} as a whole is within noise",
    "why.unpaid": "Without spend there is neither a cost nor a return to explain.",
    "why.noise": "No factor of {kpi} is off by more than chance makes.",
    "why.zero": "{factor} was zero against {expected}.",
    "why.partly": "Partly {factor}, {actual} against {expected}",
    "why.offset": "{kpi} is as expected because {factors} cancel each other out.",
    "why.offset_factor": "{factor} ({actual} against {expected})",
    "why.same": "Nothing to explain: no factor differs from what was expected.",
    "why.unknown": "The figures do not say: {reason}.",
    "why.none": "What made it so cannot be told yet.",
    "why.month": (
        "In {subject}, {metric} was {size} {side} the other months in {alike} of {campaigns}: that part is the "
        "month's, and no campaign's own."
    ),
    "why.lasting": (
        "Since {since}, {metric} has been {size} {side} what it was, in the whole account: that part is no campaign's "
        "own."
    ),
    "why.lasting_new": (
        "Since {since}, {metric} has been {size} {side} what it was: either the whole account changed, or what was new "
        "then did it, and nobody can tell which."
    ),
    "why.planner": (
        "{subject} usually miss to this side: {metric} ended {size} {side} plan in {alike} of {campaigns}."
    ),
    "why.held": "Not explained: figures that look wrong explain nothing.",
    "certainty.held": "Nothing is concluded from it until somebody has looked at its figures.",
    "money.held": "Its money and its conversions are left out of every total.",
    "next.held": "Check how its conversions are counted; if the figures are right, accept the campaign.",
    "next.held_several": (
        "Check how conversions are counted in {campaigns} held out for figures that look wrong; accept what is right."
    ),
    "next.nothing": "Nothing to change yet: send the next campaigns.",
    "certainty.beyond_noise": (
        "Sure of the direction: {expected} is outside the {level} range of the result, {low} to {high}."
    ),
    "certainty.noise": ("We cannot tell yet: the {level} range of the result, {low} to {high}, includes {expected}."),
    "certainty.unknown": "We cannot tell yet: how much {kpi} varies from campaign to campaign is not known.",
    "certainty.both": (
        "Sure of both directions: {first} is outside the {level} range of {kpi}, {low} to {high}, and {second} outside "
        "that of {other}, {other_low} to {other_high}."
    ),
    "certainty.none": "We cannot tell: neither cost nor return can be compared.",
    "certainty.learnt": "{findings} about its audiences, creatives or platform hold beyond chance.",
    "certainty.learnt_once": "{findings} about its audiences, creatives or platform holds beyond chance.",
    "certainty.nothing_learnt": "No finding about its audiences or creatives.",
    "certainty.advice_only": (
        "No finding about its audiences or creatives yet; what is advised is right in nine of ten such cases."
    ),
    "money.roas_more": (
        "{spend} spent brought {revenue} back: {difference} more than at {reference} return ({at_forecast})."
    ),
    "money.roas_less": (
        "{spend} spent brought {revenue} back: {difference} less than at {reference} return ({at_forecast})."
    ),
    "money.roas_noise": (
        "{spend} spent brought {revenue} back, {at_forecast} at {reference} return: chance alone makes such a gap."
    ),
    "money.cpa_more": (
        "{spend} spent brought {conversions}: {difference} more than at {reference} CPA ({at_forecast})."
    ),
    "money.cpa_less": (
        "{spend} spent brought {conversions}: {difference} fewer than at {reference} CPA ({at_forecast})."
    ),
    "money.cpa_noise": (
        "{spend} spent brought {conversions}, {at_forecast} at {reference} CPA: chance alone makes such a gap."
    ),
    "money.roas_unclear": (
        "{spend} spent brought {revenue} back, {at_forecast} at {reference} return: whether that is more than chance "
        "cannot be said yet."
    ),
    "money.cpa_unclear": (
        "{spend} spent brought {conversions}, {at_forecast} at {reference} CPA: whether that is more than chance "
        "cannot be said yet."
    ),
    "money.no_revenue": " Revenue is missing, so what came back is not known.",
    "money.both": "{revenue} back and {conversions}",
    "money.conversions_and_revenue": "{spend} spent brought {conversions} and {revenue} back.",
    "money.revenue": "{spend} spent brought {revenue} back.",
    "money.spend": "{spend} was spent; what it brought is not known.",
    "money.unknown": "What was spent is not known.",
    "money.conversions": "{spend} spent brought {conversions}.",
    "money.none": "Nothing was spent.",
    "money.unpaid_conversions": "Nothing was spent, and {conversions} came.",
    "money.unpaid_revenue": "Nothing was spent, and {revenue} came in.",
    "money.unpaid_conversions_and_revenue": "Nothing was spent, and {conversions} and {revenue} came in.",
    "money.so_far": " That is so far: conversions still come in.",
    # several campaigns together
    "period.empty": "No campaign of this period is stored.",
    "period.verdict": "Of {campaigns}, {parts}.",
    "rows": "{results} of {of}",
    "period.forecast": "forecast",
    "period.reference": "what they are compared with",
    "period.better": "{number} did better{than}",
    "period.worse": "{number} did worse{than}",
    "period.mixed": "{number} did better on one of cost and return and worse on the other",
    "period.noise": "{number} cannot be told from noise",
    "period.none": "{number} cannot be compared",
    "period.without": "{number} had no forecast",
    "period.alone": "{campaigns} with no forecast to compare them with{figures}.",
    "period.of_goal": "{goal} {figures}",
    "period.than": " than {against} beyond noise",
    "period.no_difference": (
        "No difference between audiences, creatives or platforms holds beyond chance, from {campaigns}."
    ),
    "period.advice_only": (
        "No difference is sure enough yet to be called a finding, from {campaigns}; what is advised is right in nine "
        "of ten such cases."
    ),
    "period.one_difference": (
        "{findings} between audiences, creatives or platforms holds beyond chance, from {campaigns}."
    ),
    "period.certainty": "{findings} between audiences, creatives or platforms hold beyond chance, from {campaigns}.",
    "period.nothing_learnt": "Nothing is learnt yet.",
    "period.part": " That is of {campaigns} whose conversion is: {kind}, in {currency}.",
    "period.others": " The others: {groups}.",
    "period.amounts": "{spend} spent for {came}",
    "period.unknown": "what is not known",
    "period.unpaid": " Beside that, {campaigns} without spend brought {came}.",
    "period.late": " {spend} went into {campaigns} not compared yet: conversions still come in.",
    "period.held": " Held out, because they look like tracking faults: {campaigns}.",
}
"""Phrases by name."""
