"""A view as a file: HTML (self-contained), PDF, Markdown or JSON.

HTML and PDF need the `reports` extra; Markdown and JSON need nothing. Nothing is fetched while rendering. Must not know
what a report is about.
"""

import logging
import re
from collections.abc import Callable, Iterator
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

import orjson

from reflection.domain.steps import step
from reflection.errors import ReportsMissing, Unavailable
from reflection.reports.plots import draw
from reflection.reports.view import CardView, Plot, ReportView, Section, Table

Format = Literal["html", "pdf", "md", "json"]
MEDIA_TYPES: dict[Format, str] = {
    "html": "text/html; charset=utf-8",
    "pdf": "application/pdf",
    "md": "text/markdown; charset=utf-8",
    "json": "application/json",
}
CONTENT_SECURITY_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
"""Of the HTML report when it is served; the file carries the same."""

TEMPLATES = Path(__file__).parent / "templates"
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>#|!])")


def render(view: ReportView, kind: Format) -> bytes:
    """The view in one of the formats.

    Raises:
        ReportsMissing: HTML or PDF without the `reports` extra.
    """
    makers: dict[Format, Callable[[ReportView], bytes]] = {
        "html": lambda report: html(report).encode(),
        "pdf": pdf,
        "md": lambda report: markdown(report).encode(),
        "json": as_json,
    }
    return makers[kind](view)


def require(kind: Format) -> None:
    """Find out before it is needed whether a format can be made.

    Raises:
        ReportsMissing: HTML or PDF without the `reports` extra.
    """
    needed = {"html": ("jinja2", "markupsafe"), "pdf": ("jinja2", "markupsafe", "weasyprint")}
    if any(find_spec(name) is None for name in needed.get(kind, ())):
        raise _missing()


def html(view: ReportView) -> str:
    """One self-contained page: no script, no request, drawings inline."""
    try:
        from jinja2 import Environment, FileSystemLoader, StrictUndefined
        from markupsafe import Markup
    except ImportError as error:
        raise _missing() from error
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )

    def drawing(plot: Plot) -> Markup:
        step()
        return Markup(draw(plot))

    return environment.get_template("report.html.j2").render(view=view, drawing=drawing)


def pdf(view: ReportView) -> bytes:
    """The same page on A4; the renderer may fetch nothing."""
    page = html(view)
    try:
        from weasyprint import HTML
    except ImportError as error:
        raise _missing() from error
    progress = logging.getLogger("weasyprint.progress")
    progress.setLevel(logging.INFO)
    progress.addFilter(_as_step)  # again changes nothing
    return bytes(HTML(string=page, url_fetcher=_refuse).write_pdf())


def as_json(view: ReportView) -> bytes:
    """The view's values; of every plot the data that its drawing is made from."""
    return orjson.dumps(asdict(view), option=orjson.OPT_INDENT_2)


def markdown(view: ReportView) -> str:
    """The view as Markdown: every plot as its description and its table."""
    return "\n".join(_markdown_lines(view)).strip() + "\n"


def _markdown_lines(view: ReportView) -> Iterator[str]:
    yield from (
        f"# {_md(view.title)}",
        "",
        f"{view.kind} · {_md(view.subtitle)}",
        "",
        *(
            [f"- **{_md(question)}:** {_md(answer)}" for question, answer in view.summary]
            or [f"**{_md(view.verdict)}**"]
        ),
        "",
    )
    if view.tiles:
        head = ("KPI", "Actual", "Compared", "Reading")
        rows = tuple((tile.label, tile.value, tile.detail, tile.verdict) for tile in view.tiles)
        yield from _md_table(Table("", head, rows))
    for section in view.sections:
        yield from _md_section(section)
    yield from ("## Notes", "")
    yield from (f"- {_md(note)}" for note in view.notes)
    yield from (f"- {_md(name)}: {_md(value)}" for name, value in view.facts)


def _md_section(section: Section) -> Iterator[str]:
    yield from (f"## {_md(section.title)}", "")
    if section.lead:
        yield from (_md(section.lead), "")
    if section.points:
        yield from (*(f"- {_md(point)}" for point in section.points), "")
    for plot in section.plots:
        yield from (f"### {_md(plot.title)}", "", _md(plot.description), "")
        yield from _md_table(plot.table)
    for table in section.tables:
        yield from _md_table(table)
    for card in section.cards:
        yield from _md_card(card)


def _md_card(card: CardView) -> Iterator[str]:
    yield f"- **{_md(card.lane)}: {_md(card.title)}.** {_md(card.reason)}"
    yield from (f"  - {_md(name)}: {_md(value)}" for name, value in card.facts)
    yield from (f"  - {_md(card.evidence)}", "")


def _md_table(table: Table) -> Iterator[str]:
    if table.caption:
        yield from (f"*{_md(table.caption)}*", "")
    yield f"| {' | '.join(_md(cell) for cell in table.head)} |"
    yield f"|{'|'.join('---:' if index in table.figures else '---' for index in range(len(table.head)))}|"
    yield from (f"| {' | '.join(_md(cell) for cell in row)} |" for row in table.rows)
    yield ""


def _md(text: str) -> str:
    """Text that Markdown shows as it is, on one line."""
    return _MARKDOWN.sub(r"\\\1", " ".join(text.split()))


def _as_step(_record: logging.LogRecord) -> bool:
    """What the renderer says it is at is a step of it and nothing to be logged: it tells of each page nowhere else."""
    step()
    return False


def _refuse(url: str, *args: Any, **options: Any) -> Any:
    raise Unavailable("a report fetches nothing")


def _missing() -> ReportsMissing:
    return ReportsMissing(
        "HTML and PDF reports need the 'reports' extra",
        hint="pip install 'marko-reflection[reports]', or use md or json",
    )
