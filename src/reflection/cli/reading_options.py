"""How rows of a file are to be read, as options of every command that reads files.

Types and help stand here; what the options mean, and their defaults, are `ReadingOptions`.
"""

from collections.abc import Callable, Mapping
from functools import wraps
from inspect import Parameter, Signature, signature
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from reflection.domain.planner_forecast import PREVIOUS_PERIOD, TRAILING_28D
from reflection.domain.validation import read
from reflection.errors import InvalidInput
from reflection.ingest.jobs.request import ReadingOptions

if TYPE_CHECKING:
    from reflection.ingest import ImportOptions

PAST = (PREVIOUS_PERIOD, TRAILING_28D)
"""What is compared with where no plan is given."""


_OPTIONS: Mapping[str, tuple[Any, Any]] = {
    "platform": (str, typer.Option(help="Whose export it is: meta, google, tiktok ...")),
    "expected": (str, typer.Option(help="A plan file, or previous-period, or trailing-28d.")),
    "group_by": (str, typer.Option(help="One campaign per 'campaign' or per 'month'.")),
    "currency": (str | None, typer.Option(help="ISO code, where the file states none.")),
    "timezone": (str | None, typer.Option(help="Of the account's days, such as Europe/Berlin.")),
    "conversions": (str, typer.Option(help="Which column, indicator or event counts.")),
    "date_order": (str | None, typer.Option(help="mdy or dmy, where dates are ambiguous.")),
    "locale": (str, typer.Option(help="How numbers are written, such as de_DE.")),
    "objective": (str, typer.Option(help="Where the file names none.")),
    "campaign": (str, typer.Option(help="Its name, where the file has none.")),
    "mapping": (Path | None, typer.Option(help="A saved column mapping (JSON) for any table.")),
    "plan_mapping": (Path | None, typer.Option(help="A saved column mapping (JSON) for the plan.")),
    "campaign_names": (
        str | None,
        typer.Option(help="How campaigns are named, such as '{year}_{platform}_{audience}_{type}'."),
    ),
    "audience_names": (str | None, typer.Option(help="How ad sets are named.", show_default="{campaign} - {angle}")),
    "creative_names": (str | None, typer.Option(help="How ads are named.", show_default="{campaign} - {concept}")),
    "conversion_window": (int | None, typer.Option(min=1, max=365, help="Days until conversions are complete.")),
    "as_of": (str | None, typer.Option(help="The day the export was made, such as 2026-09-30; else today.")),
}
"""How rows are to be read, for people: type and help of each option; defaults are those of `ReadingOptions`."""


def with_reading_options(command: Callable[..., None]) -> Callable[..., None]:
    """The command with an option for each of `_OPTIONS`, which arrive together in its parameter `reading`."""

    @wraps(command)
    def collecting(**arguments: Any) -> None:
        command(reading={name: arguments.pop(name) for name in _OPTIONS}, **arguments)

    files, *rest = (
        parameter for parameter in signature(command, eval_str=True).parameters.values() if parameter.name != "reading"
    )
    options = [
        Parameter(
            name,
            Parameter.POSITIONAL_OR_KEYWORD,
            default=ReadingOptions.model_fields[name].default if name in ReadingOptions.model_fields else None,
            annotation=Annotated[kind, option],
        )
        for name, (kind, option) in _OPTIONS.items()
    ]
    parameters = [files, *options, *rest]
    collecting.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
    collecting.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return collecting


def reading_options(
    *, expected: str, mapping: Path | None, plan_mapping: Path | None, **reading: str | int | None
) -> "ImportOptions":
    """What the options of `with_reading_options` ask for.

    Raises:
        InvalidInput: one of them is wrong, or names a file that is not there.
    """
    from reflection.ingest import load_mapping

    plan = None if expected in PAST else Path(expected)
    if plan is not None and not plan.is_file():
        raise InvalidInput(
            f"there is no plan file '{expected}'",
            hint=f"--expected takes a file, {' or '.join(PAST)}",
            field="expected",
        )
    columns, plan_columns = (None if place is None else load_mapping(place) for place in (mapping, plan_mapping))
    request = read(ReadingOptions, {**reading, "expected": PREVIOUS_PERIOD if plan else expected})
    return request.options(mapping=columns, plan=plan, plan_mapping=plan_columns)
