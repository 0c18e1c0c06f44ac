"""A test in words: what to run beside what, what that is worth and costs, and which result decides.

Said the same of the next test and of every other candidate. Must not know how a test is weighed.
"""

from collections.abc import Mapping

from reflection.domain import signals
from reflection.domain.metrics import METRICS, as_read
from reflection.domain.next_test import NextTest
from reflection.explain import formatting
from reflection.explain.evidence import Evidence, Figure, group_of, interval, subject
from reflection.explain.evidence_of_comparison import rough
from reflection.explain.phrases.sentences_en import ENGLISH, Language


def why_no_test(item: Evidence) -> str:
    """Why nothing is worth a test, standing alone."""
    return f"{formatting.capital(item.label)}."


def evidence_of_test(test: NextTest) -> Evidence:
    """A test, as evidence for a sentence."""
    label = subject(test.signal_key, test.label)
    figures = {f"now_{name}": figure for name, figure in interval(test.interval_now).items()}
    figures |= {f"after_{name}": figure for name, figure in interval(test.interval_after).items()}
    detail = {"metric": test.metric, "group": group_of(test.signal_key)}
    if test.spend is not None:
        figures["spend"] = Figure(test.spend, rough(test.currency))
    names = [label]
    if test.against is not None and test.value is not None and test.cost is not None and test.days is not None:
        detail["against"] = subject(test.against, test.against_label)
        names.append(detail["against"])
        money = rough(test.currency)
        figures["value"] = Figure(formatting.rounded(test.value), money)
        figures["cost"] = Figure(formatting.rounded(test.cost), money)
        figures["days"] = Figure(test.days, formatting.count)
        metric, deciding, _ = as_read(test.metric, test.deciding, None)
        detail |= {"unknown": test.unknown} if test.unknown is not None else {}
        detail["unit"] = "revenue" if test.metric == "roas" else "conversions"
        detail["shown_metric"], detail["side"] = metric, "above" if (deciding or 1.0) >= 1 else "below"
        if deciding is not None and formatting.rough_lift(deciding) != formatting.NO_LIFT:
            figures["deciding"] = Figure(deciding, formatting.rough_lift)
    return Evidence(0, "next_test", "next_test", label, "stated", "observed", figures, detail, tuple(names))


def sentence_of_test(item: Evidence, language: Language = ENGLISH, prefix: str = "") -> str:
    """What to run beside what, what that is worth and costs, which result decides, and why only a test can tell.

    Args:
        prefix: begins the names of its figures and details where the evidence is on what would be tested.
    """
    detail = {name.removeprefix(prefix): value for name, value in item.detail.items() if name.startswith(prefix)}
    whole = "whole" if detail["group"] == signals.PLATFORM else "beside"
    text = language.say(
        "next.test_worth",
        how=language.say(f"test.{whole}", subject=item.label, against=detail["against"]),
        subject=item.label,
        against=detail["against"],
        unit=language.say(f"unit.{detail['unit']}"),
        rule=_rule(item, detail, language, prefix),
        **{name: item.text(prefix + name) for name in ("spend", "days", "value", "cost")},
    )
    if "unknown" not in detail:
        return text
    return f"{text} {language.say('next.unknown', subject=item.label, reason=detail['unknown'])}"


def _rule(item: Evidence, detail: Mapping[str, str], language: Language, prefix: str) -> str:
    """Which result decides; as good as, of what rounds to no difference."""
    known = f"{prefix}deciding" in item.figures
    ahead = METRICS[detail["shown_metric"]].favors(detail["side"] == "above")
    phrase = "test.if_as_good" if not known else "test.if_better" if ahead else "test.unless_worse"
    return language.say(
        phrase,
        metric=language.kpi(detail["shown_metric"]),
        against=detail["against"],
        side=language.say(f"side.{detail['side']}"),
        size=item.text(f"{prefix}deciding") if known else "",
    )
