"""Names of platforms as sheets, titles and file names write them, and the one name each has here."""

import re
from itertools import pairwise

PLATFORMS = {
    "meta": "Meta", "facebook": "Meta", "fb": "Meta", "instagram": "Meta", "google": "Google", "googleads": "Google",
    "adwords": "Google", "youtube": "Google", "tiktok": "TikTok", "linkedin": "LinkedIn", "microsoft": "Microsoft",
    "bing": "Microsoft", "pinterest": "Pinterest", "snapchat": "Snapchat", "snap": "Snapchat", "apple": "Apple",
    "amazon": "Amazon", "reddit": "Reddit", "twitter": "X", "xads": "X", "taboola": "Taboola", "outbrain": "Outbrain",
    "criteo": "Criteo", "quora": "Quora", "cm360": "CM360", "dv360": "DV360", "ttd": "The Trade Desk",
    "thetradedesk": "The Trade Desk",
    "tradedesk": "The Trade Desk", "adroll": "AdRoll", "stackadapt": "StackAdapt", "applovin": "AppLovin",
    "yandex": "Yandex", "baidu": "Baidu", "naver": "Naver", "kakao": "Kakao", "spotify": "Spotify",
    "nextdoor": "Nextdoor",
}  # fmt: skip

_OTHER_MEDIA = re.compile(
    r"tv|television|fernsehen|télévision|televisión|televisione|televisão|televisie|telewizja|тв|телевидение|テレビ|电视|"
    r"radio|hörfunk|rádio|радио|ラジオ|라디오|广播|print|printanzeigen|press|presse|prensa|stampa|imprensa|newspapers?|"
    r"zeitung(?:en)?|magazines?|zeitschriften|ooh|outdoor|plakate?|billboards?|affichage|kino|cinema|cinéma|cine|mailings"
)
_PHRASES = re.compile(r"out of home|direct mail")
_BESIDE = re.compile(
    r"linear|regional|national|local|lokal|spots?|ads?|advertising|werbung|anzeigen|campaigns?|kampagnen?|and|und|et|y|e|\d+"
)
"""Words that may stand beside a medium; any other may make it an online one (Smart TV, Radio.de) or none at all."""

_WORD = re.compile(r"[a-z]+(?:360)?")
_COMPANIES = frozenset({"meta", "google", "microsoft", "apple", "amazon", "spotify", "yandex", "baidu", "naver"})
"""Names that other things have, too (Google Sheets, metadata): a title means the platform where it says advertising."""

_ADVERTISING = re.compile(r"ad|ads|adwords|advertising|corporation|werb\w*|anzeigen|[ck]ampa[gnñ]\w*")


def is_platform(channel: str) -> bool:
    """Whether a cell names a platform known here.

    >>> is_platform("google_ads"), is_platform("The Trade Desk"), is_platform("Spring sale")
    (True, True, False)
    """
    return _known(channel) is not None


def is_other_medium(channel: str) -> bool:
    """Whether a cell names a medium that nobody clicks on, and no platform.

    >>> [is_other_medium(cell) for cell in ("TV", "Radio (regional)", "Connected TV", "Outdoor shoes", "Podcast")]
    [True, True, False, False, False]
    """
    words = re.findall(r"\w+", _PHRASES.sub("ooh", " ".join(re.findall(r"\w+", channel.casefold()))))
    media = [word for word in words if _OTHER_MEDIA.fullmatch(word)]
    return bool(media) and all(word in media or _BESIDE.fullmatch(word) for word in words)


def platform_name(channel: str) -> str:
    """The platform a channel cell means; the cell itself where it is none of ours."""
    return _known(channel) or channel


def platforms_in(title: str) -> set[str]:
    """The platforms that a file's name or a line beside a table names.

    >>> platforms_in("reddit_ads-2026.csv"), platforms_in("Copy of Google Sheets.csv"), platforms_in("Google Ads 9.csv")
    ({'Reddit'}, set(), {'Google'})
    """
    words = _WORD.findall(title.casefold())
    advertising = any(map(_ADVERTISING.fullmatch, words))
    names = {_known(word) for word in words if advertising or word not in _COMPANIES}
    names |= {PLATFORMS.get("".join(pair)) for pair in pairwise(words)}
    return {name for name in names if name}


def _known(channel: str) -> str | None:
    words = _WORD.findall(channel.casefold())
    together = [*words, *map("".join, pairwise(words))]
    names = (PLATFORMS.get(word) or PLATFORMS.get(word.removesuffix("ads")) for word in together)
    return next((name for name in names if name), None)
