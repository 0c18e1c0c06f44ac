"""What one fit changes in the learnings: claims are judged against the newest campaigns, and news is kept.

Pure: learnings, knowledge and evidence in, revised learnings out. Must not know where learnings are kept.
"""

from collections.abc import Collection, Iterable, Mapping

from reflection.domain.evidence import Evidence
from reflection.domain.knowledge import Knowledge
from reflection.learnings.change_point import MetricView
from reflection.learnings.claims import Claim, Learning, Reading
from reflection.learnings.lifecycle import assess, is_material, readings_of

MAX_CLAIMS = 500
"""Claims looked at after one fit, the most certain first; learnings that there are come before new ones."""


def revised(
    learnings: Mapping[Claim, Learning], knowledge: Knowledge, evidence: Iterable[Evidence]
) -> tuple[Learning, ...]:
    """The learnings that say something new after a fit.

    Args:
        learnings: every learning as its last revision says, the one worth most first.
        knowledge: the fit.
        evidence: the newest campaigns, from which is seen whether an effect still holds; those that the fit holds
            out, or that have another goal, are left out here too.

    Returns:
        New learnings and new revisions of `learnings`, in the order in which claims are looked at.
    """
    readings = readings_of(knowledge, {claim.metric for claim in learnings})
    campaigns = [
        campaign
        for campaign in evidence
        if campaign.campaign_id not in knowledge.held and knowledge.for_goal(campaign) is knowledge
    ]
    views: dict[str, MetricView] = {}
    news = []
    for claim in _claims(learnings, readings):
        if claim.metric not in views:
            views[claim.metric] = MetricView(campaigns, knowledge, claim.metric)
        points = views[claim.metric].points(claim.signal_key, claim.context)
        before = learnings.get(claim)
        after = assess(before, readings.get(claim), points)
        if after is not None and after is not before and is_material(before, after):
            news.append(after)
    return tuple(news)


def _claims(learnings: Collection[Claim], readings: Mapping[Claim, Reading]) -> list[Claim]:
    """Claims to look at: every learning there is, and what may become one, the most certain first."""
    new = [reading for claim, reading in readings.items() if reading.worth_a_look and claim not in learnings]
    new.sort(key=lambda reading: (reading.lfsr, reading.claim.learning_id))
    return [*learnings, *(reading.claim for reading in new)][: max(MAX_CLAIMS, len(learnings))]
