"""What a list of campaigns is asked for: filters, a search, and where the last page ended.

Values only; must not know where campaigns are kept.
"""

from datetime import datetime
from typing import Literal, NamedTuple

CampaignState = Literal["learnt", "pending", "held", "accepted"]
"""Learnt from; not yet; kept out because its figures look like a fault; learnt from because somebody accepted it."""

MOST_CHARACTERS = 16_000_000
"""Of stored campaigns and their answers that one page is made of: of large ones it has fewer than it was asked for."""


class ListPlace(NamedTuple):
    """The last campaign of a page: its instant as it is stored, and its id."""

    timestamp: str
    campaign_id: str


class CampaignQuery(NamedTuple):
    """Which campaigns; None does not narrow.

    Attributes:
        platform, objective: by any spelling.
        kinds: kinds of conversion that campaigns state.
        objectives: keys of objectives that name one of the kinds, for campaigns that state none; only with `kinds`.
        search: part of a campaign's name or id, in any case.
        since, until: of the campaign's timestamp, both ends included.
        among, not_among: ids.
        after: where the last page ended.
    """

    platform: str | None = None
    objective: str | None = None
    kinds: tuple[str, ...] | None = None
    objectives: tuple[str, ...] = ()
    search: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    among: tuple[str, ...] | None = None
    not_among: tuple[str, ...] = ()
    after: ListPlace | None = None
    limit: int = 50
