"""`reflection alerts`: who is told what, by webhook, Slack, Teams or mail; made, tried, looked at and removed."""

import sys
from typing import Annotated

import typer
from rich.markup import escape

from reflection.alerts.alert import KINDS, WEEKDAYS, AlertRequest
from reflection.cli.session import (
    JsonOption,
    WorkspaceOption,
    console,
    messages,
    open_application,
    print_json,
    text_table,
)
from reflection.domain.validation import read
from reflection.domain.workspaces import DEFAULT_WORKSPACE

app = typer.Typer(no_args_is_help=True, help="Tell people and programs what happens: webhooks, Slack, Teams, mail.")
AlertArgument = Annotated[str, typer.Argument(help="The id that 'alerts list' shows.")]
NOT_ARRIVED = 1


@app.command()
def add(
    address: Annotated[
        str, typer.Argument(help="https://... (a webhook, or one of Slack or Teams), mailto:..., or - to read it.")
    ],
    on: Annotated[
        list[str] | None, typer.Option(help=f"An event, again for more: {', '.join(KINDS)}. Left out: all.")
    ] = None,
    name: Annotated[str, typer.Option(help="Who or what it is for.")] = "",
    silence_days: Annotated[int, typer.Option(help="Days without data after which data.silent is said.")] = 7,
    report: Annotated[str | None, typer.Option(help="Also send the weekly report, as html or pdf.")] = None,
    weekday: Annotated[str, typer.Option(help=f"The report's day: {', '.join(WEEKDAYS)}.")] = "monday",
    hour: Annotated[int, typer.Option(help="The report's hour, 0 to 23.")] = 8,
    zone: Annotated[str, typer.Option(help="The time zone of day and hour, such as Europe/Berlin.")] = "UTC",
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Send messages to an address from now on. The secret of a webhook is printed once.

    An address may hold a secret: with - it is read from standard input and stays out of the shell's history.

    \b
    Examples:
      reflection alerts add https://hooks.example.com/marketing --on campaign.held --on import.failed
      reflection alerts add mailto:ann@example.com --report pdf --weekday monday --hour 8 --zone Europe/Berlin
      reflection alerts add - --name '#marketing' < slack-webhook.txt
    """
    plan = {"format": report, "weekday": weekday, "hour": hour, "zone": zone} if report is not None else None
    fields = {"address": sys.stdin.readline() if address == "-" else address, "on": on, "name": name}
    request = read(AlertRequest, {**fields, "silence_days": silence_days, "report": plan})
    with open_application() as application:
        alert = application.alerts.add(workspace, request)
    if as_json:
        print_json({**alert.public(), "secret": alert.secret or None})
        return
    out = messages()
    option = "" if workspace == DEFAULT_WORKSPACE else f" -w {workspace}"
    out.print(f"alert {alert.alert_id} goes to {alert.where}", markup=False, soft_wrap=True)
    out.print(f"try it: reflection alerts test {alert.alert_id}{option}", markup=False, soft_wrap=True)
    if alert.secret:
        out.print("it is signed with this secret, which is shown this once:", markup=False)
        console().print(alert.secret, markup=False)


@app.command("list")
def list_alerts(workspace: WorkspaceOption = DEFAULT_WORKSPACE, as_json: JsonOption = False) -> None:
    """List the alerts; addresses are not shown whole, secrets not at all.

    \b
    Example:
      reflection alerts list
    """
    with open_application() as application:
        rows = [alert.public() for alert in application.alerts.book.list(workspace)]
    if as_json:
        print_json(rows)
        return
    table = text_table("id", "name", "goes to", "about", "report")
    for row in rows:
        about = "everything" if len(row["on"]) == len(KINDS) else ", ".join(row["on"])
        plan = row["report"]
        report = "" if plan is None else "{format}, {weekday} {hour:02}:00 {zone}".format(**plan)
        table.add_row(row["alert_id"], escape(row["name"]), escape(row["where"]), about, report)
    console().print(table)
    if not rows:
        messages().print("no alerts; 'reflection alerts add ADDRESS' makes one", markup=False)


@app.command("test")
def trial(alert_id: AlertArgument, workspace: WorkspaceOption = DEFAULT_WORKSPACE, as_json: JsonOption = False) -> None:
    """Send a trial now and say whether it arrived; exit code 1 where it did not.

    \b
    Example:
      reflection alerts test alr_0a1b2c3d4e5f
    """
    with open_application() as application:
        row = application.alerts.sender.test(workspace, alert_id)
    if as_json:
        print_json(row)
    elif row["state"] == "delivered":
        messages().print("it arrived", markup=False)
    else:
        messages().print(f"it did not arrive: {row['reason']}", markup=False, soft_wrap=True)
    if row["state"] != "delivered":
        raise typer.Exit(NOT_ARRIVED)


@app.command()
def deliveries(
    alert_id: AlertArgument,
    limit: Annotated[int, typer.Option(help="How many, the newest first.")] = 20,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """What was sent, whether it arrived, and why not.

    \b
    Example:
      reflection alerts deliveries alr_0a1b2c3d4e5f
    """
    with open_application() as application:
        rows = application.alerts.deliveries(workspace, alert_id, limit)
    if as_json:
        print_json(rows)
        return
    table = text_table("made", "message", "state", "tries", "reason")
    for row in rows:
        made, state = row["created_at"][:16], row["state"].replace("dead", "given up")
        table.add_row(made, escape(row["title"]), state, str(row["tries"]), escape(row["reason"]))
    console().print(table)


@app.command()
def retry(alert_id: AlertArgument, workspace: WorkspaceOption = DEFAULT_WORKSPACE) -> None:
    """Try again what was given up, when its receiver is well again.

    \b
    Example:
      reflection alerts retry alr_0a1b2c3d4e5f
    """
    with open_application() as application:
        number = application.alerts.retry(workspace, alert_id)
    messages().print(f"{number} messages are sent again by the worker", markup=False)


@app.command()
def remove(alert_id: AlertArgument, workspace: WorkspaceOption = DEFAULT_WORKSPACE) -> None:
    """Send nothing there any longer; its log goes, too.

    \b
    Example:
      reflection alerts remove alr_0a1b2c3d4e5f
    """
    with open_application() as application:
        alert = application.alerts.book.remove(workspace, alert_id)
    messages().print(f"alert {alert.alert_id} to {alert.where} is gone", markup=False)
