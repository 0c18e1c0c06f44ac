"""The English of advice on what can be booked: where more and less of the budget goes, and what cannot be told.

Part of the language in phrases/sentences_en.py, under the same rules: no digits, no facts.
"""

from collections.abc import Mapping

ADVICE: Mapping[str, str] = {
    "advice.exploit": (
        "Put more of the budget on {subject}: {metric} probably {than_usual} ({level} interval {range})"
    ),
    "advice.avoid": ("Put less of the budget on {subject}: {metric} probably {than_usual} ({level} interval {range})"),
    "advice.explore": (
        "So far {metric} is {than_usual} ({odds} likely to be better than usual; {level} interval {range})"
    ),
    "advice.unknown": (
        "We cannot tell yet whether {subject} does better than usual: so far {metric} is {than_usual} "
        "({odds} likely to be better; {level} interval {range})"
    ),
    "advice.usual": (
        "{subject} does about as usual: {metric} is {range} ({level} interval), so moving budget for it changes little"
    ),
    "advice.worse": (
        "{subject} perhaps does worse than usual, but not surely enough to move budget: {metric} is {than_usual} "
        "({odds} likely to be better; {level} interval {range})"
    ),
    "advice.better": (
        "{subject} perhaps does better than usual, but not surely enough to move budget: {metric} is {than_usual} "
        "({odds} likely to be better; {level} interval {range})"
    ),
    "advice.unidentified": "We cannot tell whether {subject} does better than usual: {reason}",
    "advice.doubtful": "what it does cannot be told from what was recorded",
    "advice.mistakable": "it cannot be told apart from what ran beside it",
    "advice.once": "it ran in one campaign only",
    "advice.little": "too little ran for an advice",
    "advice.luck": (
        "taken as one of many comparisons, the chance that moving budget for it brings nothing is {luck}, "
        "and an advice needs {limit} or less"
    ),
    "advice.nothing": "that nothing here makes any difference explains the campaigns as well",
    "advice.unsteady": "it looks better on some platforms or for some objectives, and worse on others",
    "advice.money": "; on {stake} about {gain} {more} {what}",
    "advice.more": "more",
    "advice.less": "less",
    "advice.fewer": "fewer",
    "advice.feeds_others": (
        "It meets people who may buy later in retargeting or brand search, which is counted there: cut it in steps, "
        "and watch those."
    ),
    "advice.meets_buyers": (
        "It meets people who look for you or know you already, and some of them buy without it: raise it in steps, and "
        "watch whether all sales grow."
    ),
    "advice.basis": "Seen in {campaigns}, {rows}.",
    "advice.basis_money": "Seen in {campaigns}, {rows}, with {spend} spent.",
    "advice.basis_money_of_some": "Seen in {campaigns}, {rows}, with {spend} spent in {with_spend} of them.",
    "next.test_worth": (
        "{how}, half of the budget each, with {spend} over {days} days. Choosing after it is "
        "worth about {value} {unit} on what ninety days put there; while it runs, half of it is on the weaker of the "
        "two, which costs about {cost}. Choose {subject} {rule}."
    ),
    "next.unknown": "Nothing is known yet of {subject} by itself: {reason}.",
    "test.if_better": "if its {metric} comes out at least {size} {side} that of {against}, else stay",
    "test.if_as_good": "if its {metric} comes out as good as that of {against} or better, else stay",
    "test.unless_worse": "unless its {metric} comes out more than {size} {side} that of {against}",
    "test.whole": (
        "Test {subject}: run one campaign on it and one on {against}, with the same audiences and creatives"
    ),
    "test.beside": "Test {subject}: show it and {against} side by side in one campaign and send its breakdown",
    "range.one_side": "{low} to {high} {side}",
    "range.both_sides": "{low} lower to {high} higher",
    "side.than_usual": "{size} {side} than usual",
    "side.usual": "as usual",
    "account.kpi": "{kpi} is {actual} over {campaigns} for {kind}, {first} to {last}",
    "account.kpi_on": "{kpi} on {platform} is {actual} over {campaigns} for {kind}, {first} to {last}",
    "chat.no_level": "How high that is by itself is not known, only how it compares:",
    "account.interval": " ({level} interval {low} to {high} from counting)",
    "account.latest": "; in {last} it is {latest}",
    "average.platform": "the average platform",
    "average.objective": "the average objective",
    "average.audience": "the average audience",
    "average.creative": "the average creative",
    "average.other": "the average",
    "side.higher": "higher",
    "side.lower": "lower",
}
"""Phrases by name."""
