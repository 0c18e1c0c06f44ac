"""Why nothing is worth a test, in the words that every answer gives.

Must not know how a test is weighed, nor who asks.
"""

from reflection.domain.knowledge import Knowledge
from reflection.domain.metrics import METRICS

NOTHING = "nothing is worth testing now: what a test could still change is worth less than it would cost"
UNPAID = "what a test is worth cannot be told: no money was spent in the last 90 days"


def no_test(knowledge: Knowledge) -> str | None:
    """Why there is none, of what was learnt about something that can be booked; None where nothing was."""
    measured = METRICS[knowledge.goal_metric].composition
    if not knowledge.bookables or not knowledge.posteriors.keys() >= set(measured):
        return None
    return NOTHING if knowledge.pace.recent > 0 else UNPAID
