"""One sentence about one piece of evidence, saying no more than it carries.

Chooses the phrase that fits an item's certainty, grade and direction, and fills it with the item's own figures. Must
not know the order of a text, priorities or other items.
"""

from collections.abc import Sequence

from reflection.explain import formatting
from reflection.explain.advice import advice_sentence
from reflection.explain.evidence import INTERVAL_LEVEL, Evidence
from reflection.explain.phrases.sentences_en import ENGLISH, Language
from reflection.explain.sentence_of_test import sentence_of_test, why_no_test
from reflection.explain.wording import (
    OF_ONE_PHRASE,
    REPEATED,
    asides,
    basis_of,
    driver_phrase,
    finding_phrase,
    outcome_phrase,
    reads_the_same,
)

REVENUE_FLAGS = {
    "flag:revenue_is_missing": "flag.revenue",
    "flag:the_forecast_has_no_revenue": "flag.forecast_revenue",
}

_RANGE = ("size", "low", "high")


class Sentences:
    """Sentences in one language."""

    def __init__(self, language: Language = ENGLISH) -> None:
        self._language = language

    def say(self, phrase: str, **figures: str) -> str:
        """Fill a phrase; intervals are always of the same level."""
        return self._language.say(phrase, level=INTERVAL_LEVEL, **figures)

    def listed(self, items: list[str]) -> str:
        """``a, b and c``."""
        return self._language.listed(items)

    def word(self, name: str) -> str:
        """A word or phrase without placeholders."""
        return self._language.phrases[name]

    def kpi_name(self, name: str) -> str:
        """The name of a KPI as a reader knows it."""
        return self._language.kpi(name)

    def counted(self, noun: str, number: float, text: str | None = None) -> str:
        """``1 campaign``, ``2 campaigns``; `text` is the number as it is written, where it is not the plain one."""
        return self._language.counted(noun, number, text or formatting.count(number))

    def results(self, rows: int, campaigns: int) -> str:
        """``12 campaigns``, or ``96 results of 8 campaigns`` where rows of the same real campaigns were counted."""
        of = self.counted("campaign", campaigns)
        return of if rows == campaigns else self.say("rows", results=self.counted("result", rows), of=of)

    def campaigns(self, item: Evidence) -> str:
        """The campaigns that a piece of evidence rests on; of a group of results, these and whose they are."""
        campaigns = int(item.value("campaigns") or 0)
        return self.results(int(item.value("results") or campaigns), campaigns)

    def about(self, item: Evidence) -> str:
        """One sentence on any piece of evidence, standing alone."""
        sentence = {
            "delta": self.kpi,
            "driver": self.driver,
            "outcome": self.outcome,
            "finding": self.finding,
            "description": self.description,
            "recommendation": self.recommendation,
            "next_test": self.next_test,
            "flag": self.flag,
            "reason": self.reason,
            "similar": self.similar,
            "effect": self.effect,
            "learnt": self.learnt,
            "spread": self.spread,
            "account": self.account,
            "no_test": why_no_test,
        }[item.kind]
        return sentence(item)

    def clause(self, item: Evidence) -> str:
        """A KPI's change as a part of a sentence; of a campaign that is compared with nothing, the KPI alone."""
        kpi, basis = self._language.kpi(item.label), basis_of(item)
        if not basis.comparable:
            return f"{kpi} {item.text('actual')}"
        if reads_the_same(item):
            phrase = "clause.same" if basis.forecast else "clause.unchanged"
            return self.say(phrase, kpi=kpi, actual=item.text("actual"), reference=basis.phrase)
        kind = {"noise": "_noise", "unknown": "_unclear"}.get(item.certainty, "")
        expected = basis.figure.format(item.text("expected"))
        return self.say(f"clause.changed{kind}", kpi=kpi, expected=expected, **texts(item, "actual", "change"))

    def verdict(self, items: Sequence[Evidence]) -> str:
        """The verdict on a campaign, told with these KPIs of it."""
        basis = basis_of(items[0])
        verdict = items[0].detail.get("verdict", "unclear")
        if basis.forecast and verdict == "same":
            alone = [f"{self.kpi_name(item.label)} {item.text('actual')}" for item in items]
            return self.say("verdict.same" if len(items) > 1 else "verdict.same_one", figures=self.listed(alone))
        figures = self.listed([self.clause(it) for it in sorted(items, key=lambda it: it.certainty != "beyond_noise")])
        if not basis.comparable:
            return self.say("verdict.alone", figures=formatting.capital(figures))
        reference = basis.noun if verdict == "mixed" else basis.phrase
        phrase = "unchanged" if verdict == "same" else verdict
        return self.say(f"verdict.{phrase}", figures=figures, reference=reference)

    def kpi(self, item: Evidence) -> str:
        """A KPI's change, standing alone."""
        if "change" in item.figures:
            return f"{formatting.capital(self.clause(item))}."
        if "actual" in item.figures and not basis_of(item).comparable:
            return self.say("kpi.alone", kpi=self._language.kpi(item.label), actual=item.text("actual"))
        return self.say("kpi.missing", kpi=self._language.kpi(item.label), reason=item.detail.get("reason", ""))

    def unknown_kpi(self, item: Evidence) -> str | None:
        """That a KPI's change cannot be told from noise; None where it can."""
        phrase = {"noise": "unknown.kpi_noise", "unknown": "unknown.kpi_unclear"}.get(item.certainty)
        if phrase is None or reads_the_same(item):
            return None
        return self.say(phrase, kpi=self.kpi_name(item.label), **texts(item, "expected", "actual", "change"))

    def anomaly(self, item: Evidence) -> str:
        """A KPI far from what it is compared with."""
        basis = basis_of(item)
        return self.say(
            "anomaly.kpi" if basis.forecast else "anomaly.kpi_reference",
            kpi=self.kpi_name(item.label),
            side=self.word("side.above" if (item.value("change") or 0.0) > 0 else "side.below"),
            reference=basis.phrase,
            **texts(item, "size", "actual", "expected"),
        )

    def driver(self, item: Evidence, again: bool = False) -> str:
        """What a factor accounts for; `again` where the sentence before said the same of another factor."""
        move, phrase = item.detail["move"], driver_phrase(item)
        return self.say(
            f"driver.{phrase}_again" if again and phrase in REPEATED else f"driver.{phrase}",
            side=self.side_of(item),
            factor=formatting.capital(self._language.kpi(item.label)),
            kpi=self._language.kpi(item.detail["kpi"]),
            move=self._language.phrases[f"move.{move}"] if move else "",
            **texts(item, "expected", "actual", "part", "total"),
        )

    def side_of(self, item: Evidence) -> str:
        """Whether a factor's part makes its KPI higher or lower."""
        return self._language.phrases["move.up" if (item.value("signed_part") or 0.0) > 0 else "move.down"]

    def outcome(self, item: Evidence) -> str:
        """What the money brought, against what it would have brought as expected."""
        words = texts(item, *(name for name in item.figures if name != "conversions"))
        if (conversions := item.value("conversions")) is not None:
            words["conversions"] = self.counted("conversion", conversions, item.text("conversions"))
        if item.detail["kpi"] == "cpa" and item.value("revenue"):
            words["conversions"] = self.say("money.both", conversions=words["conversions"], revenue=words["revenue"])
        return self.say(f"money.{outcome_phrase(item)}", reference=basis_of(item).owner, **words)

    def finding(self, item: Evidence) -> str:
        """What was learnt: an association, unless it was randomised."""
        campaigns = self.campaigns(item)
        if "effect" not in item.figures or "low" not in item.figures:
            category, subject = self.word(f"category.{item.detail['category']}"), formatting.capital(item.label)
            return self.say("finding.plain", subject=subject, campaigns=campaigns, category=category)
        side = "above" if (item.value("effect") or 0.0) >= 1 else "below"
        phrase = finding_phrase(item)
        opens = phrase not in ("observed", "randomised", "cluster", "cluster_of_others")
        return self.say(
            f"finding.{phrase}",
            subject=formatting.capital(item.label) if opens else item.label,
            campaigns=campaigns,
            metric=self._language.kpi(item.detail["metric"]),
            side=self._language.phrases[f"side.{side}"],
            moved=self._language.phrases[f"moved.{side}"],
            average=self.average(item.detail["group"]),
            new=item.detail.get("new", ""),
            **{word: self._language.phrases[phrase] if phrase else "" for word, phrase in asides(item).items()},
            **texts(item, "size", "low", "high", *OF_ONE_PHRASE.get(phrase, ())),
        )

    def description(self, item: Evidence) -> str:
        """A group of campaigns that look alike, or what one campaign alone shows, and that nothing follows from it."""
        words = {"subject": item.label, "metric": self._language.kpi(item.detail["metric"])}
        if "within" in item.detail:
            words |= {**texts(item, *_RANGE), **self._size_and_side(item)}
            return self.say("finding.within", campaign=item.detail["within"], **words)
        words["campaigns"] = self.campaigns(item)
        size = self._size_and_side(item) if "effect" in item.figures else {}
        return self.say("finding.description" if size else "finding.description_plain", **words, **size)

    def effect(self, item: Evidence) -> str:
        """An effect of a signal, whether it can be told from noise or not."""
        return self.say(
            "effect.real" if item.certainty == "beyond_noise" else "effect.noise",
            subject=item.label,
            campaigns=self.campaigns(item),
            metric=self._language.kpi(item.detail["metric"]),
            average=self.average(item.detail["group"]),
            **texts(item, "low", "high"),
            **self._size_and_side(item),
        )

    def _size_and_side(self, item: Evidence) -> dict[str, str]:
        """``12.0 %``, ``above``; ``level``, ``with`` of what rounds to no difference."""
        if item.text("size") == formatting.lift(1.0):
            return {"size": self.say("size.none"), "side": self.say("side.none")}
        side = "side.above" if (item.value("effect") or 1.0) >= 1 else "side.below"
        return {"size": item.text("size"), "side": self.say(side)}

    def average(self, group: str) -> str:
        """What an effect other things equal is held against: all of its group, each counting alike."""
        return self._language.phrases.get(f"average.{group}", self._language.phrases["average.other"])

    def learnt(self, item: Evidence) -> str:
        """How much everything rests on, and of when it is."""
        return self.say("learnt.count", campaigns=self.campaigns(item), date=item.label)

    def spread(self, item: Evidence) -> str:
        """How far apart campaigns ordinarily are."""
        return self.say("learnt.spread", **texts(item, "low", "high"))

    def account(self, item: Evidence) -> str:
        """What a KPI is over all campaigns that count the same, and in the last month."""
        words = {"kpi": self._language.kpi(item.label), "first": item.detail["first"], "last": item.detail["last"]}
        words |= {"campaigns": self.campaigns(item), "kind": item.detail["kind"], **texts(item, "actual")}
        platform = item.detail.get("platform")
        text = self.say("account.kpi_on", platform=platform, **words) if platform else self.say("account.kpi", **words)
        if "low" in item.figures:
            text += self.say("account.interval", **texts(item, "low", "high"))
        if "latest" in item.figures:
            text += self.say("account.latest", **words, **texts(item, "latest"))
        return f"{formatting.capital(text)}."

    def contradicted(self, item: Evidence) -> str | None:
        """How many campaigns point the other way; None where none does."""
        if not item.value("against"):
            return None
        phrase = "finding.contradicted_once" if item.value("against") == 1 else "finding.contradicted"
        return self.say(phrase, subject=item.label, **texts(item, "against", "campaigns"))

    def recommendation(self, item: Evidence) -> str:
        """What to do with something bookable, what that brings, and how much it rests on."""
        return advice_sentence(item, self._language)

    def advice(self, item: Evidence) -> str | None:
        """What a finding on a campaign or on a change suggests; None where it is an explanation and no advice."""
        step = f"next.{finding_phrase(item).removesuffix('_unpriced')}"
        if step not in self._language.phrases:
            return None
        words = {"subject": item.label, "metric": self._language.kpi(item.detail["metric"])}
        figures = [name for name in ("odds", "since") if name in item.figures]
        return self.say(step, **words, **self._size_and_side(item), **texts(item, *figures))

    def next_test(self, item: Evidence) -> str:
        """The next test: what it is worth, what it costs and which result decides; else what it would settle."""
        if "value" in item.figures:
            return sentence_of_test(item, self._language)
        words = {
            "subject": item.label,
            "metric": self._language.kpi(item.detail["metric"]),
            "now": self.say("next.interval", low=item.text("now_low"), high=item.text("now_high")),
            "after": self.say("next.interval", low=item.text("after_low"), high=item.text("after_high")),
        }
        spend = texts(item, "spend") if "spend" in item.figures else {}
        return self.say("next.test_money" if spend else "next.test", **words, **spend)

    def forecast(self, item: Evidence) -> str:
        """That a forecast outside the result's interval is no plan for the next campaign."""
        return self.say("next.forecast", kpi=self.kpi_name(item.label), **texts(item, "expected", "low", "high"))

    def flag(self, item: Evidence) -> str:
        """What a reader must know before trusting the numbers."""
        phrase = next((phrase for opening, phrase in REVENUE_FLAGS.items() if item.id.startswith(opening)), None)
        return self.say(phrase) if phrase else self.say("flag.text", text=item.label)

    def reason(self, item: Evidence) -> str:
        """Why nothing was learnt."""
        return self.say("unknown.nothing_learnt", reason=item.label)

    def similar(self, item: Evidence, again: bool = False) -> str:
        """A neighbour from memory, and how it did; `again` for one after the nearest."""
        phrase = "similar.next" if again else "similar.closest"
        text = self.say(phrase, name=f"'{item.label}'", score=item.text("score"))
        outcome = item.detail.get("outcome")
        return f"{text} {self.say('similar.outcome', outcome=outcome)}" if outcome else text


def texts(item: Evidence, *names: str) -> dict[str, str]:
    """Renderings of figures by name."""
    return {name: item.text(name) for name in names}
