"""One thing that needs somebody, as the list of attention tells it. Must not know what needs anybody, nor why."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "held-campaign",
    "asked-campaign",
    "missed-forecast",
    "ended-learning",
    "import-remark",
    "interval-coverage",
    "level-shift",
    "account-change",
    "planner-bias",
    "silence",
]


@dataclass(frozen=True, slots=True)
class Matter:
    """One thing that needs somebody.

    Attributes:
        id: stable as long as it is the same matter.
        text: one sentence.
        link: the page's path of what it is about.
        surprise: in standard errors where it has one, 0 to 10.
        money: what it is about, in `currency`: the difference from the forecast, or what was spent; None where unknown.
        at: instant or day that dates it.
    """

    kind: Kind
    id: str
    text: str
    link: str
    surprise: float
    money: float | None = None
    currency: str | None = None
    at: str | None = None
    name: str | None = None
    campaign_id: str | None = None
    learning_id: str | None = None
    import_id: str | None = None
    metric: str | None = None
    favorable: bool | None = None
