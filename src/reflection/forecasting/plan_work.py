"""How many plans can be evaluated at once: each is told from everything that was learnt. Must not know how."""

from reflection.domain.knowledge import Knowledge
from reflection.errors import InvalidInput

MOST_WORK = 30_000
"""Plans of one request times effects that were learnt: some two seconds of a processor."""


def check_work(plans: int, knowledge: Knowledge) -> None:
    """Refuse more plans than can be evaluated at once.

    Raises:
        InvalidInput: they are more; says how many may be sent.
    """
    posteriors = (posterior for goal in knowledge.every_goal for posterior in goal.posteriors.values())
    learnt = max((len(posterior.features) for posterior in posteriors), default=0)
    if plans > 1 and plans * learnt > MOST_WORK:
        raise InvalidInput(
            f"{plans} plans are more than can be evaluated at once with the {learnt:,} effects that were learnt here",
            field="plans",
            hint=f"send at most {max(MOST_WORK // learnt, 1)} at once",
        )
