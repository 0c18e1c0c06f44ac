"""What is advised of something bookable, as evidence with its figures, and the remarks that go with it.

The figures are those of its total effect, as they were computed; nothing is estimated here. Must not know how a total
effect is made, nor which door shows it.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from reflection.domain import signals
from reflection.domain.audience_role import feeds_others, meets_buyers
from reflection.domain.bookable import FALSE_ADVICE, Bookable, EvidenceFloor, Lane, Total, recommendation_id
from reflection.domain.conversion_kind import plural, spoken
from reflection.domain.grade import Grade
from reflection.domain.metrics import METRICS, PRICES, RATES, as_read
from reflection.domain.number_of import number_of
from reflection.explain import formatting
from reflection.explain.evidence import INTERVAL_LEVEL, Certainty, Evidence, Figure
from reflection.explain.phrases.sentences_en import ENGLISH, Language
from reflection.explain.sentence_of_test import evidence_of_test, sentence_of_test

VERBS: dict[Lane, str] = {
    "exploit": "put more of the budget on",
    "avoid": "put less of the budget on",
    "explore": "test",
    "not enough evidence": "find out about",
}
HEADINGS: dict[Lane, str] = {
    "exploit": "Do more",
    "avoid": "Do less",
    "explore": "Candidates for a test",
    "not enough evidence": "Leave as it is for now",
}
"""What recommendations stand under, in reading order."""

PHRASE_OF: dict[Lane, str] = {
    "exploit": "exploit", "avoid": "avoid", "explore": "explore", "not enough evidence": "unknown",
}  # fmt: skip
CLOSE = 0.05
"""How far from usual an interval may reach for a thing to be told as usual: less is worth no budget's while."""

UNIDENTIFIED = ("mistakable", "doubtful")
"""What stands in the way where an effect is not identified."""

OPENED_BY_SUBJECT = ("usual", "worse", "better")
OF_TEST = "test_"
"""Begins the names of what is said of a test in evidence on the thing itself."""
MAX_STRANGERS = 3
OF_PAIRS = (*reversed(RATES), *PRICES)


def recommendation(
    bookable: Bookable, total: Total, *, platform: str | None = None, objective: str | None = None
) -> Evidence:
    """What follows from a total effect, as evidence for a sentence.

    Args:
        platform, objective: what was settled before, as written; part of the id.
    """
    lane = total.lane
    metric, effect, (low, high) = _as_read(total)
    figures = {
        "effect": Figure(effect, formatting.signed_lift),
        "size": Figure(effect, formatting.rough_lift),
        "low": Figure(low, formatting.rough_lift),
        "high": Figure(high, formatting.rough_lift),
        "odds": Figure(total.p_better, formatting.probability),
        "campaigns": Figure(bookable.campaigns, formatting.count),
        "rows": Figure(bookable.rows, formatting.count),
        "luck": Figure(total.false_sign_rate, formatting.probability),
    }
    rough = partial(formatting.money, currency=total.currency, whole=True)
    if bookable.spend is not None:
        figures["spend"] = Figure(bookable.spend, rough)
        if bookable.with_spend < bookable.campaigns:
            figures["with_spend"] = Figure(bookable.with_spend, formatting.count)
    if total.stake is not None and total.gain is not None:
        figures["stake"] = Figure(total.stake, rough)
        size = abs(formatting.rounded(total.gain))
        figures["gain"] = Figure(size, rough if total.metric == "roas" else formatting.count)
    label = formatting.plain_name(bookable.label)
    if platform is not None and bookable.definition.kind != "platform" and bookable.platform is None:
        label = f"{label} on {formatting.plain_name(platform)}"
    certainty: Certainty = "beyond_noise" if lane in ("exploit", "avoid") else "unknown"
    identifier = recommendation_id(VERBS[lane], bookable.key, total.metric, platform, objective)
    test = evidence_of_test(total.test) if total.test is not None else None
    figures |= {f"{OF_TEST}{name}": figure for name, figure in (test.figures if test else {}).items()}
    detail = {
        **{f"{OF_TEST}{name}": value for name, value in (test.detail if test else {}).items()},
        "metric": metric,
        "direction": "favorable" if total.effect >= 1 else "unfavorable",
        "lane": lane,
        "phrase": PHRASE_OF[lane],
        "side": "higher" if effect >= 1 else "lower",
        "what": "revenue" if total.metric == "roas" else "conversions",
        "counted": plural(total.kind),
        "counted_once": spoken(total.kind),
        "group": bookable.definition.kind,
        "doubt": _doubt(bookable, total),
    }
    evidence_id = f"recommendation:{identifier}"
    return Evidence(0, evidence_id, "recommendation", label, certainty, bookable.grade, figures, detail, (label,))


def first_advice(cards: Sequence[Mapping[str, Any]], tests: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """What is told first of cards, and of tests that have none and so no id: what is surely better, else surely worse,
    else the test that is worth most.
    """
    sure = next((card for lane in ("exploit", "avoid") for card in cards if card["lane"] == lane), None)
    candidates = [card for card in cards if card["lane"] == "explore"]
    candidates += [{"id": "", "lane": "explore", "sentence": test["description"], "test": test} for test in tests]
    return sure or max(candidates, key=_worth, default=None)


def _worth(card: Mapping[str, Any]) -> float:
    """What a candidate's test is worth after its cost."""
    test = card.get("test") or {}
    return float((test.get("value") or 0.0) - (test.get("cost") or 0.0))


def basis(bookable: Bookable) -> str:
    """How much a claim rests on, in things that can be counted: campaigns, ad rows, money."""
    counted = ENGLISH.counted
    parts = [
        counted("campaign", bookable.campaigns, formatting.count(bookable.campaigns)),
        counted("ad row", bookable.rows, formatting.count(bookable.rows)),
    ]
    if bookable.spend is not None and bookable.total is not None:
        spent = f"{formatting.money(bookable.spend, bookable.total.currency, whole=True)} spent"
        parts.append(spent + (f" in {bookable.with_spend} of them" if bookable.with_spend < bookable.campaigns else ""))
    return ", ".join(parts)


def grounds(grade: Grade, experiments: Sequence[str] = ()) -> str:
    """Why one may believe that it is the cause, or may not yet."""
    tested = f"tested at random in {ENGLISH.counted('experiment', len(experiments), str(len(experiments)))}"
    if grade == "randomised":
        return tested
    association = "an association, as platforms choose who sees what"
    return f"{tested}, but not in every part: else {association}" if experiments else association


def together(bookable: Bookable, goal: str) -> str:
    """What two do together beyond what each does: on the goal, else on what is nearest to a sale; "" of others."""
    name = next((name for name in (goal, *OF_PAIRS) if name in bookable.beyond), None)
    if name is None:
        return ""
    metric, lift, _ = as_read(name, bookable.beyond[name], None)
    size = lift or 1.0
    side = "above" if size >= 1 else "below"
    return f"{METRICS[metric].label} {formatting.rough_lift(size)} {side} what the two do alone"


def remarks(bookable: Bookable, total: Total, floor: EvidenceFloor) -> Iterator[str]:
    """Why there is no advice although the odds may look good; nothing where there is one."""
    if (doubt := _unidentified(bookable)) is not None:
        yield doubt
    if not bookable.enough:
        yield (
            f"an advice needs at least {number_of(floor.campaigns, 'campaign')} and "
            f"{number_of(floor.events, 'conversion')}, this has "
            f"{formatting.count(bookable.campaigns)} and {formatting.count(round(bookable.conversions))}"
        )
    between = _doubt(bookable, total)
    if between in ("luck", "nothing") and not total.interval[0] <= 1.0 <= total.interval[1]:
        yield _reason(between, formatting.probability(total.false_sign_rate))
    if between == "unsteady" and not total.steady:
        yield _reason("unsteady")
    if bookable.definition.differs:
        groups = ", ".join(group.partition(".")[2].replace("_", " ") or group for group in bookable.definition.differs)
        yield f"campaigns describe its {groups} differently; what is said holds whatever that is"


def unknown_because(bookable: Bookable) -> str | None:
    """Why nothing is said of something in general; None of what is known."""
    if bookable.known:
        return None
    return _unidentified(bookable) or ENGLISH.say("advice.once")


def _unidentified(bookable: Bookable) -> str | None:
    """Why an effect is not identified; None where it is."""
    if not bookable.confounded:
        return bookable.doubt
    names = ", ".join(formatting.plain_name(signals.parse(key).label) for key in bookable.confounded[:MAX_STRANGERS])
    return f"it always ran together with {names}, so their effects cannot be told apart"


def _doubt(bookable: Bookable, total: Total) -> str:
    """The first thing that stands between a total effect and an advice."""
    if bookable.confounded:
        return "mistakable"
    if bookable.doubt is not None:
        return "doubtful"
    if not bookable.enough:
        return "little"
    if total.false_sign_rate <= FALSE_ADVICE:
        return "unsteady"
    return "luck" if total.false_sign_rate < 1.0 else "nothing"


def _reason(doubt: str, luck: str = "", language: Language = ENGLISH) -> str:
    """A doubt in words; `luck` is how likely it is that there is nothing."""
    return language.say(f"advice.{doubt}", luck=luck, limit=formatting.probability(FALSE_ADVICE))


def advice_sentence(item: Evidence, language: Language = ENGLISH) -> str:
    """What to do with something bookable, what that brings, and how much it rests on."""
    if f"{OF_TEST}unknown" in item.detail:  # nothing is estimated of it
        return f"{sentence_of_test(item, language, OF_TEST)} {_basis(item, language)}"
    words = {"metric": language.kpi(item.detail["metric"]), "range": _range(item, language)}
    reason = _reason(item.detail["doubt"], item.text("luck"), language)
    phrase, wording = item.detail["phrase"], _wording(item)
    subject = formatting.capital(item.label) if wording in OPENED_BY_SUBJECT else item.label
    text = language.say(
        f"advice.{wording}", level=INTERVAL_LEVEL, subject=subject, than_usual=_than_usual(item, language),
        odds=item.text("odds"), reason=reason, **words,
    )  # fmt: skip
    open_range = _includes_usual(item) or wording == "unidentified"
    if phrase in ("unknown", "explore") and not open_range:  # a range on one side would read as an advice
        text += f"; {reason}"
    if wording == "explore":
        text = f"{sentence_of_test(item, language, OF_TEST)} {text}"
    if wording in ("exploit", "avoid") and item.value("gain"):
        revenue, fewer = item.detail["what"] == "revenue", phrase == "avoid"
        more = language.say("advice.more" if not fewer else "advice.less" if revenue else "advice.fewer")
        single = item.text("gain") == "1"
        what = "revenue" if revenue else item.detail["counted_once" if single else "counted"]
        text += language.say("advice.money", stake=item.text("stake"), gain=item.text("gain"), more=more, what=what)
    return " ".join([f"{text}.", _basis(item, language), *_caveat(item, language)])


def _wording(item: Evidence) -> str:
    """The words for what is known: what lies close to usual, or surely on one side of it, is not called unknown, and of
    what is not identified no figure is an estimate.
    """
    if item.detail["doubt"] in UNIDENTIFIED:
        return "unidentified"
    phrase, bounds = item.detail["phrase"], (item.value("low") or 0.0, item.value("high") or 0.0)
    close = all(abs(bound - 1) <= CLOSE for bound in bounds)
    if close and (phrase == "unknown" or (phrase != "explore" and item.text("size") == formatting.NO_LIFT)):
        return "usual"
    if phrase != "unknown":
        return phrase
    return phrase if _includes_usual(item) else "worse" if item.detail["direction"] == "unfavorable" else "better"


def _caveat(item: Evidence, language: Language) -> Iterator[str]:
    """What the figures cannot show of an audience: sales it only brings about, or that would have come without it."""
    phrase = item.detail["phrase"]
    if phrase == "avoid" and feeds_others(item.label):
        yield language.say("advice.feeds_others")
    if phrase == "exploit" and meets_buyers(item.label):
        yield language.say("advice.meets_buyers")


def _than_usual(item: Evidence, language: Language) -> str:
    """``12 % higher than usual``; ``as usual`` of what rounds to no difference."""
    if item.text("size") == formatting.NO_LIFT:
        return language.say("side.usual")
    return language.say("side.than_usual", size=item.text("size"), side=language.say(f"side.{item.detail['side']}"))


def _includes_usual(item: Evidence) -> bool:
    """Whether the interval reaches from lower than usual to higher."""
    return (item.value("low") or 0.0) < 1.0 < (item.value("high") or 0.0)


def _range(item: Evidence, language: Language) -> str:
    """``12 % to 31 % higher``, ``5 % lower to 8 % higher``."""
    low = item.value("low") or 0.0
    if _includes_usual(item) and formatting.NO_LIFT not in (item.text("low"), item.text("high")):
        return language.say("range.both_sides", low=item.text("low"), high=item.text("high"))
    above = low >= 1.0 or (_includes_usual(item) and item.text("low") == formatting.NO_LIFT)
    nearer, farther = ("low", "high") if above else ("high", "low")
    side = language.say("side.higher" if above else "side.lower")
    return language.say("range.one_side", low=item.text(nearer), high=item.text(farther), side=side)


def _basis(item: Evidence, language: Language) -> str:
    """How much a recommendation rests on, in things that can be counted."""
    words = {
        "campaigns": language.counted("campaign", item.value("campaigns") or 0.0, item.text("campaigns")),
        "rows": language.counted("ad row", item.value("rows") or 0.0, item.text("rows")),
    }
    if "spend" not in item.figures:
        return language.say("advice.basis", **words)
    if "with_spend" in item.figures:
        words["with_spend"] = item.text("with_spend")
    phrase = "advice.basis_money_of_some" if "with_spend" in item.figures else "advice.basis_money"
    return language.say(phrase, spend=item.text("spend"), **words)


def _as_read(total: Total) -> tuple[str, float, tuple[float, float]]:
    """Metric, lift and interval as people read them: of conversions for the money, those of CPA."""
    metric, effect, interval = as_read(total.metric, total.effect, total.interval)
    assert effect is not None
    assert interval is not None
    return metric, effect, interval
