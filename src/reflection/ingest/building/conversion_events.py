"""Events by the names that platforms' result indicators give them, and which of them are somebody's conversion.

Must not know files, nor what is counted in one.
"""

import re

CONVERSION_EVENTS = frozenset(
    {"purchase", "lead", "lead_grouped", "complete_registration", "custom", "subscribe", "submit_application",
     "start_trial", "schedule", "contact", "donate", "add_payment_info", "mobile_app_install", "app_install",
     "complete_payment", "checkout", "signup"}
)  # fmt: skip
"""Events that are somebody's conversion; everything else (clicks, views) is not, unless the user says so."""

_PREFIX = re.compile(
    r"^(?:actions:)?(?:offsite_conversion\.|onsite_conversion\.|app_custom_event\.)?(?:fb_pixel_|fb_mobile_)?"
)


def event_of(indicator: str) -> str:
    """The event an indicator counts.

    >>> event_of("actions:offsite_conversion.fb_pixel_purchase"), event_of("actions:link_click")
    ('purchase', 'link_click')
    """
    event = _PREFIX.sub("", indicator.strip().casefold())
    return "custom" if event.startswith("custom") else event
