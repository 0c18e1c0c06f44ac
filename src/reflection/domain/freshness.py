"""How current an answer is: the instant of the fit that it is told from, and how many campaigns that fit lacks.

One pair of names at every door. Must not know who asks, or how a fit is made.
"""

from typing import TypedDict


class Freshness(TypedDict):
    """What every answer that is told from what was learnt says beside it.

    Attributes:
        as_of: instant of the fit, RFC 3339; None before anything was learnt.
        pending: campaigns of the workspace with changes that this fit has not taken in yet.
    """

    as_of: str | None
    pending: int
