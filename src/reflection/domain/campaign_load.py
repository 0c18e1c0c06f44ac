"""What one campaign may ask of the learning: how many different things it says, and how often its rows repeat them.

A body of 100 kB can name thousands of attributes, or a few hundred in each of five thousand rows; what that costs to
learn grows with their number and not with the bytes. Counted before anything is made of the campaign, at the cost of
reading it once. Asked of new campaigns only: what is stored is thinned by the fit (`inference.evidence.fit_budget`).
Must not know how anything is learnt.
"""

from collections.abc import Iterable

from reflection.domain import signals
from reflection.domain.campaign import Audience, Campaign, Creative
from reflection.errors import InvalidInput

MOST_SIGNALS = 1_000
"""Different names, types and values of attributes of one campaign."""

MOST_MEMBERSHIPS = 100_000
"""What all rows of a breakdown say together: a row says what its audience and its creative say."""


def check_load(campaign: Campaign) -> None:
    """Refuse a campaign that says more than can be learnt from one.

    Raises:
        InvalidInput: its audiences or creatives say too many different things, or the rows of its breakdown too many
            together; names the field that says most.
    """
    count = len(signals.spellings_of(campaign))
    if count > MOST_SIGNALS:
        field = "audiences" if statements(campaign.audiences) >= statements(campaign.creatives) else "creatives"
        raise InvalidInput(
            f"the campaign has {count} different names, types and values of attributes, most of them here; at most "
            f"{MOST_SIGNALS} can be learnt of one campaign",
            field=field,
            hint="leave out attributes that hardly two campaigns share, or split the campaign; nothing was stored",
        )
    count = memberships(campaign)
    if count > MOST_MEMBERSHIPS:
        raise InvalidInput(
            f"the rows say {count} things together, each what its audience and its creative say; at most "
            f"{MOST_MEMBERSHIPS} can be learnt of one campaign",
            field="breakdown",
            hint="give fewer rows, or fewer attributes of what they name; nothing was stored",
        )


def memberships(campaign: Campaign) -> int:
    """How many memberships the rows of its breakdown make, interactions not counted; 0 without a breakdown."""
    audiences = {item.name: statements((item,)) for item in campaign.audiences}
    creatives = {item.id: statements((item,)) for item in campaign.creatives}
    every = {True: sum(audiences.values()), False: sum(creatives.values())}
    return sum(
        (every[True] if row.audience is None else audiences[row.audience])
        + (every[False] if row.creative is None else creatives[row.creative])
        for row in campaign.breakdown
    )


def statements(members: Iterable[Audience | Creative]) -> int:
    """How many things these say: a name, for a creative a type, and every value of an attribute."""
    count = 0
    for member in members:
        values = member.attributes.values()
        count += 1 + isinstance(member, Creative) + sum(1 if isinstance(v, str) else len(v) for v in values)
    return count
