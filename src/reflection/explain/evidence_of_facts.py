"""Facts and knowledge as evidence: each becomes a few figures with unit, sign and currency.

The only file that reads the engine's values for the words' sake. Must not know sentences or models.
"""

import math
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from reflection.domain import signals
from reflection.domain.bookable import Bookable
from reflection.domain.campaign import Campaign
from reflection.domain.conversion_kind import plural
from reflection.domain.finding_kinds import OF_NO_SIGNAL, PLANNER_BIAS
from reflection.domain.knowledge import Effect, Knowledge
from reflection.domain.no_test import no_test
from reflection.domain.ports import Facts
from reflection.domain.results import Comparison, Finding, SimilarCampaign
from reflection.explain import formatting
from reflection.explain.advice import recommendation
from reflection.explain.as_people_read import as_people_read
from reflection.explain.evidence import (
    Certainty,
    Evidence,
    EvidenceBook,
    Figure,
    Kind,
    group_of,
    interval,
    renumber,
    subject,
)
from reflection.explain.evidence_of_comparison import evidence_of_comparison, rough
from reflection.explain.hints import hint_for
from reflection.explain.sentence_of_test import evidence_of_test

MAX_SIMILAR = 5
MAX_FINDINGS = 12
"""Of one campaign, best first; more than a reader takes in."""

NAMES_LIMIT = 300
"""Characters of a few names in a row, each of which is short already."""

MAX_DESCRIPTIONS = 3
MAX_ALIASES = 3
MAX_LEARNT = 60
MAX_STATED = 300
_FLAG_NAME = re.compile(r"[^a-z0-9]+")


def gather(facts: Facts) -> EvidenceBook:
    """Everything a writer may say about these facts."""
    comparison = facts.comparison
    drafts = [
        *evidence_of_comparison(comparison),
        *(evidence_of_finding(finding, comparison.currency) for finding in _discoveries(facts.findings)[:MAX_FINDINGS]),
        *(
            evidence_of_finding(finding, comparison.currency)
            for finding in descriptions(facts.findings)[:MAX_DESCRIPTIONS]
        ),
        *(recommendation(bookable, bookable.total) for bookable in facts.advice if bookable.total is not None),
        *_context(comparison, facts),
        *(_similar(item) for item in facts.similar[:MAX_SIMILAR]),
    ]
    return renumber(drafts)


def gather_learnt(
    knowledge: Knowledge, effects: Sequence[Effect] = (), similar: Sequence[SimilarCampaign] = ()
) -> EvidenceBook:
    """What a workspace knows apart from any one campaign: findings, effects, the next test, neighbours."""
    discoveries, groups = _discoveries(knowledge.every_finding)[:MAX_LEARNT], descriptions(knowledge.every_finding)
    drafts = [
        evidence_of_finding(finding, knowledge.currency, scope="workspace")
        for finding in (*discoveries, *groups[:MAX_DESCRIPTIONS])
    ]
    drafts += [
        recommendation(bookable, bookable.total) for bookable in advised(knowledge) if bookable.total is not None
    ]
    drafts += [_effect(effect) for effect in effects]
    if knowledge.next_test is not None:
        drafts.append(evidence_of_test(knowledge.next_test))
    elif reason := no_test(knowledge):
        drafts.append(_stated("no_test", "no_test", reason))
    if knowledge.reason and not discoveries:
        drafts.append(_stated("flag:no_findings", "reason", knowledge.reason))
    if knowledge.as_of is not None:
        campaigns = Figure(knowledge.real_campaigns, formatting.count)
        date = knowledge.as_of[:10]
        drafts.append(Evidence(0, "learnt", "learnt", date, "stated", "observed", {"campaigns": campaigns}))
    if (spread := spread_of(knowledge)) is not None:
        drafts.append(spread)
    return renumber([*drafts, *(_similar(item) for item in similar[:MAX_SIMILAR])])


def spread_of(knowledge: Knowledge) -> Evidence | None:
    """The normal spread of campaigns, beyond which a budget inefficiency is a finding."""
    if knowledge.spread is None:
        return None
    figures = interval(knowledge.spread)
    return Evidence(0, "spread", "spread", "normal spread", "stated", "observed", figures, {"metric": "cpa"})


def advised(knowledge: Knowledge, signal_keys: Collection[str] | None = None) -> list[Bookable]:
    """What something is advised for or against, the clearest first; of these signals only where they are given.

    A pair with a platform is left out where the same is advised of the thing itself.
    """
    everywhere = {
        (bookable.key, bookable.total.lane)
        for bookable in knowledge.bookables
        if bookable.total and bookable.platform is None
    }
    options = [
        bookable
        for bookable in knowledge.bookables
        if bookable.advised
        and bookable.total is not None
        and (bookable.platform is None or (bookable.definition.key, bookable.total.lane) not in everywhere)
        and (signal_keys is None or {part.key for part in signals.parse(bookable.key).parts} <= set(signal_keys))
    ]
    return sorted(
        options, key=lambda bookable: (-abs(math.log(bookable.total.effect)) if bookable.total else 0.0, bookable.key)
    )


def descriptions(findings: Sequence[Finding]) -> list[Finding]:
    """Groupings that describe the past: no discoveries, and never spoken of as such."""
    return [finding for finding in findings if finding.descriptive]


def _discoveries(findings: Sequence[Finding]) -> list[Finding]:
    return [finding for finding in findings if not finding.descriptive]


def flag_id(text: str) -> str:
    """``flag:`` and the flag's opening words; what follows a colon explains and is left out."""
    return f"flag:{_FLAG_NAME.sub('_', text.split(':')[0].casefold()).strip('_')[:60]}"


def evidence_of_finding(finding: Finding, currency: str | None, scope: str = "") -> Evidence:
    """`scope` is where it is spoken of: of one campaign (its own findings), or of the whole workspace."""
    finding = as_people_read(finding)
    label, detail = _label_of_finding(finding, scope), _detail_of_finding(finding, scope)
    return Evidence(
        0,
        f"finding:{finding.finding_id}",
        "description" if finding.descriptive else "finding",
        label,
        "stated" if finding.descriptive else "beyond_noise",
        finding.grade,
        _figures_of_finding(finding, currency),
        detail,
        (label, detail["within"]) if "within" in detail else (label,),
    )


def _figures_of_finding(finding: Finding, currency: str | None) -> dict[str, Figure]:
    """What a sentence may say of its size, in the order of a list."""
    figures = {"campaigns": Figure(finding.evidence_count, formatting.count)}
    if "members" in finding.metadata:
        figures["results"] = Figure(len(finding.metadata["members"]), formatting.count)
    if finding.effect is not None:
        figures["effect"] = Figure(finding.effect, formatting.signed_lift)
        figures["size"] = Figure(abs(finding.effect - 1), formatting.lift, finding.effect)
    if finding.interval is not None:
        figures |= interval(finding.interval)
    if finding.raw_lift is not None:
        figures["raw"] = Figure(finding.raw_lift, formatting.signed_lift)
    odds = finding.probability if finding.lfsr is None else 1 - finding.lfsr
    if odds is not None:
        figures["odds"] = Figure(odds, formatting.probability)
    if finding.spend is not None:
        figures["spend"] = Figure(finding.spend, rough(currency))
    if finding.metadata.get("kind") != PLANNER_BIAS:  # which says how many of how many
        figures["against"] = Figure(finding.against, formatting.count)
    if finding.category == "platform_trend" and finding.first_seen is not None:
        figures["since"] = Figure(date.fromisoformat(finding.first_seen[:10]).toordinal(), finding.first_seen[:10])
    if isinstance(alike := finding.metadata.get("alike"), int):
        figures["alike"] = Figure(alike, formatting.count)
    return figures | _gap(finding.metadata, currency) if "gap" in finding.metadata else figures


def _label_of_finding(finding: Finding, scope: str) -> str:
    """What it is about, with what always came together with it."""
    spelling = finding.metadata.get("label")
    label = subject(finding.signal_key, spelling if isinstance(spelling, str) else None)
    aliases = [subject(key) for key in finding.metadata.get("aliases", ())] if scope else []
    if finding.goal is not None:
        label = f"{label} (campaigns for {plural(finding.goal)})"
    return f"{label} (always together with {', '.join(aliases[:MAX_ALIASES])})" if aliases else label


def _detail_of_finding(finding: Finding, scope: str) -> dict[str, str]:
    """What decides which sentence is said of it."""
    own = "campaign" if finding.signal_key.startswith("campaign:") else "signal"
    detail = {
        "metric": finding.metric,
        "direction": finding.direction,
        "category": finding.category,
        "scope": scope or own,
        "of": own,
        "group": group_of(finding.signal_key),
    }
    detail |= {mark: mark for mark in ("slow", "ongoing") if finding.metadata.get(mark)}
    if finding.metadata.get("season_untold"):
        detail["season untold"] = "season untold"
    if new := finding.metadata.get("new"):
        detail["new"] = formatting.plain_name(new, NAMES_LIMIT)
    if (kind := finding.metadata.get("kind")) in OF_NO_SIGNAL:
        detail["kind"] = kind
    if "gap" in finding.metadata:
        detail["gap of"] = finding.metadata["gap_of"]
    if isinstance(within := finding.metadata.get("within"), str):
        detail["within"] = formatting.plain_name(within)
    return detail


def _gap(metadata: Mapping[str, Any], currency: str | None) -> dict[str, Figure]:
    """How much more, or less, came than plans said."""
    gap = metadata["gap"]
    form = rough(currency) if metadata["gap_of"] == "revenue" else formatting.count
    return {"gap": Figure(abs(gap), form, float(round(abs(gap)))), "gap_signed": Figure(gap, form)}


def _effect(effect: Effect) -> Evidence:
    """An effect that is no finding: known, but not told from noise."""
    evidence_id, label = f"effect:{effect.metric}:{effect.signal}", subject(effect.signal)
    effect = as_people_read(effect)
    figures = {
        "campaigns": Figure(effect.real_campaigns, formatting.count),
        "effect": Figure(effect.effect, formatting.signed_lift),
        "size": Figure(abs(effect.effect - 1), formatting.lift, effect.effect),
        **interval(effect.interval),
    }
    detail = {"metric": effect.metric, "group": group_of(effect.signal)}
    certainty: Certainty = "beyond_noise" if effect.finding else "noise"
    return Evidence(
        0,
        evidence_id,
        "effect",
        label,
        certainty,
        "observed",
        figures,
        detail,
        (label,),
    )


def _context(comparison: Comparison, facts: Facts) -> Iterator[Evidence]:
    for text in (*comparison.flags, *facts.notes):
        yield _stated(flag_id(text), "flag", text, facts.campaign)
    if facts.patterns.next_test is not None:
        yield evidence_of_test(facts.patterns.next_test)
    if facts.patterns.reason and not _discoveries(facts.findings):
        yield _stated("flag:no_findings", "reason", facts.patterns.reason, facts.campaign)


def _stated(evidence_id: str, kind: Kind, text: str, campaign: Campaign | None = None) -> Evidence:
    """Something said in words by the core; a name in it is inert here. `hint`: what to send next, where that fits."""
    plain, hint = formatting.plain_name(text, MAX_STATED).rstrip(". "), hint_for(evidence_id, campaign)
    detail = {"hint": hint} if hint else {}
    return Evidence(0, evidence_id, kind, plain, "stated", "observed", _figures_in(plain), detail)


def _similar(item: SimilarCampaign) -> Evidence:
    name = formatting.plain_name(item.campaign_id) or "?"
    figures = {"score": Figure(item.score, formatting.ratio)}
    outcome = item.metadata.get("outcome")
    verdict = formatting.plain_name(str(outcome.get("verdict", "")), MAX_STATED) if isinstance(outcome, dict) else ""
    detail = {"outcome": verdict} if verdict else {}
    return Evidence(0, f"similar:{item.document_id}", "similar", name, "stated", "observed", figures, detail, (name,))


def _figures_in(text: str) -> dict[str, Figure]:
    """The numbers a text of ours already holds, so that a sentence may repeat them."""
    numbers = re.findall(r"\d+(?:[.,]\d+)*", text)
    return {f"value{index}": Figure(float(number.replace(",", "")), number) for index, number in enumerate(numbers, 1)}
