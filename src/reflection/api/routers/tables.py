"""GET /v1/tables/{table}: every table as CSV or XLSX, to be opened by a spreadsheet that runs nothing of it."""

from typing import Annotated, Literal

from fastapi import Path, Query, Response

from reflection.api.dependencies import FRESHNESS_HEADERS, ApplicationPart, Workspace, freshness_headers
from reflection.api.router import Router
from reflection.errors import NotFound
from reflection.reports.table_service import TABLES
from reflection.reports.tables import XLSX, csv_lines, xlsx

router = Router(prefix="/v1/tables", tags=["reports"])
_CSV = "text/csv; charset=utf-8"


@router.get(
    "/{table}",
    summary="A table as a file",
    response_class=Response,
    responses={200: {"description": "The file", "content": {_CSV: {}, XLSX: {}}, **FRESHNESS_HEADERS[200]}},
)
def table(
    application: ApplicationPart,
    workspace: Workspace,
    table: Annotated[str, Path(max_length=40, description=f"one of {', '.join(TABLES)}")],
    kind: Annotated[Literal["csv", "xlsx"], Query(alias="format")] = "csv",
) -> Response:
    """Campaigns, findings, effects, learnings, months, scores of forecasts or events, whole.

    Texts that look like formulas are text. The headers say what it is as of, and how many campaigns that lacks.
    """
    if table not in TABLES:
        raise NotFound(f"there is no table '{table}'", hint=f"there are {', '.join(TABLES)}")
    columns, read = TABLES[table]
    headers = freshness_headers(application.engine.freshness(workspace=workspace))
    headers["Content-Disposition"] = f'attachment; filename="{table}.{kind}"'
    rows = read(application, workspace)
    if kind == "xlsx":
        return Response(xlsx(table, rows, columns), media_type=XLSX, headers=headers)
    return Response("".join(csv_lines(rows, columns)), media_type=_CSV, headers=headers)
