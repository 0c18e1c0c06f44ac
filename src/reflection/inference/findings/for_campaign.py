"""The findings that concern one campaign, taken from the workspace's current knowledge.

Pure selection: nothing is estimated here. Where nothing is known it says why, and what would settle it.
"""

from collections.abc import Collection
from dataclasses import replace

from reflection.domain import signals
from reflection.domain.basis import BASES, basis_of
from reflection.domain.campaign import Campaign
from reflection.domain.finding_kinds import LASTING_CHANGE, OF_CAMPAIGNS, OF_NO_SIGNAL, PLANNER_BIAS
from reflection.domain.knowledge import Knowledge
from reflection.domain.number_of import number_of
from reflection.domain.results import Category, Finding, PatternReport

MOST_FINDINGS = 30


def patterns_for(
    campaign: Campaign, signal_keys: Collection[str], knowledge: Knowledge, *, generated_at: str
) -> PatternReport:
    """Findings about the campaign's signals, about itself, and about the whole workspace's clusters."""
    present = knowledge.pairs.added_to(dict.fromkeys(signal_keys, 1.0)).keys()
    concerned = [f for f in knowledge.findings if _concerns(f, present, campaign)]
    ranked = sorted(concerned, key=lambda f: (-f.impact_score, f.finding_id))[:MOST_FINDINGS]
    labels = signals.labels_of(campaign) if ranked else {}
    findings = [with_label(finding, labels.get(finding.signal_key)) for finding in ranked]

    def of(category: Category) -> tuple[Finding, ...]:
        return tuple(
            finding
            for finding in findings
            if finding.category == category and (category == "cluster" or not finding.descriptive)
        )

    return PatternReport(
        campaign_id=campaign.campaign_id,
        generated_at=generated_at,
        pattern_report=tuple(findings),
        winning_audiences=of("winning_audience"),
        high_performing_creatives=of("high_performing_creative"),
        budget_inefficiencies=of("budget_inefficiency"),
        platform_trends=of("platform_trend"),
        clusters=of("cluster"),
        auto_tags=_tags(signal_keys, findings),
        reason=None if any(not item.descriptive for item in findings) else _reason(knowledge),
        next_test=knowledge.next_test,
        as_of=knowledge.as_of,
        epoch=knowledge.epoch,
    )


def is_told_of(finding: Finding, campaign_id: str, basis: str, planner: str | None, day: str | None) -> bool:
    """Whether a finding on days or plans concerns a campaign: one rule, alone and among those of a period.

    A habit is of its planner's plans and a lasting change of every later day, whatever campaigns showed them.

    Args:
        basis: what the campaign is compared with, as `domain.basis.BASES` names it.
        planner: who planned it.
        day: of its timestamp, ISO; None where that is not known.
    """
    kind = finding.metadata.get("kind")
    if kind == PLANNER_BIAS:
        whose = None if planner is None else signals.normalise(planner)
        return bool(BASES[basis].forecast and whose == finding.metadata["planner"])
    if kind == LASTING_CHANGE:
        return (day or "") >= (finding.first_seen or "")
    return campaign_id in finding.supporting


def _concerns(finding: Finding, signal_keys: Collection[str], campaign: Campaign) -> bool:
    campaign_id = campaign.campaign_id
    if _is_of_no_signal(finding):
        day = campaign.timestamp.date().isoformat()
        return is_told_of(finding, campaign_id, basis_of(campaign).name, campaign.planner, day)
    if finding.category in OF_CAMPAIGNS:
        return campaign_id in finding.supporting
    if "within" in finding.metadata and campaign_id not in (*finding.supporting, *finding.contradicting):
        return bool(campaign_id == finding.metadata["within"])
    return finding.signal_key in signal_keys or any(key in signal_keys for key in finding.metadata.get("aliases", ()))


def with_label(finding: Finding, label: str | None) -> Finding:
    """The finding with its signal spelt in another way: as most campaigns do, or as the one that is spoken of."""
    former = finding.metadata.get("label")
    named = finding.category == "cluster" or _is_of_no_signal(finding)  # which have their own names
    if label is None or former is None or label == former or named:
        return finding
    title, description = (
        label + text.removeprefix(former) if text.startswith(former) else text
        for text in (finding.title, finding.description)
    )
    return replace(finding, title=title, description=description, metadata={**finding.metadata, "label": label})


def _is_of_no_signal(finding: Finding) -> bool:
    """Whether it is about days or plans and not about a signal."""
    return finding.metadata.get("kind") in OF_NO_SIGNAL


def _tags(signal_keys: Collection[str], findings: list[Finding]) -> tuple[str, ...]:
    """The campaign's signals, and the category of every finding it takes part in."""
    mains = [key for key in signal_keys if "*" not in key.partition(":")[0]]
    return tuple(mains) + tuple(sorted({f"{f.category}:{f.direction}" for f in findings}))


def _reason(knowledge: Knowledge) -> str:
    if knowledge.as_of is None:
        return "nothing has been learnt yet: this workspace has no fitted campaigns"
    return knowledge.reason or (
        f"{number_of(knowledge.real_campaigns, 'campaign was', 'campaigns were')} learnt from; none of "
        "this campaign's signals stands out beyond noise"
    )
