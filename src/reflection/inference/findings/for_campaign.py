"""The findings that concern one campaign, taken from the workspace's current knowledge.

Pure selection: nothing is estimated here. Where nothing is known it says why, and what would settle it.
"""

from collections.abc import Collection
from dataclasses import dataclass, fields, replace
from datetime import date
from functools import cached_property

import numpy as np

from reflection.domain import signals
from reflection.domain.basis import BASES, basis_of
from reflection.domain.campaign import Campaign
from reflection.domain.evidence import day_text, days_of
from reflection.domain.finding_kinds import COMMON_MONTH, LASTING_CHANGE, OF_CAMPAIGNS, OF_NO_SIGNAL, PLANNER_BIAS
from reflection.domain.knowledge import Knowledge
from reflection.domain.number_of import number_of
from reflection.domain.results import Category, Comparison, Finding, PatternReport
from reflection.inference.columns.cycle import MOSTLY, SEASON, WEEKDAY
from reflection.inference.columns.time_of_year import month_shares
from reflection.inference.columns.weekdays import shares_of_week

MOST_FINDINGS = 30


def patterns_for(
    campaign: Campaign, signal_keys: Collection[str], knowledge: Knowledge, *, generated_at: str
) -> PatternReport:
    """Findings about the campaign's signals, about itself, and about the whole workspace's clusters."""
    present = knowledge.pairs.added_to(dict.fromkeys(signal_keys, 1.0)).keys()
    setting = _setting(campaign)
    concerned = [f for f in knowledge.findings if _concerns(f, present, setting)]
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


@dataclass(frozen=True)
class Setting:
    """Who planned a campaign, when it ran, and where: what findings on days and plans go by.

    Attributes:
        basis: what it is compared with, as `domain.basis.BASES` names it. planner: who planned it.
        day: of its timestamp, ISO; None where that is not known. ran: its first and last day, ISO, where it gives both.
        platform: its name; None where that is not known.
    """

    campaign_id: str
    basis: str
    planner: str | None
    day: str | None
    ran: tuple[str, str] | None = None
    platform: str | None = None

    @classmethod
    def of(cls, comparison: Comparison) -> "Setting":
        """That of a campaign that was compared."""
        return cls(*(getattr(comparison, field.name) for field in fields(cls)))

    @cached_property
    def platform_key(self) -> str | None:
        """The signal of its platform."""
        return None if self.platform is None else signals.of_platform(self.platform).key

    @cached_property
    def months(self) -> dict[int, float]:
        """Month counted from 1970-01 -> share of its days; those of its day where it does not say when it ran."""
        days = self.ran or (self.day and (self.day, self.day))
        if not days:
            return {}
        _, months, shares = month_shares(*(np.array([_number(day)]) for day in days))
        return dict(zip(months.tolist(), shares.tolist(), strict=True))

    @cached_property
    def weekdays(self) -> dict[int, float]:
        """Weekday, Monday being 1 -> share of its days; none unless it says when it ran, and that is below a week."""
        return {} if self.ran is None else shares_of_week((_number(self.ran[0]), _number(self.ran[1])))

    def ran_in(self, finding: Finding) -> bool:
        """Whether it mostly ran in the month, the months of the year or the weekdays of a finding, and where it is
        about, as those did that it counts."""
        about = finding.metadata
        if about["kind"] == WEEKDAY:
            return sum(self.weekdays.get(level, 0.0) for level in about["weekdays"]) >= MOSTLY
        if about["kind"] == SEASON:
            return sum(share for month, share in self.months.items() if 1 + month % 12 in about["months"]) >= MOSTLY
        year, month = map(int, finding.signal_key.partition(":")[2].split("-"))
        here = about.get("platform") in (None, self.platform_key)
        return here and self.months.get(12 * (year - 1970) + month - 1, 0.0) >= MOSTLY


def is_told_of(finding: Finding, setting: Setting) -> bool:
    """Whether a finding on days, plans or campaigns concerns a campaign: one rule, alone and among those of a period.

    A habit is of its planner's plans, a lasting change of every later day and a time of whatever ran then, whatever
    campaigns showed them.
    """
    kind = finding.metadata.get("kind")
    if kind == PLANNER_BIAS:
        whose = None if setting.planner is None else signals.normalise(setting.planner)
        return bool(BASES[setting.basis].forecast and whose == finding.metadata["planner"])
    if kind == LASTING_CHANGE:
        return (setting.day or "") >= (finding.first_seen or "")
    if kind in (COMMON_MONTH, SEASON, WEEKDAY):
        return setting.ran_in(finding)
    return setting.campaign_id in finding.supporting


def _concerns(finding: Finding, signal_keys: Collection[str], setting: Setting) -> bool:
    if _is_of_no_signal(finding) or finding.category in OF_CAMPAIGNS:
        return is_told_of(finding, setting)
    campaign_id = setting.campaign_id
    if "within" in finding.metadata and campaign_id not in (*finding.supporting, *finding.contradicting):
        return bool(campaign_id == finding.metadata["within"])
    return finding.signal_key in signal_keys or any(key in signal_keys for key in finding.metadata.get("aliases", ()))


def _setting(campaign: Campaign) -> Setting:
    days = days_of(campaign.period_start, campaign.period_end)
    return Setting(
        campaign_id=campaign.campaign_id,
        basis=basis_of(campaign).name,
        planner=campaign.planner,
        day=campaign.timestamp.date().isoformat(),
        ran=None if days is None else (day_text(days[0]), day_text(days[1])),
        platform=campaign.platform,
    )


def _number(day: str) -> int:
    """A day, ISO, since 1970-01-01."""
    return (date.fromisoformat(day) - date(1970, 1, 1)).days


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
