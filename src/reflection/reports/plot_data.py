"""What the plots of a report show, as values: the drawings are made from them, and the JSON report carries them.

So a page that draws for itself shows what the report shows. Must not know pixels, colours or files.
"""

from dataclasses import dataclass
from typing import Literal

Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class RatioRow:
    """One row of a plot of ratios to 1.

    Attributes:
        subject: what the row is about: a KPI, the id of a campaign or the key of a signal.
        low, high: 90 % interval of the ratio; None where there is none.
        value, remark: the ratio as text, and what is said under it.
        certain: False is drawn as noise.
        raw: a second, hollow mark: the ratio before weighing.
    """

    subject: str
    label: str
    note: str
    ratio: float
    low: float | None
    high: float | None
    value: str
    remark: str
    certain: bool
    favorable: bool | None = None
    raw: float | None = None

    @property
    def words(self) -> str:
        """The row's figure in a description."""
        return f"{self.value}, {self.remark}" if self.remark else self.value


@dataclass(frozen=True, slots=True)
class WaterfallEnd:
    """The value a waterfall starts from or ends at."""

    label: str
    value: float
    text: str


@dataclass(frozen=True, slots=True)
class WaterfallStep:
    """One step of a waterfall: a signed part with its 90 % interval (None = not known)."""

    subject: str
    label: str
    part: float
    text: str
    interval: Interval | None
    certain: bool
    favorable: bool


@dataclass(frozen=True, slots=True)
class ShareRow:
    """One row of a plot of shares, 0 to 1."""

    subject: str
    label: str
    note: str
    share: float
    value: str


@dataclass(frozen=True, slots=True)
class Ratios:
    """Ratios with intervals on a logarithmic axis; `origin` names the line at 1 ("forecast", "average")."""

    origin: str
    rows: tuple[RatioRow, ...]
    kind: Literal["ratios"] = "ratios"


@dataclass(frozen=True, slots=True)
class Waterfall:
    """From the expected value by the parts to the actual one; the parts add up exactly."""

    start: WaterfallEnd
    end: WaterfallEnd
    steps: tuple[WaterfallStep, ...]
    kind: Literal["waterfall"] = "waterfall"


@dataclass(frozen=True, slots=True)
class Shares:
    """Shares between 0 and 1, with a line at what was promised."""

    promise: float
    rows: tuple[ShareRow, ...]
    kind: Literal["shares"] = "shares"


PlotData = Ratios | Waterfall | Shares
