"""The verdict on an import as a person reads it: what it is, what it adds up to, what is odd and what to do about it.

Takes the JSON form that the API gives; computes nothing.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

SHOWN = 10
UNDONE_AS = ("retracted", "restored", "kept")
"""What can become of a campaign when its import is taken back."""

_STYLES = {"error": "red", "warning": "yellow", "info": "dim"}
_NONE = "-"


def print_verdict(console: Console, answer: Mapping[str, Any]) -> None:
    """One import: table, findings, rejects, changes, and what became of its campaigns."""
    console.print(_facts(answer))
    for note in answer["findings"]:
        console.print(_finding(note))
    _print_rejects(console, answer)
    for change in answer.get("changes", ())[:SHOWN]:
        console.print(f"[yellow]replaced[/] {escape(change['campaign_id'])}: {_difference(change['difference'])}")
    for refusal in answer.get("refused", ())[:SHOWN]:
        console.print(f"[red]refused[/] {escape(refusal['campaign_id'])}: {escape(refusal['reason'])}")
    console.print(_closing(answer))


def imports_table(items: Sequence[Mapping[str, Any]]) -> Table:
    """Imports, one line each."""
    table = Table(box=None, pad_edge=False)
    for name in ("import", "state", "files", "platform", "period", "campaigns", "when"):
        table.add_column(name, no_wrap=name == "import", overflow="fold")
    for item in items:
        table.add_row(
            item["import_id"], item["state"], Text(item["name"]), Text(item["platform"]), _period(item),
            str(len(item["campaigns"])), item["created_at"][:16],
        )  # fmt: skip
    return table


def _facts(answer: Mapping[str, Any]) -> Table:
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    totals, currency = answer["totals"], answer["currency"] or ""
    rows = {
        "file": answer["name"],
        "recognised": f"{answer['dialect']}: {answer['recognised_by']}",
        "read as": f"{answer['encoding']}, {answer['rows']:,} row{'' if answer['rows'] == 1 else 's'}",
    }
    figures = {
        "period": f"{_period(answer)} ({answer['granularity']}, {answer['timezone']})",
        "impressions": _number(totals["impressions"]),
        "clicks": _number(totals["clicks"]),
        "conversions": f"{_number(totals['conversions'])} ({answer['conversions'] or 'none chosen'})",
        "spend": f"{_number(totals['spend'])} {currency}".strip(),
        "revenue": f"{_number(totals['revenue'])} {currency}".strip() if totals["revenue"] is not None else _NONE,
        "campaigns": _names(answer["campaigns"]),
    }
    for name, value in (rows | (figures if answer["kind"] == "performance" else {})).items():
        table.add_row(name, Text(value))
    return table


def _finding(note: Mapping[str, Any]) -> Text:
    lines = f" (lines {', '.join(map(str, note['rows'][:5]))}{' ...' if len(note['rows']) > 5 else ''})"
    text = Text(f"{note['severity']}: ", style=_STYLES[note["severity"]])
    text.append(note["message"], style="default")
    return text.append(lines if note["rows"] else "", style="dim")


def _print_rejects(console: Console, answer: Mapping[str, Any]) -> None:
    rejects = answer["rejects"]
    for reject in rejects[:SHOWN]:
        where = f"line {reject['line']}" if reject["line"] else reject["campaign"]
        console.print(f"[red]left out[/] {escape(where)}: {escape(reject['reason'])}")
    if len(rejects) > SHOWN:
        console.print(f"[dim]... and {len(rejects) - SHOWN} more; --json lists them all[/]")


def _closing(answer: Mapping[str, Any]) -> Text:
    if answer["state"] == "dry-run":
        return Text("dry run: nothing was stored", style="dim")
    shown = UNDONE_AS if answer["state"] == "undone" else answer["outcome"]
    done = ", ".join(f"{count} {name}" for name in shown if (count := answer["outcome"][name])) or "no campaigns"
    text = Text(f"{answer['state']}: {done}", style="bold")
    if answer["state"] == "done" and answer["campaigns"]:
        text.append(f"; 'reflection imports --undo {answer['import_id']}' takes it back", style="dim")
    return text


def _difference(changed: Mapping[str, Sequence[float | None]]) -> str:
    parts = (f"{name} {_number(old)} -> {_number(new)}" for name, (old, new) in changed.items())
    return ", ".join(parts) or "its facts are the same, what was expected or said of it is not"


def _names(names: Sequence[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return f"{len(names)}: {', '.join(names[:SHOWN])}{more}" if names else "none"


def _period(answer: Mapping[str, Any]) -> str:
    return " to ".join(answer["period"]) if answer["period"] else "no dates"


def _number(value: float | None) -> str:
    return _NONE if value is None else f"{value:,.2f}".removesuffix(".00")
