"""The backtest's report as one HTML page that needs nothing else: tables, and plots as inline SVG.

Must not know how anything was computed; every plot's data stands in the JSON beside the page.
"""

from collections.abc import Mapping, Sequence
from html import escape
from math import log
from typing import Any

from reflection.domain.number_of import number_of

_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1c1c1c;background:#fff}
table{border-collapse:collapse;margin:.5rem 0 1.5rem}
td,th{padding:.25rem .75rem;border-bottom:1px solid #ddd;text-align:right}
td:first-child,th:first-child{text-align:left}.best{font-weight:700}figure{margin:1rem 0}figcaption{color:#555}
"""
_WIDTH, _HEIGHT, _EDGE = 860.0, 240.0, 36.0
MOST_POINTS = 200


def page(report: Mapping[str, Any]) -> str:
    """The whole page."""
    parts = [
        "<!doctype html><html lang='en'><head><meta charset='utf-8'><title>Backtest</title>",
        f"<style>{_STYLE}</style></head><body><h1>Backtest of {number_of(report['campaigns'], 'campaign')}</h1>",
        "<p>Every campaign was predicted from the campaigns before it and learned afterwards. Errors are the mean "
        "absolute log ratio of outcome and forecast: 0.10 is about 10 %.</p>",
    ]
    for metric, rows in report["metrics"].items():
        forecasts = [
            forecast for forecast in report["forecasts"] if forecast["metric"] == metric and forecast["intervals"]["90"]
        ]
        parts += [_metric(metric, rows), _plot(metric, forecasts[-MOST_POINTS:])]
    parts += [_coverage(report["coverage"]), "</body></html>"]
    return "\n".join(parts)


def _metric(metric: str, rows: Mapping[str, Any]) -> str:
    best = min(figures["mae_log"] for figures in rows["methods"].values())
    body = "".join(
        f"<tr{' class=best' if figures['mae_log'] == best else ''}><td>{escape(method)}</td>"
        f"<td>{figures['mae_log']:.3f}</td><td>{figures['bias']:+z.3f}</td></tr>"
        for method, figures in rows["methods"].items()
    )
    return (
        f"<h2>{escape(metric.upper())}</h2><table><thead><tr><th>method ({rows['n']} forecasts)</th>"
        f"<th>error</th><th>bias</th></tr></thead><tbody>{body}</tbody></table>"
    )


def _plot(metric: str, forecasts: Sequence[Mapping[str, Any]]) -> str:
    """Outcomes as dots over our 90 % intervals, on a log scale, in time order."""
    if len(forecasts) < 2:
        return ""
    bounds = [forecast["intervals"]["90"] for forecast in forecasts]
    values = [forecast["actual"] for forecast in forecasts] + [bound for pair in bounds for bound in pair]
    lowest = min((value for value in values if value > 0), default=1.0)  # none is drawn at the bottom
    low, high = log(lowest), log(max(lowest, *values))
    span = max(high - low, 1e-9)

    def y(value: float) -> float:
        return _HEIGHT - _EDGE - (log(max(value, lowest)) - low) / span * (_HEIGHT - 2 * _EDGE)

    marks = []
    for index, (forecast, (least, most)) in enumerate(zip(forecasts, bounds, strict=True)):
        x = _EDGE + index / (len(forecasts) - 1) * (_WIDTH - 2 * _EDGE)
        colour = "#1f6f43" if least <= forecast["actual"] <= most else "#b3261e"
        title = f"{forecast['campaign_id']}: {forecast['actual']:.4g}, expected {least:.4g} to {most:.4g}"
        marks.append(
            f"<line x1='{x:.1f}' x2='{x:.1f}' y1='{y(least):.1f}' y2='{y(most):.1f}' stroke='#b8c4d6' "
            f"stroke-width='3'/><circle cx='{x:.1f}' cy='{y(forecast['actual']):.1f}' r='3' fill='{colour}'>"
            f"<title>{escape(title)}</title></circle>"
        )
    label = f"{metric.upper()} of each campaign (dot; red: outside) over the 90 % interval foretold (bar), log scale"
    return (
        f"<figure><svg viewBox='0 0 {_WIDTH:.0f} {_HEIGHT:.0f}' role='img' aria-label='{escape(label)}'>"
        f"{''.join(marks)}</svg><figcaption>{escape(label)}.</figcaption></figure>"
    )


def _coverage(rows: Mapping[str, Mapping[str, Any]]) -> str:
    def cell(value: float | None) -> str:
        return "<td>-</td>" if value is None else f"<td>{value:.0%}</td>"

    body = "".join(
        f"<tr><td>{escape(name)}</td><td>{row['n']}</td>{cell(row['50'])}{cell(row['80'])}{cell(row['90'])}</tr>"
        for name, row in rows.items()
    )
    return (
        "<h2>Did the intervals hold?</h2><table><thead><tr><th>platform</th><th>forecasts</th><th>50 %</th>"
        f"<th>80 %</th><th>90 %</th></tr></thead><tbody>{body}</tbody></table>"
    )
