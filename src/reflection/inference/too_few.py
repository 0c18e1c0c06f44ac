"""How many campaigns comparing takes, and what is said where there are fewer. Must not know fits or stores."""

from reflection.domain.knowledge import Knowledge
from reflection.domain.number_of import number_of

FEWEST_CAMPAIGNS = 3
LEARNT_FROM = ("campaign was learnt from", "campaigns were learnt from")


def too_few(campaigns: int) -> str:
    """Why so many campaigns taught nothing.

    >>> too_few(1)
    '1 campaign was learnt from; comparing takes at least 3'
    """
    return f"{number_of(campaigns, *LEARNT_FROM)}; comparing takes at least {FEWEST_CAMPAIGNS}"


def nothing_known(knowledge: Knowledge, pending: int) -> str | None:
    """Why nothing is known: before the first fit with the campaigns that are stored; None where something is."""
    if knowledge.as_of is None and pending:
        stored = number_of(pending, "stored campaign waits", "stored campaigns wait")
        return f"{stored} to be learnt; comparing takes at least {FEWEST_CAMPAIGNS}"
    return knowledge.reason
