"""Events as items of messages: what came to be true, in one line, with its figures and where it can be read.

Values in, values out: analyses, learnings, fits and imports as they are about to be stored. One event has one key, made
of what it speaks of, so that saying it again adds nothing. Must not know who is told, nor when.
"""

import hashlib
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any
from urllib.parse import quote

import orjson

from reflection.alerts.alert import Kind
from reflection.domain import held as held_words
from reflection.domain.knowledge import Knowledge
from reflection.domain.ports import StoredCampaign
from reflection.domain.verdict import RESTS_ON
from reflection.engine.attention import campaign_link
from reflection.engine.doubted_intervals import doubted_intervals
from reflection.engine.missed_forecast import difference, miss_of
from reflection.explain import formatting
from reflection.explain.attention_sentences import LONGEST_REMARK, AttentionSentences
from reflection.explain.learning_sentences import LearningSentences
from reflection.explain.sentences import Sentences
from reflection.ingest.jobs.remedies import over_http
from reflection.learnings.claims import Learning
from reflection.learnings.current import PAST

_LEARNING_KINDS: Mapping[str, Kind] = {
    "established": "learning.established",
    "contested": "learning.contested",
    **dict.fromkeys(PAST, "learning.ended"),
}
Figures = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Item:
    """One event.

    Attributes:
        key: of what it speaks; the same for the same event.
        text: one line.
        link: the page's path.
        figures: ids and numbers for programs.
    """

    kind: str
    key: str
    text: str
    link: str
    figures: Figures = field(default_factory=dict)

    @property
    def item_id(self) -> str:
        """A name made of what it speaks of."""
        return "evt_" + hashlib.sha256(f"{self.kind}\0{self.key}".encode()).hexdigest()[:24]


def by_weight(items: Sequence[Item]) -> list[Item]:
    """What weighs most first: by money, then by the size of the effect; ties as they came."""
    return sorted(items, key=_weight, reverse=True)


def _weight(item: Item) -> tuple[float, float]:
    money, effect = item.figures.get("money") or item.figures.get("spend"), item.figures.get("effect")
    return money or 0.0, abs(math.log(effect)) if effect else 0.0


def of_campaign(answer: bytes, name: str) -> Item | None:
    """What an analysis says that somebody should know: that the campaign is held, or missed its forecast."""
    body = orjson.loads(answer)
    comparison, memory = body["comparison_report"], body["stored_memory"]
    if memory["learning"] == held_words.LEARNING_HELD:
        counts = comparison.get("actual_counts", {})
        reason = next(iter(body.get("notes", ())), "")
        return of_held(comparison["campaign_id"], name, reason, counts.get("spend"), comparison.get("currency"))
    return _of_missed(comparison, name)


def _of_missed(comparison: Figures, name: str) -> Item | None:
    """Once for a campaign, KPI and side: figures that are restated every day are no news every day."""
    miss = miss_of(comparison)
    if miss is None or miss[1].get("pct_diff") is None:
        return None
    (kpi, delta), currency, campaign_id = miss, comparison.get("currency"), comparison["campaign_id"]
    sentences = Sentences()
    money = difference(kpi, delta, comparison.get("actual_counts", {}))
    text = sentences.say(
        "alert.missed",
        name=formatting.plain_name(name),
        metric=sentences.kpi_name(kpi),
        actual=formatting.kpi_value(kpi, delta["actual"], currency),
        expected=formatting.kpi_value(kpi, delta["expected"], currency),
        size=formatting.percent(abs(delta["pct_diff"]), decimals=0),
        side=sentences.word("move.up" if delta["pct_diff"] > 0 else "move.down"),
        money=_money(kpi, delta["pct_diff"], money, currency, sentences),
    )
    figures = {name: delta.get(name) for name in ("actual", "expected", "pct_diff", "interval", "favorable")}
    ids = {"campaign_id": campaign_id, "metric": kpi, "currency": currency, "money": money}
    key = _missed_key(campaign_id, kpi, delta["favorable"])
    return Item("campaign.outside_interval", key, text, campaign_link(campaign_id), {**ids, **figures})


def _missed_key(campaign_id: str, kpi: str, favorable: bool | None) -> str:
    return f"{campaign_id}\0{kpi}\0{favorable}"


def held_id(campaign_id: str) -> str:
    """The id of what is said of a campaign that is held."""
    return Item("campaign.held", campaign_id, "", "").item_id


def missed_ids(campaign_id: str) -> list[str]:
    """The ids of whatever may have been said of a campaign's forecast: not so where its tracking is at fault."""
    sides = (True, False, None)
    keys = [_missed_key(campaign_id, kpi, side) for kpi in RESTS_ON for side in sides]
    return [Item("campaign.outside_interval", key, "", "").item_id for key in keys]


def _money(kpi: str, change: float, money: float | None, currency: str | None, sentences: Sentences) -> str:
    """What the difference is in money, as the end of a sentence; nothing where it is not known in a currency."""
    if money is None or currency is None:
        return ""
    way, what = "more" if change > 0 else "less", "return" if kpi == "roas" else "cost"
    return sentences.say(f"alert.money_{way}_{what}", money=formatting.money(money, currency, whole=True))


def of_held(campaign_id: str, name: str, reason: str, spend: float | None, currency: str | None) -> Item:
    """A campaign that is kept out of learning; `reason` as it is stored."""
    because = formatting.plain_name(held_words.because(reason), LONGEST_REMARK)
    words = {"name": formatting.plain_name(name), "reason": because}
    sentences = Sentences()
    if spend is None:
        text = sentences.say("alert.held_unpriced", **words)
    else:
        text = sentences.say("alert.held", money=formatting.money(spend, currency, whole=True), **words)
    figures = {"campaign_id": campaign_id, "reason": because, "spend": spend, "currency": currency}
    return Item("campaign.held", campaign_id, text, campaign_link(campaign_id), figures)


def of_newly_held(stored: StoredCampaign, knowledge: Knowledge) -> Item:
    """A stored campaign that the last fit holds."""
    campaign = orjson.loads(stored.campaign_json)
    spend, currency = campaign["actual_metrics"].get("spend"), campaign.get("currency")
    return of_held(stored.campaign_id, stored.display_name, knowledge.held[stored.campaign_id], spend, currency)


def of_learnings(news: Sequence[tuple[Learning, int, str | None]], knowledge: Knowledge) -> Iterator[Item]:
    """Learnings that came into another state.

    Args:
        news: learnings with the number of their new revision and the state before, None of a new one.
        knowledge: the fit that says so.
    """
    texts = set()
    for learning, revision, before in news:
        kind = _LEARNING_KINDS.get(learning.state)
        if kind is None or before in (learning.state, *(PAST if learning.state in PAST else ())):
            continue
        text = _learning_text(learning, knowledge)
        if text in texts:  # conversions per spend and CPA are one figure to people
            continue
        texts.add(text)
        claim = learning.claim
        figures = {name: getattr(learning, name) for name in _LEARNING_FIGURES}
        ids = {"learning_id": claim.learning_id, "revision": revision, **asdict(claim)}
        link = f"/works/{quote(claim.signal_key, safe='')}"
        yield Item(kind, f"{claim.learning_id}\0{revision}", text, link, {**ids, **figures})


_LEARNING_FIGURES = ("state", "direction", "effect", "interval", "campaigns", "supporting", "contradicting")


def _learning_text(learning: Learning, knowledge: Knowledge) -> str:
    text = learning.text(knowledge.spellings)
    if learning.state in PAST:
        signal_key = learning.claim.signal_key
        spends = {effect.signal: effect.spend for one in knowledge.every_goal for effect in one.effects}
        return AttentionSentences().ended(text, learning.reason, spends.get(signal_key), knowledge.currency)
    fact = {**asdict(learning.claim), **{name: getattr(learning, name) for name in _LEARNING_FIGURES}, "text": text}
    return LearningSentences(knowledge.spellings, knowledge.currency).learning(fact)


def of_intervals(before: Knowledge, knowledge: Knowledge) -> Iterator[Item]:
    """Figures whose intervals a fit says to hold too few campaigns, and the fit before did not; once in a month."""
    earlier = {doubt.key for doubt in doubted_intervals(before)}
    for doubt in doubted_intervals(knowledge):
        if doubt.key in earlier:
            continue
        text = AttentionSentences().coverage(doubt.metric, doubt.campaigns, doubt.share, doubt.goal)
        figures = {"metric": doubt.metric, "campaigns": doubt.campaigns, "coverage_90": doubt.share}
        yield Item("intervals.too_narrow", f"{doubt.key}\0{(doubt.as_of or '')[:7]}", text, "/record", figures)


def of_import(import_id: str, verdict: Figures, refused: Sequence[str], total: int) -> Item | None:
    """An import that is done: that it failed, or left something out, or remarked something; None where all is well.

    Args:
        refused: why campaigns were refused, the first few.
        total: campaigns of the import.
    """
    files, sentences = formatting.plain_name(verdict["name"]), Sentences()
    findings = [item for item in verdict["findings"] if item["severity"] != "info"]
    campaigns = sentences.counted("campaign", total)
    kind: Kind = "import.findings"
    if refused:
        kind = "import.failed" if len(refused) >= total else "import.findings"
        phrase = "alert.import_refused" if len(refused) >= total else "alert.import_part"
        reason = formatting.plain_name(refused[0], LONGEST_REMARK)
        words = {"files": files, "campaigns": campaigns, "reason": reason}
        text = sentences.say(phrase, refused=formatting.count(len(refused)), **words)
    elif findings or verdict["rejects"]:
        text = over_http(AttentionSentences().remarks(verdict["name"], findings, verdict["rejects"]))
    else:
        return None
    figures = {"import_id": import_id, "refused": len(refused), "campaigns": total, "findings": len(findings)}
    totals = {"rejects": len(verdict["rejects"]), "spend": verdict["totals"]["spend"], "currency": verdict["currency"]}
    return Item(kind, import_id, text, f"/data?import={import_id}", {**figures, **totals})


def of_unread(files: str, reason: str, key: str) -> Item:
    """Files that could not be read as campaigns; `key` names files and day, so that a day's repetitions are one."""
    words = {"files": formatting.plain_name(files), "reason": formatting.plain_name(over_http(reason), LONGEST_REMARK)}
    text = Sentences().say("alert.import_unread", **words)
    return Item("import.failed", key, text, "/data", {"files": files, "reason": words["reason"]})


def of_silence(last_arrival: str, days: int) -> Item:
    """That nothing came for some days since the last arrival."""
    text = AttentionSentences().silence(days, last_arrival[:10])
    return Item("data.silent", last_arrival, text, "/data", {"days": days, "last_arrival": last_arrival})
