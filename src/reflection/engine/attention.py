"""What needs somebody, the most surprising money first: one list over everything that a workspace knows.

Eight kinds: campaigns that are held, or look odd and are asked about, forecasts missed beyond noise, learnings that
ended, imports with remarks, intervals that hold too few campaigns, platforms whose measurement may have changed, and
silence. Reads one snapshot, so many newest campaigns of it, never the history; what imports say is handed in. Must not
know doors, files or how a kind is judged where it comes from.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from statistics import median
from typing import Any
from urllib.parse import quote

import orjson

from reflection.domain import signals
from reflection.domain.campaign_list import CampaignQuery, ListPlace
from reflection.domain.finding_kinds import LASTING_CHANGE, PLANNER_BIAS
from reflection.domain.held import held_sentence
from reflection.domain.knowledge import Knowledge
from reflection.domain.ports import Snapshot, StoredCampaign
from reflection.domain.results import Finding
from reflection.engine.campaign_list import CampaignLister
from reflection.engine.current_analysis import current_answer
from reflection.engine.current_comparison import comparison_as_json
from reflection.engine.doubted_intervals import doubted_intervals
from reflection.engine.matter import Kind, Matter
from reflection.engine.missed_forecast import difference, miss_of, what_happened
from reflection.explain.attention_sentences import AttentionSentences
from reflection.explain.learning_sentences import LearningSentences
from reflection.inference.faults.level_shifts import HELD_DAYS
from reflection.learnings.current import PAST

NEWEST = 100
"""Campaigns whose forecasts are looked at, by their timestamps."""

RECENT = timedelta(days=90)
"""Before the newest campaign: an older miss is history."""

LATELY = timedelta(days=30)
"""How long an ended learning and an import's remarks stay in the list."""

QUIET_DAYS = 14
"""Days without a campaign from which silence is said."""

MOST_ENDED = 50
MOST_SURPRISING = 10.0
"""Standard errors beyond which one thing is not more surprising than another."""

FAULT, SHIFTED, ODD, LEFT_OUT, REMARK = 4.0, 4.0, 3.5, 3.0, 1.5
"""Surprise of what has no standard error: figures that look false, a measurement that may
have changed, odd figures, rows left out, a warning."""

NEWS = timedelta(days=180)
"""Before the newest campaign: what the whole account has done for longer is known. It takes three months to be told."""

_SD_OF_90 = 2 * 1.6449


_OF_ALL: Mapping[str, Kind] = {LASTING_CHANGE: "account-change", PLANNER_BIAS: "planner-bias"}
_LINKS: Mapping[Kind, str] = {"account-change": "/works", "planner-bias": "/record"}


class Attention:
    """The matters of one snapshot.

    Args:
        imports: the last imports as they are answered, the newest first.
        now: dates silence and what is recent.
    """

    def __init__(self, snapshot: Snapshot, imports: Sequence[Mapping[str, Any]], now: datetime) -> None:
        self._snapshot, self._imports, self._now = snapshot, imports, now
        self._knowledge: Knowledge = snapshot.knowledge()
        self._held = CampaignLister(snapshot).held
        self._compared = self._newest()
        self._sentences = AttentionSentences()

    def page(self, limit: int) -> dict[str, Any]:
        """The first matters: {items, total, generated_at, as_of, pending, campaigns}; `campaigns` were looked at."""
        matters = [*self._doubted_campaigns(), *self._missed_forecasts(), *self._ended_learnings()]
        matters += [
            *self._import_remarks(),
            *self._interval_coverage(),
            *self._level_shifts(),
            *self._of_all(),
            *self._silence(),
        ]
        typical = self._typical_spend()
        matters.sort(key=lambda matter: (-_weight(matter, typical), matter.id))
        return {
            "items": [asdict(matter) for matter in matters[:limit]],
            "total": len(matters),
            "generated_at": self._now.isoformat(timespec="milliseconds"),
            "as_of": self._knowledge.as_of,
            "pending": self._snapshot.pending(),
            "campaigns": len(self._compared),
        }

    def _newest(self) -> list[tuple[ListPlace, StoredCampaign, Mapping[str, Any]]]:
        """The newest campaigns, compared as of the last fit."""
        rows = self._snapshot.campaign_list(CampaignQuery(limit=NEWEST))
        oldest = datetime.fromisoformat(rows[0][0].timestamp) - RECENT if rows else self._now
        return [
            (place, stored, comparison_as_json(stored, self._knowledge))
            for place, stored in rows
            if datetime.fromisoformat(place.timestamp) >= oldest
        ]

    def _typical_spend(self) -> dict[str | None, float]:
        """Median spend of the newest campaigns by currency."""
        spends: dict[str | None, list[float]] = {}
        for *_, comparison in self._compared:
            if spend := comparison.get("actual_counts", {}).get("spend"):
                spends.setdefault(comparison.get("currency"), []).append(spend)
        return {currency: median(own) for currency, own in spends.items()}

    def _doubted_campaigns(self) -> Iterator[Matter]:
        """Those that are held, and those that look odd and are learnt from all the same."""
        odd, say = self._knowledge.asked, self._sentences
        for campaign_id, stored in self._snapshot.campaigns_named(sorted({*self._held, *odd})).items():
            campaign, reason = orjson.loads(stored.campaign_json), self._held.get(campaign_id)
            spend, currency = campaign["actual_metrics"].get("spend"), campaign.get("currency")
            kind: Kind = "asked-campaign" if reason is None else "held-campaign"
            text = (
                say.held(held_sentence(reason), spend, currency)
                if reason
                else say.asked(odd[campaign_id], spend, currency)
            )
            yield Matter(
                kind, f"{kind}:{campaign_id}", text, campaign_link(campaign_id), FAULT if reason else ODD, spend,
                currency, campaign.get("timestamp"), stored.display_name, campaign_id=campaign_id,
            )  # fmt: skip

    def _missed_forecasts(self) -> Iterator[Matter]:
        for place, stored, comparison in self._compared:
            campaign_id, miss = comparison["campaign_id"], miss_of(comparison)
            if miss is None or campaign_id in self._held:
                continue
            kpi, delta = miss
            yield Matter(
                "missed-forecast",
                f"missed-forecast:{campaign_id}:{stored.revision}",
                what_happened(orjson.loads(current_answer(stored, self._knowledge))),
                campaign_link(campaign_id),
                min(abs(delta.get("z") or _SD_OF_90 / 2), MOST_SURPRISING),
                difference(kpi, delta, comparison.get("actual_counts", {})),
                comparison.get("currency"),
                place.timestamp,
                self._title(place, stored),
                campaign_id=campaign_id,
                metric=kpi,
                favorable=delta["favorable"],
            )

    def _title(self, place: ListPlace, stored: StoredCampaign) -> str:
        """What people call it, with its day where several rows are called so: they are results of one campaign."""
        name = stored.display_name
        alike = sum(other.display_name == name for _, other, _ in self._compared)
        return name if alike == 1 else f"{name}, {place.timestamp[:10]}"

    def _ended_learnings(self) -> Iterator[Matter]:
        ended = self._snapshot.ended_learnings(tuple(sorted(PAST)), self._now - LATELY, MOST_ENDED)
        facts = self._snapshot.learning_facts(list(ended)) if ended else {}
        spends = {effect.signal: effect.spend for one in self._knowledge.every_goal for effect in one.effects}
        claims = set()
        for learning_id, fact in sorted(facts.items()):
            claim = (fact["signal_key"], fact["context"], fact["text"])
            if claim in claims:  # conversions per spend and CPA are one figure to people
                continue
            claims.add(claim)
            spend, currency = spends.get(fact["signal_key"]), self._knowledge.currency
            yield Matter(
                "ended-learning",
                f"ended-learning:{learning_id}:{fact['revision']}",
                self._sentences.ended(fact["text"], fact["reason"], spend, currency),
                f"/works/{quote(fact['signal_key'], safe='')}",
                _fall(fact),
                spend,
                None if spend is None else currency,
                ended[learning_id],
                learning_id=learning_id,
                metric=fact["metric"],
            )

    def _import_remarks(self) -> Iterator[Matter]:
        for entry in self._imports:
            findings = [item for item in entry["findings"] if item["severity"] != "info"]
            rejects = entry["rejects"]
            old = datetime.fromisoformat(entry["updated_at"]) < self._now - LATELY
            if old or entry["state"] in ("undoing", "undone") or not (findings or rejects):
                continue
            left_out = bool(rejects) or any(item["severity"] == "error" for item in findings)
            yield Matter(
                "import-remark",
                f"import-remark:{entry['import_id']}",
                self._sentences.remarks(entry["name"], findings, rejects),
                f"/data?import={entry['import_id']}",
                LEFT_OUT if left_out else REMARK,
                entry["totals"]["spend"],
                entry["currency"],
                entry["updated_at"],
                entry["name"],
                import_id=entry["import_id"],
            )

    def _interval_coverage(self) -> Iterator[Matter]:
        for doubt in doubted_intervals(self._knowledge):
            yield Matter(
                "interval-coverage",
                f"interval-coverage:{doubt.key}",
                self._sentences.coverage(doubt.metric, doubt.campaigns, doubt.share, doubt.goal),
                "/record",
                min(doubt.surprise, MOST_SURPRISING),
                at=doubt.as_of,
                metric=doubt.metric,
            )

    def _level_shifts(self) -> Iterator[Matter]:
        """Platforms whose conversions may be counted in another way since some day."""
        for goal in self._knowledge.every_goal:
            for shift in goal.diagnostics.get("level_shifts", ()):
                if any(_is_of_all(shift, finding) for finding in goal.findings):
                    continue
                spends = {effect.signal: effect.spend for effect in goal.effects}
                key, since, spend = shift["signal"], shift["since"], spends.get(shift["signal"])
                yield Matter(
                    "level-shift", f"level-shift:{goal.kind}:{key}:{since}",
                    self._sentences.shifted(signals.level_text(key, goal.spellings), shift["lift"], since, HELD_DAYS),
                    f"/works/{quote(key, safe='')}", SHIFTED, spend, None if spend is None else goal.currency, since,
                    metric="cvr", favorable=shift["lift"] > 1,
                )  # fmt: skip

    def _of_all(self) -> Iterator[Matter]:
        """What changed lately for the whole account, and planners whose plans are usually off."""
        newest = max((datetime.fromisoformat(place.timestamp) for place, *_ in self._compared), default=self._now)
        sentences = LearningSentences(self._knowledge.spellings, self._knowledge.currency)
        for finding in self._knowledge.every_finding:
            kind = _OF_ALL.get(finding.metadata.get("kind", ""))
            old = finding.first_seen is not None and finding.first_seen < (newest - NEWS).date().isoformat()
            if kind is None or old or finding.effect is None or finding.interval is None:
                continue
            worth = finding.metadata.get("worth", finding.spend)
            yield Matter(
                kind, f"{kind}:{finding.finding_id}", sentences.finding(finding), _LINKS[kind],
                min(_errors(finding.effect, finding.interval), MOST_SURPRISING), worth,
                None if worth is None else self._knowledge.currency, finding.first_seen,
                metric=finding.metric, favorable=finding.direction == "favorable",
            )  # fmt: skip

    def _silence(self) -> Iterator[Matter]:
        last = self._snapshot.last_arrival()
        if last is None:
            return
        days = (self._now - datetime.fromisoformat(last)).days
        if days >= QUIET_DAYS:
            text = self._sentences.silence(days, last[:10])
            yield Matter("silence", f"silence:{last[:10]}", text, "/data", min(days / 7, MOST_SURPRISING), at=last)


def _weight(matter: Matter, typical: Mapping[str | None, float]) -> float:
    """Surprise x money: money in doublings of a usual campaign's, so that currencies compare and one file of many
    campaigns does not cover all else; what has no amount weighs as a usual campaign.
    """
    usual = typical.get(matter.currency)
    if matter.money is None or not usual:
        return matter.surprise
    return matter.surprise * math.log2(1 + matter.money / usual)


def _fall(fact: Mapping[str, Any]) -> float:
    """How far a learning fell from what it said, in its own standard errors."""
    return min(_errors(fact["effect"] / (fact["effect_now"] or 1.0), fact["interval"]), MOST_SURPRISING)


def _errors(lift: float, interval: Sequence[float]) -> float:
    """A lift in standard errors, those of a 90 % interval."""
    sd = math.log(interval[1] / interval[0]) / _SD_OF_90
    return abs(math.log(lift)) / sd if sd > 0 else MOST_SURPRISING


def _is_of_all(shift: Mapping[str, Any], finding: Finding) -> bool:
    """Whether a platform's shift is no more than what the whole account did, which is told instead."""
    if finding.metadata.get("kind") != LASTING_CHANGE or finding.metric != "cvr" or finding.effect is None:
        return False
    low, high = shift["interval"]
    return bool(low <= finding.effect <= high)


def campaign_link(campaign_id: str) -> str:
    """The page's path of a campaign."""
    return f"/campaigns/{quote(campaign_id, safe='')}"
