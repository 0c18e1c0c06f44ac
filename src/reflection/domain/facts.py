"""What a writer may speak about: one campaign's numbers with their ids, and nothing else."""

from dataclasses import dataclass

from reflection.domain.bookable import Bookable
from reflection.domain.campaign import Campaign
from reflection.domain.results import Comparison, Finding, PatternReport, SimilarCampaign


@dataclass(frozen=True, slots=True)
class Facts:
    """The facts of one campaign.

    Attributes:
        findings: those of `patterns` that are spoken of.
        notes: why it is kept out of the learning, where it is.
        advice: what of what is known is recommended to it.
        campaign: as it was sent, for hints on what to send next; without it none is given.
    """

    comparison: Comparison
    patterns: PatternReport
    findings: tuple[Finding, ...]
    similar: tuple[SimilarCampaign, ...]
    platform: str
    objective: str
    notes: tuple[str, ...] = ()
    advice: tuple[Bookable, ...] = ()
    campaign: Campaign | None = None
