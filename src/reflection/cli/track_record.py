"""`reflection track-record`: were we right, as tables and small plots."""

from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from reflection.cli.session import (
    JsonOption,
    WorkspaceOption,
    as_of,
    console,
    heading,
    open_application,
    print_json,
    text_table,
)
from reflection.domain.number_of import number_of
from reflection.domain.workspaces import DEFAULT_WORKSPACE

BARS = " ▁▂▃▄▅▆▇█"
WIDTH = 10


def track_record(
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    by_platform: Annotated[bool, typer.Option("--by-platform", help="Also one row for each platform.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Show whether forecasts, probabilities, findings and advice were right.

    Coverage says how often outcomes fell into the 50, 80 and 90 % intervals; skill above 0 beats the mean of the
    past.

    \b
    Examples:
      reflection track-record
      reflection track-record --by-platform
      reflection track-record --json
    """
    with open_application() as application:
        board = application.recommendations.track_record(workspace=workspace)
    if as_json:
        print_json(board)
        return
    out = console()
    if not board["issuers"]:
        out.print("No forecast met its outcome yet; 'reflection analyze FILE' stores campaigns with their forecasts.")
    else:
        _print_issuers(out, board["issuers"], by_platform)
        _print_probabilities(out, board["probabilities"])
    _print_rest(out, board)
    out.print(f"[dim]{number_of(board['campaigns'], 'campaign')}, {as_of(board)}[/]")


def _print_issuers(out: Console, rows: list[dict[str, Any]], by_platform: bool) -> None:
    """One table for each issuer: its name may be long, and figures of two issuers are not read side by side."""
    from reflection.domain.forecast_register import ISSUER

    for issuer in dict.fromkeys(row["issuer"] for row in rows):
        heading(out, f"Forecasts of {escape('the engine' if issuer == ISSUER else issuer)}")
        table = Table("metric", "platform", "n", "bias", "error", "50 %", "80 %", "90 %", "held at 90 %", "skill",
                      box=None, pad_edge=False, padding=(0, 1, 0, 0))  # fmt: skip
        for row in rows:
            if row["issuer"] != issuer or (row["platform"] and not by_platform):
                continue
            cover = row["coverage"]
            table.add_row(
                row["metric"], escape(row["platform"] or "all"), str(row["n"]), _signed(row["bias"]),
                _plain(row["mae_log"]), share(cover["50"]), share(cover["80"]), share(cover["90"]),
                bar(cover["90"]), _signed(row["crps_skill"]),
            )  # fmt: skip
        out.print(table)
    if ISSUER not in {row["issuer"] for row in rows}:
        out.print(
            "The engine: no forecast met its outcome yet. Campaigns that come in one load are learnt after it; "
            "'reflection backtest FILE' replays them one by one."
        )


def _print_probabilities(out: Console, rows: list[dict[str, Any]]) -> None:
    if not rows:
        return
    heading(out, "Probabilities")
    columns = ("issuer", "claim", "metric", "n", "Brier", "base rate", "happened, from p=0 to 1")
    table = text_table(*columns)
    for row in rows:
        table.add_row(
            escape(row["issuer"]), row["claim"], row["metric"], str(row["n"]), _plain(row["brier"]),
            _plain(row["brier_base_rate"]), spark(row["bins"]),
        )  # fmt: skip
    out.print(table)


def _print_rest(out: Console, board: dict[str, Any]) -> None:
    heading(out, "Findings, advice, hold-back")
    findings, advice, holdback = board["findings"], board["advice"], board["holdback"]
    if findings["n"]:
        promise = share(findings["promised"])
        out.print(f"Findings: {share(findings['replicated'])} of {findings['n']} still hold; promised {promise}.")
    else:
        out.print(f"Findings: {findings['reason']}.")
    if advice["n"]:
        out.print(
            f"Advice: {advice['n']} times followed; predicted {advice['predicted_lift'] - 1:+z.0%}, measured "
            f"{advice['measured_lift'] - 1:+z.0%}. {advice['reason'].capitalize()}."
        )
    else:
        out.print(f"Advice: {advice['reason']}.")
    if holdback["evaluable"]:
        low, high = holdback["interval"]
        lift = f"{holdback['lift'] - 1:+z.0%} ({low - 1:+z.0%} to {high - 1:+z.0%})"
        out.print(f"Hold-back: advice brings {lift} on {holdback['metric']}.")
    else:
        out.print(f"Hold-back: {holdback['reason']}.")


def bar(value: float | None) -> str:
    """A share as a bar with a mark at 90 %."""
    if value is None:
        return ""
    filled = round(value * WIDTH)
    cells = ["█" if index < filled else "·" for index in range(WIDTH)]
    cells.insert(round(0.9 * WIDTH), "|")
    return "".join(cells)


def spark(bins: list[dict[str, Any]]) -> str:
    """Reliability bins as ten characters: how often it happened at each stated probability."""
    frequencies = {round(row["low"] * 10): row["happened"] for row in bins}
    return "".join(
        "·" if tenth not in frequencies else BARS[round(frequencies[tenth] * (len(BARS) - 1))] for tenth in range(10)
    )


def _plain(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _signed(value: float | None) -> str:
    return "-" if value is None else f"{value:+z.3f}"


def share(value: float | None) -> str:
    """Whole per cent."""
    return "-" if value is None else f"{value:.0%}"
