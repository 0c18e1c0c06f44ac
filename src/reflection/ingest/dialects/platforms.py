"""Names of platforms as sheets write them, and the one name each has here."""

import re

PLATFORMS = {
    "meta": "Meta", "facebook": "Meta", "fb": "Meta", "instagram": "Meta", "google": "Google", "googleads": "Google",
    "adwords": "Google", "youtube": "Google", "tiktok": "TikTok", "linkedin": "LinkedIn", "microsoft": "Microsoft",
    "bing": "Microsoft", "pinterest": "Pinterest", "snapchat": "Snapchat", "snap": "Snapchat", "apple": "Apple",
    "amazon": "Amazon", "reddit": "Reddit", "twitter": "X", "taboola": "Taboola", "outbrain": "Outbrain",
    "criteo": "Criteo", "quora": "Quora", "cm360": "CM360", "dv360": "DV360",
}  # fmt: skip

_WORD = re.compile(r"[a-z]+(?:360)?")


def is_platform(channel: str) -> bool:
    """Whether a cell names a platform known here.

    >>> is_platform("google_ads"), is_platform("facebookads"), is_platform("Spring sale")
    (True, True, False)
    """
    return _known(channel) is not None


def platform_name(channel: str) -> str:
    """The platform a channel cell means; the cell itself where it is none of ours."""
    return _known(channel) or channel


def _known(channel: str) -> str | None:
    words = _WORD.findall(channel.casefold())
    names = (PLATFORMS.get(word) or PLATFORMS.get(word.removesuffix("ads")) for word in words)
    return next((name for name in names if name), None)
