"""The retrospective in a terminal: numbers with intervals, noise in grey, one line per reason.

Takes the JSON form of the engine's answers (what the API gives); computes nothing.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from reflection.cli.session import text_table
from reflection.domain import signals
from reflection.domain.basis import BASES, FORECAST
from reflection.domain.metrics import KPIS, METRICS, Unit, as_read, unit_of
from reflection.explain.advice import HEADINGS
from reflection.explain.formatting import capital, telling_decimals

_NONE = "-"
_SUMMARY = KPIS[:4]


def print_analysis(console: Console, analysis: Mapping[str, Any]) -> None:
    """Print one campaign's retrospective from the JSON of its analysis: five lines first, then the details."""
    comparison = analysis["comparison_report"]
    name = comparison.get("campaign_name")
    console.print(f"\n[bold]{escape(name or comparison['campaign_id'])}[/]")
    if name:
        console.print(f"[dim]{escape(comparison['campaign_id'])}[/]")
    print_summary(console, analysis["insights"])
    console.print(f"\n[bold]Details[/]  score {_score(comparison)}")
    console.print(_comparison_table(comparison))
    for line in (*_gaps(comparison), *(_drivers_line(part) for part in comparison.get("drivers", ()))):
        console.print(line)
    for flag in comparison.get("flags", ()):
        console.print(f"[yellow]note:[/] {escape(flag)}")
    patterns = analysis["pattern_report"]
    if patterns["pattern_report"]:
        console.print(findings_table(patterns["pattern_report"]))
    elif patterns.get("reason"):
        console.print(f"[dim]No finding: {escape(patterns['reason'])}[/]")
    _print_insights(console, analysis["insights"])
    stored = analysis["stored_memory"]
    verb = "replaced" if stored["replaced"] else "stored"
    console.print(f"[dim]{verb}, revision {stored['revision']}; files in {escape(stored['output_path'])}[/]")


def print_summary(console: Console, insights: Mapping[str, Any]) -> None:
    """The five lines that are read first; the narrative as it stands where an older answer has no lines."""
    lines = insights.get("summary", ())
    if not lines:
        console.print(escape(insights["narrative_summary"]))
        return
    print_lines(console, [(line["label"], line["text"]) for line in lines])


def print_lines(console: Console, lines: Iterable[tuple[str, str]]) -> None:
    """Questions with their answers beside them."""
    grid = Table.grid(padding=(0, 2))
    for question, answer in lines:
        grid.add_row(Text(question, style="bold"), Text(answer))
    console.print(grid)


MOST_CARDS = 3


def print_cards(console: Console, answer: Mapping[str, Any]) -> None:
    """Recommendations by what they ask for, the best first; a sentence each."""
    if not answer["cards"] and not answer["tests"]:
        console.print("Nothing to recommend yet.")
        return
    for title, sentences in under_headings(answer):
        console.print(f"[bold]{title}[/]")
        for sentence in sentences[:MOST_CARDS]:
            console.print(f"  - {escape(sentence)}")
        if len(sentences) > MOST_CARDS:
            console.print(f"  [dim]and {len(sentences) - MOST_CARDS} more[/]")


def under_headings(answer: Mapping[str, Any]) -> Iterator[tuple[str, list[str]]]:
    """What recommendations say by what they ask for; why nothing is to be tested stands where the tests would."""
    for lane, title in HEADINGS.items():
        sentences = [card["sentence"] for card in answer["cards"] if card["lane"] == lane]
        if lane == "explore":
            sentences += [test["description"] for test in answer["tests"]]
        if lane == "explore" and answer["next_test_reason"]:
            sentences = [f"{capital(answer['next_test_reason'])}."]
        if sentences:
            yield title, sentences


def summary_row(analysis: Mapping[str, Any]) -> tuple[Text | str, ...]:
    """One campaign in one line of `summary_table`: its changes, or what it did where it is compared with nothing."""
    comparison = analysis["comparison_report"]
    basis = BASES[comparison.get("basis", FORECAST)]
    deltas = {kpi: comparison["deltas"].get(f"{kpi}_diff", {}) for kpi in _SUMMARY}
    cells = [_change(d) if basis.comparable else kpi_figure(kpi, d.get("actual")) for kpi, d in deltas.items()]
    against = "held" if comparison.get("verdict") == "held" else basis.title
    return (escape(comparison["campaign_id"]), against, *cells)


def _score(comparison: Mapping[str, Any]) -> str:
    score = comparison["performance_score"]
    return _NONE if score is None else f"{score:.2f}"


def summary_table(rows: Iterable[tuple[Text | str, ...]]) -> Table:
    """Many campaigns, one line each."""
    table = text_table("campaign", "against", *(METRICS[kpi].label for kpi in _SUMMARY))
    for row in rows:
        table.add_row(*row)
    return table


def findings_table(findings: Iterable[Mapping[str, Any]]) -> Table:
    """Findings with their size, interval and evidence."""
    table = text_table("finding", "on", "change", "90 % interval", "campaigns")
    for finding in findings:
        good = finding["direction"] == "favorable"
        metric, effect, interval = as_read(finding["metric"], finding["effect"], _pair(finding["interval"]))
        label = finding.get("metadata", {}).get("label") or signals.parse(finding["signal_key"]).label
        table.add_row(
            Text(label, style="green" if good else "red"),
            METRICS[metric].label if metric in METRICS else metric,
            lift(effect),
            lift_interval(interval),
            str(finding["evidence_count"]),
        )
    return table


def effects_table(effects: Iterable[Mapping[str, Any]], spellings: Mapping[str, str]) -> Table:
    """Effects of signals as the campaigns spell them; those that are not findings in grey."""
    table = text_table("signal", "on", "change", "90 % interval", "raw", "campaigns", "")
    for effect in effects:
        metric, size, interval = as_read(effect["metric"], effect["effect"], _pair(effect["interval"]))
        _, raw, _ = as_read(effect["metric"], effect["raw_lift"] or None, None)
        table.add_row(
            Text(signals.label_of(effect["signal"], spellings)),
            METRICS[metric].label,
            lift(size),
            lift_interval(interval),
            lift(raw),
            str(effect.get("real_campaigns") or round(effect["campaigns"], 1)),
            Text(_standing(effect) + _tested(effect) + _moving(effect)),
            style=None if effect["finding"] else "dim",
        )
    return table


def _standing(effect: Mapping[str, Any]) -> str:
    """Whether an effect can be told from noise, or why not at all, or where it is told."""
    if effect["finding"]:
        return "finding"
    return "cannot tell yet" if effect["reason"].startswith("not enough evidence") else str(effect["reason"])


def _tested(effect: Mapping[str, Any]) -> str:
    """That lots were drawn for an effect."""
    return ", randomised" if effect.get("grade") == "randomised" else ""


def _moving(effect: Mapping[str, Any]) -> str:
    """How it moved, where that is a finding."""
    if (trend := effect.get("trend")) is None:
        return ""
    change = trend["change"]
    onwards = "" if not trend["ongoing"] else ", still rises" if change > 1 else ", still falls"
    worn = effect.get("wear_out")
    below = f", below average about {worn['below_average']}" if worn and worn["below_average"] else ""
    return f"; {lift(change)} since {trend['since']}{onwards}{below}"


def _pair(bounds: Sequence[float] | None) -> tuple[float, float] | None:
    return None if bounds is None else (bounds[0], bounds[1])


def lift(value: float | None) -> str:
    """A multiplicative lift as change in per cent: 1.12 -> ``+12.0 %``."""
    return _NONE if value is None else f"{(value - 1) * 100:+z.1f} %"


def lift_interval(interval: Iterable[float] | None) -> str:
    """An interval of a lift."""
    return _NONE if interval is None else " to ".join(lift(bound) for bound in interval)


def _comparison_table(comparison: Mapping[str, Any]) -> Table:
    basis = BASES[comparison.get("basis", FORECAST)]
    table = text_table("", basis.title, "actual", "change", "actual, 90 % interval", "verdict")
    for name, delta in comparison["deltas"].items():
        kpi = name.removesuffix("_diff")
        form = _form(kpi, delta)
        interval = delta.get("interval")
        bounds = _NONE if interval is None else " to ".join(form(bound) for bound in interval)
        sides = [_NONE if delta[side] is None else form(delta[side]) for side in ("expected", "actual")]
        word, style = _verdict(delta)
        table.add_row(kpi.upper(), *sides, _change(delta), bounds, word, style=style)
    return table


def _form(kpi: str, delta: Mapping[str, Any]) -> Callable[[float], str]:
    """How a KPI's figures are written: with as many decimals as the verdict needs to be read off them."""
    bounds, expected, beyond = delta.get("interval"), delta["expected"], delta.get("beyond_noise")
    if bounds is None or expected is None or beyond is None:
        return partial(kpi_figure, kpi)
    extra = telling_decimals(partial(kpi_figure, kpi), expected, (bounds[0], bounds[1]), beyond)
    return partial(kpi_figure, kpi, extra=extra)


def _gaps(comparison: Mapping[str, Any]) -> Iterator[Text]:
    """Why a KPI could not be compared, one line a reason."""
    reasons: dict[str, list[str]] = {}
    for name, delta in comparison["deltas"].items():
        if delta.get("reason"):
            reasons.setdefault(delta["reason"], []).append(name.removesuffix("_diff").upper())
    for reason, kpis in reasons.items():
        yield Text(f"{', '.join(kpis)}: {reason}", style="dim")


def _verdict(delta: Mapping[str, Any]) -> tuple[str, str | None]:
    if delta["actual"] is None or delta["expected"] is None:
        return _NONE, "dim"
    if delta.get("beyond_noise") is None:
        return "not told from noise", "dim"
    if not delta["beyond_noise"]:
        return "noise", "dim"
    if delta["favorable"] is None:
        return "changed", None
    return ("better", "green") if delta["favorable"] else ("worse", "red")


def _change(delta: Mapping[str, Any]) -> Text:
    change = delta.get("pct_diff")
    if change is None:
        return Text(_NONE, style="dim")
    _, style = _verdict(delta)
    return Text(f"{change:+z.2f} %", style=style or "")


def _drivers_line(part: Mapping[str, Any]) -> Text:
    """``CPA 50.00 -> 19.27 = CPM -11.249, CTR -18.035, CVR -1.447 (noise)``."""
    kpi = part["kpi"]
    line = Text(f"{kpi.upper()} {kpi_figure(kpi, part['expected'])} -> {kpi_figure(kpi, part['actual'])} = ")
    for number, driver in enumerate(part["drivers"]):
        noise = "" if driver["beyond_noise"] else " (noise)"
        text = f"{', ' if number else ''}{driver['factor'].upper()} {driver['contribution']:+z.3f}{noise}"
        line.append(text, style="dim" if noise else "")
    if part.get("note"):
        line.append(f"; {part['note']}", style="dim")
    return line


def _print_insights(console: Console, insights: Mapping[str, Any]) -> None:
    for title, key in (
        ("What moved, and what was learnt", "key_learnings"),
        ("What to do next", "recommendations"),
        ("Look at", "anomalies"),
    ):
        if insights[key]:
            console.print(f"[bold]{title}[/]")
            for sentence in insights[key]:
                console.print(f"  - {escape(sentence)}")


def kpi_figure(kpi: str, value: float | None, *, extra: int = 0) -> str:
    """A KPI as people read it: rates in per cent, money with two decimals, counts whole; `extra` adds decimals."""
    if value is None:
        return _NONE
    unit = unit_of(kpi)
    if unit is Unit.SHARE:
        return f"{value * 100:.{2 + extra}f} %"
    if unit is Unit.COUNT:
        return f"{value:,.{extra}f}"
    return f"{value:,.{2 + extra}f}" if unit is Unit.MONEY else f"{value:,.{3 + extra}f}"
