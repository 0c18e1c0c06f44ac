"""Plots: positions follow the numbers, noise looks like noise, labels cannot break out."""

import re
from xml.etree import ElementTree

import pytest

from reflection.reports.plot_data import PlotData, RatioRow, Ratios, Waterfall, WaterfallEnd, WaterfallStep
from reflection.reports.plots import draw
from reflection.reports.rendering import TEMPLATES
from reflection.reports.svg import BAD, FAINT, GOOD, INK, MUTED, NOISE, PAPER
from reflection.reports.view import Plot, Table

SVG = "{http://www.w3.org/2000/svg}"


def _row(ratio: float = 1.5, certain: bool = True, label: str = "CTR") -> RatioRow:
    return RatioRow("ctr", label, "note", ratio, ratio * 0.9, ratio * 1.1, "+50 %", "beyond noise", certain, True)


def _plot(*rows: RatioRow) -> ElementTree.Element:
    return _drawn(Ratios("forecast", rows))


def _drawn(data: PlotData) -> ElementTree.Element:
    return ElementTree.fromstring(draw(Plot("p", "t", "d", data, Table("", (), ()))))


def _dots(svg: ElementTree.Element) -> list[dict[str, str]]:
    return [dot.attrib for dot in svg.iter(f"{SVG}circle")]


def test_dots_lie_in_the_order_of_their_ratios() -> None:
    ratios = [0.1, 0.5, 1.0, 2.0, 30.0]
    places = [float(dot["cx"]) for dot in _dots(_plot(*(_row(ratio) for ratio in ratios)))]
    assert places == sorted(places)
    assert len(set(places)) == 5


def test_equal_factors_up_and_down_lie_equally_far_from_the_line() -> None:
    half, one, double = (float(dot["cx"]) for dot in _dots(_plot(_row(0.5), _row(1.0), _row(2.0))))
    assert one - half == pytest.approx(double - one, abs=0.3)


def test_noise_is_hollow_dashed_and_grey() -> None:
    svg = _plot(_row(certain=False))
    assert (_dots(svg)[0]["fill"], _dots(svg)[0]["stroke"]) == (PAPER.printed, NOISE.printed)
    assert any(line.get("stroke-dasharray") and line.get("stroke") == NOISE.printed for line in svg.iter(f"{SVG}line"))


@pytest.mark.parametrize("ratio", [1e-9, 1e-3, 1.0, 1e6, 1e15])
def test_extreme_ratios_stay_on_the_paper(ratio: float) -> None:
    for dot in _dots(_plot(_row(ratio))):
        assert 0 <= float(dot["cx"]) <= 760


@pytest.mark.parametrize("label", ["<b>&'\"", "a" * 500, "\u202eabc", "]]>"])
def test_labels_cannot_break_the_drawing(label: str) -> None:
    svg = _plot(_row(label=label))
    assert len([text for text in svg.iter(f"{SVG}text") if text.text and label[:5] in text.text]) <= 1


def test_a_drawing_has_title_and_description_first() -> None:
    svg = _plot(_row())
    assert [child.tag for child in svg][:2] == [f"{SVG}title", f"{SVG}desc"]


def _waterfall(*steps: WaterfallStep, start: float = 50.0, end: float = 20.0) -> ElementTree.Element:
    return _drawn(Waterfall(WaterfallEnd("Forecast", start, "50"), WaterfallEnd("Actual", end, "20"), steps))


def test_bars_of_the_waterfall_join_up() -> None:
    svg = _waterfall(
        WaterfallStep("ctr", "CTR", -20.0, "-20", (-22.0, -18.0), True, True),
        WaterfallStep("cpm", "CPM", -10.0, "-10", None, True, True),
    )
    boxes = [(float(box.attrib["y"]), float(box.attrib["height"])) for box in svg.iter(f"{SVG}rect")]
    start, end, first, second = boxes
    assert start[0] == pytest.approx(first[0], abs=0.2)
    assert first[0] + first[1] == pytest.approx(second[0], abs=0.2)
    assert second[0] + second[1] == pytest.approx(end[0], abs=0.2)


def test_a_noisy_part_is_white_dashed_and_said_to_be_noise() -> None:
    svg = _waterfall(WaterfallStep("cvr", "CVR", -1.0, "-1", (-4.0, 2.0), False, True))
    box = list(svg.iter(f"{SVG}rect"))[-1]
    assert box.get("fill") == PAPER.printed
    assert box.get("stroke-dasharray")
    assert any(text.text == "within noise" for text in svg.iter(f"{SVG}text"))


def test_parts_below_zero_and_huge_whiskers_stay_on_the_paper() -> None:
    svg = _waterfall(
        WaterfallStep("a", "a", -80.0, "-80", (-980.0, 820.0), True, True),
        WaterfallStep("b", "b", 50.0, "+50", (49.0, 51.0), True, False),
    )
    for number in re.findall(r'y[12]?="(-?[\d.]+)"', ElementTree.tostring(svg).decode()):
        assert -1 <= float(number) <= 303


COLORS = (INK, MUTED, FAINT, GOOD, BAD, NOISE, PAPER)


def _light(color: str) -> float:
    """Relative luminance of a colour (WCAG 2.2)."""
    value = color.removeprefix("#")
    value = "".join(digit * 2 for digit in value) if len(value) == 3 else value
    shares = [int(value[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    bright, dark = sorted((_light(one), _light(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def test_every_shape_has_a_class_for_its_colour_that_the_page_sets_in_light_and_dark() -> None:
    style = (TEMPLATES / "report.html.j2").read_text(encoding="utf-8")
    light, dark = (dict(re.findall(r"--(\w+): (#\w+)", block)) for block in re.findall(r":root \{(.*?)\}", style)[:2])
    tokens = dict(re.findall(r"\.fill-(\w+) \{ fill: var\(--(\w+)\); \}", style))

    assert tokens == dict(re.findall(r"\.stroke-(\w+) \{ stroke: var\(--(\w+)\); \}", style))
    assert set(tokens) == {color.name for color in COLORS}
    for shape in _plot(_row(), _row(certain=False)).iter():
        painted = {part for part in ("fill", "stroke") if shape.get(part)}
        assert {name.partition("-")[0] for name in (shape.get("class") or "").split()} - {"plot"} == painted
    for theme in (light, dark):
        paper = theme["paper"]
        assert all(_contrast(theme[tokens[name]], paper) >= 4.5 for name in ("ink", "muted", "good", "bad"))
        assert _contrast(theme[tokens["noise"]], paper) >= 3


def test_colours_on_paper_are_those_of_the_light_page() -> None:
    style = (TEMPLATES / "report.html.j2").read_text(encoding="utf-8")
    light = dict(re.findall(r"--(\w+): (#\w+)", re.findall(r":root \{(.*?)\}", style)[0]))
    tokens = dict(re.findall(r"\.fill-(\w+) \{ fill: var\(--(\w+)\); \}", style))

    assert all(_light(light[tokens[color.name]]) == _light(color.printed) for color in COLORS)
