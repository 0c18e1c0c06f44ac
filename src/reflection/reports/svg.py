"""A drawing surface for plots: SVG with escaped labels, readable in black and white and by a screen reader.

Every drawing has a title and a description. Shapes carry the meaning (filled, hollow, dashed), colour only repeats it.
A colour is a class (`stroke-good`, `fill-ink`), which the page's style sheet sets for light and dark; the attribute
beside it is what is drawn where no style sheet reaches, on paper. Must not know what is drawn.
"""

from typing import Literal, NamedTuple
from xml.sax.saxutils import escape, quoteattr


class Color(NamedTuple):
    """A colour by what it means, and how it is printed."""

    name: str
    printed: str


INK = Color("ink", "#1d2433")
MUTED = Color("muted", "#5b6472")
FAINT = Color("faint", "#c9ced6")
GOOD = Color("good", "#1d5fa6")
BAD = Color("bad", "#a8421a")
NOISE = Color("noise", "#8a919c")
PAPER = Color("paper", "#ffffff")
FONT = "Inter, 'Segoe UI', 'Helvetica Neue', Arial, 'DejaVu Sans', sans-serif"

Anchor = Literal["start", "middle", "end"]


class Canvas:
    """Collects shapes; `render` gives the SVG element. Coordinates in pixels from the upper left."""

    def __init__(self, name: str, width: float, height: float, *, title: str, description: str) -> None:
        self._name = name
        self._size = (width, height)
        self._title = title
        self._description = description
        self._parts: list[str] = []

    def line(
        self,
        start: tuple[float, float],
        end: tuple[float, float],
        *,
        color: Color = INK,
        width: float = 1.0,
        dashed: bool = False,
    ) -> None:
        """A straight line from one point to another, solid or dashed."""
        dash = ' stroke-dasharray="4 3"' if dashed else ""
        self._parts.append(
            f'<line x1="{_n(start[0])}" y1="{_n(start[1])}" x2="{_n(end[0])}" y2="{_n(end[1])}" '
            f'{_painted(stroke=color)} stroke-width="{_n(width)}"{dash}/>'
        )

    def box(
        self,
        corner: tuple[float, float],
        size: tuple[float, float],
        *,
        fill: Color = INK,
        border: Color | None = None,
        dashed: bool = False,
    ) -> None:
        """A rectangle; sizes below zero are drawn as zero."""
        edge = ' stroke-width="1.5"' if border else ""
        dash = ' stroke-dasharray="4 3"' if dashed else ""
        self._parts.append(
            f'<rect x="{_n(corner[0])}" y="{_n(corner[1])}" width="{_n(max(size[0], 0))}" '
            f'height="{_n(max(size[1], 0))}" {_painted(fill=fill, stroke=border)}{edge}{dash}/>'
        )

    def dot(self, center: tuple[float, float], radius: float, *, color: Color = INK, hollow: bool = False) -> None:
        """A circle, filled or hollow."""
        fill = PAPER if hollow else color
        self._parts.append(
            f'<circle cx="{_n(center[0])}" cy="{_n(center[1])}" r="{_n(radius)}" '
            f'{_painted(fill=fill, stroke=color)} stroke-width="2"/>'
        )

    def diamond(self, center: tuple[float, float], radius: float) -> None:
        """A hollow diamond: the second mark of a row, such as a raw difference."""
        x, y = center
        points = " ".join(
            f"{_n(px)},{_n(py)}" for px, py in ((x, y - radius), (x + radius, y), (x, y + radius), (x - radius, y))
        )
        self._parts.append(f'<polygon points="{points}" {_painted(fill=PAPER, stroke=MUTED)} stroke-width="1.5"/>')

    def text(
        self,
        at: tuple[float, float],
        text: str,
        *,
        size: float = 12,
        color: Color = INK,
        anchor: Anchor = "start",
        bold: bool = False,
    ) -> None:
        """One line of text; `at` is its baseline."""
        weight = ' font-weight="600"' if bold else ""
        self._parts.append(
            f'<text x="{_n(at[0])}" y="{_n(at[1])}" font-size="{_n(size)}" {_painted(fill=color)} '
            f'text-anchor="{anchor}"{weight}>{escape(text)}</text>'
        )

    def render(self) -> str:
        """The drawing as one SVG element that scales with the page."""
        width, height = self._size
        title, description = f"{self._name}-title", f"{self._name}-desc"
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_n(width)} {_n(height)}" role="img" '
            f'aria-labelledby="{title} {description}" font-family={quoteattr(FONT)} class="plot">'
            f'<title id="{title}">{escape(self._title)}</title>'
            f'<desc id="{description}">{escape(self._description)}</desc>'
            f"{''.join(self._parts)}</svg>"
        )


def _painted(*, fill: Color | None = None, stroke: Color | None = None) -> str:
    """The classes of a shape's colours, and the colours on paper."""
    parts = [("fill", fill), ("stroke", stroke)]
    classes = " ".join(f"{part}-{color.name}" for part, color in parts if color)
    return " ".join([f'class="{classes}"', *(f'{part}="{color.printed}"' for part, color in parts if color)])


def _n(value: float) -> str:
    """A coordinate with at most one decimal: short, and the same on every machine."""
    return f"{value:.1f}".rstrip("0").rstrip(".") if value % 1 else f"{value:.0f}"


def shorten(text: str, most: int) -> str:
    """A label that fits: the beginning and the end, because names of one account differ at the end."""
    if len(text) <= most:
        return text
    tail = (most - 1) // 2
    return f"{text[: most - 1 - tail].rstrip()}…{text[-tail:].lstrip()}"
