"""The real campaign behind a row: months of one campaign are one witness, whatever each row is called.

Ids first, names second: the stated `unit_id`; else the name within platform and account, because whoever posts a
campaign every month gives each row an id of its own and the name again; else the row stands for itself. Must not know
what is learnt of it.
"""

from hashlib import blake2b

from reflection.domain.campaign import Campaign
from reflection.domain.signals import normalise, of_platform

_SEPARATOR = "\x1f"


def real_campaign(
    platform_key: str, account_id: str | None, name: str | None, unit_id: str | None, campaign_id: str | None
) -> int:
    """A number for the real campaign: equal for its rows, 64 bits, so that it costs a million campaigns 8 MB."""
    text = unit_id or campaign_id or ""
    if unit_id is None and name:
        text = _SEPARATOR.join((platform_key, normalise(account_id or ""), normalise(name)))
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big", signed=True)


def key_of(campaign: Campaign) -> str:
    """The same of a campaign as 16 hexadecimal digits."""
    platform = of_platform(campaign.platform).key
    number = real_campaign(platform, campaign.account_id, campaign.name, campaign.unit_id, campaign.campaign_id)
    return f"{number % 2**64:016x}"
