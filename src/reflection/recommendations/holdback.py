"""The hold-back: which planned campaigns get no advice, so that its effect can be measured, and how to take part.

Pure; must not know where assignments are kept.
"""

import hashlib

NOTHING_HELD_BACK = (
    "every campaign gets advice, so there is none to compare with; whoever runs the server can let one planned "
    "campaign in five, chosen at random, go without"
)
HOW = "ask for advice with the planned campaign's id, GET /v1/recommendations?campaign_id=..."


def draw(workspace: str, unit: str) -> float:
    """A number in [0, 1) that depends on workspace and campaign alone: a coin that cannot be thrown twice."""
    digest = hashlib.sha256(f"hold-back\x1f{workspace}\x1f{unit}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2.0**64


def invitation(share: float) -> str:
    """How a planned campaign takes part; `share` is that of campaigns that get no advice, 0 where it is off."""
    if share > 0:
        return f"{share:.0%} of planned campaigns get no advice, at random, to measure if it helps: {HOW}"
    return (
        f"whether advice helps is not measured; to take part, set MARKO_HOLDBACK=0.2 and {HOW}: one campaign in five "
        "then gets none, at random"
    )
