"""Plots: positions follow the numbers, noise looks like noise, labels cannot break out."""

import re
from xml.etree import ElementTree

import pytest

from reflection.reports.plots import RatioRow, WaterfallStep, ratio_plot, waterfall
from reflection.reports.svg import NOISE, PAPER

SVG = "{http://www.w3.org/2000/svg}"


def _row(ratio: float = 1.5, certain: bool = True, label: str = "CTR") -> RatioRow:
    return RatioRow(label, "note", ratio, ratio * 0.9, ratio * 1.1, "+50 % | beyond noise", certain, True)


def _plot(*rows: RatioRow) -> ElementTree.Element:
    return ElementTree.fromstring(ratio_plot("p", rows, title="t", description="d", origin="forecast"))


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
    assert (_dots(svg)[0]["fill"], _dots(svg)[0]["stroke"]) == (PAPER, NOISE)
    assert any(line.get("stroke-dasharray") and line.get("stroke") == NOISE for line in svg.iter(f"{SVG}line"))


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
    ends = (("Forecast", start, "50"), ("Actual", end, "20"))
    return ElementTree.fromstring(waterfall("w", *ends, steps, title="t", description="d"))


def test_bars_of_the_waterfall_join_up() -> None:
    svg = _waterfall(
        WaterfallStep("CTR", -20.0, "-20", (-22.0, -18.0), True, True),
        WaterfallStep("CPM", -10.0, "-10", None, True, True),
    )
    boxes = [(float(box.attrib["y"]), float(box.attrib["height"])) for box in svg.iter(f"{SVG}rect")]
    start, end, first, second = boxes
    assert start[0] == pytest.approx(first[0], abs=0.2)
    assert first[0] + first[1] == pytest.approx(second[0], abs=0.2)
    assert second[0] + second[1] == pytest.approx(end[0], abs=0.2)


def test_a_noisy_part_is_white_dashed_and_said_to_be_noise() -> None:
    svg = _waterfall(WaterfallStep("CVR", -1.0, "-1", (-4.0, 2.0), False, True))
    box = list(svg.iter(f"{SVG}rect"))[-1]
    assert box.get("fill") == PAPER
    assert box.get("stroke-dasharray")
    assert any(text.text == "within noise" for text in svg.iter(f"{SVG}text"))


def test_parts_below_zero_and_huge_whiskers_stay_on_the_paper() -> None:
    svg = _waterfall(
        WaterfallStep("a", -80.0, "-80", (-980.0, 820.0), True, True),
        WaterfallStep("b", 50.0, "+50", (49.0, 51.0), True, False),
    )
    for number in re.findall(r'y[12]?="(-?[\d.]+)"', ElementTree.tostring(svg).decode()):
        assert -1 <= float(number) <= 303
