"""What a conversion is: a purchase, a lead, an installed app ...; one spelling for one thing.

A kind is stated with the campaign, or follows from an objective that names one ("Lead Generation"). Rates and money are
compared within one kind only. Must not know campaigns, numbers or what was learnt.
"""

import re
from functools import lru_cache

PURCHASE = "purchase"
LEAD = "lead"
APP_INSTALL = "app_install"
REGISTRATION = "registration"
REACH, TRAFFIC, ENGAGEMENT, VIDEO_VIEW = "reach", "traffic", "engagement", "video_view"
UNSTATED = ""
"""Neither stated nor to be read off the objective."""

_WRITTEN_AS = {
    PURCHASE: "purchase|sale|order|transaction|checkout|complete payment|website purchase|conversion value|buy",
    LEAD: "lead|lead grouped|lead generation|lead gen|form|form submit|form submission|submit lead form|contact form",
    APP_INSTALL: "app install|mobile app install|install|app download|download|app promotion",
    REGISTRATION: "registration|complete registration|registration completed|sign up|signup|account created",
    "subscription": "subscription|subscribe|subscriber",
    "trial": "trial|start trial|free trial|trial started",
    "application": "application|submit application|application submitted",
    "appointment": "appointment|schedule|booking|book appointment",
    "contact": "contact|call|phone call|message|messaging conversation started",
    "donation": "donation|donate",
    "add_to_cart": "add to cart|add to basket",
    VIDEO_VIEW: "video view|view",
    ENGAGEMENT: "engagement|post engagement|page like|like|interaction",
    TRAFFIC: "traffic|link click|landing page view|website visit|visit|click",
    REACH: "reach|awareness|brand awareness|impression",
}
KINDS = frozenset(_WRITTEN_AS)
"""The kinds that have a name here; others are accepted as they are written."""

_KIND_OF = {text: kind for kind, texts in _WRITTEN_AS.items() for text in texts.split("|")}

_IN_OBJECTIVE = (
    (LEAD, r"\bleads?\b|\blead ?gen"),
    (APP_INSTALL, r"\bapps?\b|\binstalls?\b"),
    (REGISTRATION, r"\bregistrations?\b|\bsign ?ups?\b"),
    (PURCHASE, r"\bsales?\b|\bpurchases?\b|\bshopping\b|\bcatalog|\be ?commerce\b|\borders?\b|\brevenue\b|\broas\b"),
    (VIDEO_VIEW, r"\bvideo views?\b|\bthruplay"),
    (ENGAGEMENT, r"\bengagement\b|\blikes?\b|\bfollowers?\b"),
    (TRAFFIC, r"\btraffic\b|\bvisits?\b|\bclicks?\b"),
    (REACH, r"\breach\b|\bawareness\b"),
)
_OBJECTIVES = tuple((kind, re.compile(pattern)) for kind, pattern in _IN_OBJECTIVE)
_SEPARATORS = re.compile(r"[\s_./:-]+")
_PREFIX = re.compile(
    r"^(?:actions )?(?:offsite conversion |onsite conversion |app custom event |omni )?(?:fb pixel |fb mobile )?"
)
_SIBILANT = re.compile(r"(?:[sx]|ch|sh)$")
_PLURAL = re.compile(r"(?<=[a-rt-z])s$")

MONEY_KINDS = frozenset({UNSTATED, PURCHASE, "subscription", "donation"})
"""Kinds that bring money by themselves: there a revenue of 0 is a fact, elsewhere it says that none was given."""


@lru_cache(maxsize=4_096)
def normal_kind(text: str) -> str:
    """One spelling for one kind: ``Leads``, ``offsite_conversion.fb_pixel_lead`` and ``lead`` are ``lead``.

    What is no known kind keeps its own name, lower case with underscores.
    """
    words = _PREFIX.sub("", _SEPARATORS.sub(" ", text.casefold()).strip())
    return _KIND_OF.get(words) or _KIND_OF.get(_PLURAL.sub("", words)) or words.replace(" ", "_")


@lru_cache(maxsize=4_096)
def kind_of_objective(objective: str) -> str:
    """The kind of conversion an objective names, ``UNSTATED`` where it names none ("Prospecting")."""
    words = _SEPARATORS.sub(" ", objective.casefold())
    return next((kind for kind, pattern in _OBJECTIVES if pattern.search(words)), UNSTATED)


def plural(kind: str) -> str:
    """Several of a kind as people say it: ``leads``, ``inquiries``; ``conversions`` where none is stated."""
    one = spoken(kind)
    if _SIBILANT.search(one):
        return f"{one}es"
    return re.sub(r"(?<=[^aeiou])y$", "ie", one) + "s"


def spoken(kind: str) -> str:
    """A kind as people say it: ``app install``; ``conversion`` where none is stated."""
    return kind.replace("_", " ") or "conversion"
