"""/v1/imports and /v1/observations: files and rows come in, are followed, and are taken back."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Depends, Query, Request, Response
from fastapi import Path as PathParameter
from pydantic import BaseModel, Field
from starlette.datastructures import FormData, UploadFile
from starlette.responses import StreamingResponse

from reflection.api.dependencies import ApplicationPart, JsonBody, Workspace, json_response
from reflection.api.openapi import json_request
from reflection.api.problems import UnsupportedMediaType
from reflection.api.router import Router
from reflection.api.streams import NOTHING_NEW, EventStream, Streams, event
from reflection.domain.steps import to_the_end
from reflection.domain.validation import read
from reflection.errors import InvalidInput, ReflectionError
from reflection.ingest.jobs.import_verdict import verdict
from reflection.ingest.jobs.json_rows import ObservationRequest
from reflection.ingest.jobs.register import UNDER_WAY
from reflection.ingest.jobs.remedies import verdict_over_http
from reflection.ingest.jobs.request import ImportForm, ReadingOptions
from reflection.store.projections.passing_folders import passing_folder
from reflection.wiring import Application

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reflection.ingest import ImportOptions
    from reflection.ingest.recognition import Input

router = Router(tags=["imports"])
ImportId = Annotated[str, PathParameter(min_length=1, max_length=64)]
MULTIPART = "multipart/form-data"
MAX_FILES = 20
MAX_UPLOAD = 200_000_000
"""Bytes of one upload; what is inside a packed file is bounded by the importers."""

MAX_OBSERVATIONS = 50_000_000
POLL_SECONDS = 0.25


class ImportAnswer(BaseModel, extra="allow"):
    """An import: its state, what became of its campaigns, and the verdict on its files (whose fields are beside)."""

    import_id: str
    state: str
    created_at: str
    updated_at: str
    progress: dict[str, int]
    outcome: dict[str, int]
    changes: list[dict[str, Any]]
    refused: list[dict[str, str]]
    platform: str
    dialect: str
    rows: int
    totals: dict[str, float | None]
    currency: str | None
    period: list[str] | None
    granularity: str
    campaigns: list[str]
    columns: dict[str, str] = Field({}, description="field -> header of the columns read, as a mapping could name them")
    headers: list[str] = Field([], description="all headers of the file")
    findings: list[dict[str, Any]]
    rejects: list[dict[str, Any]]


class ImportList(BaseModel):
    """The last imports, newest first."""

    items: list[ImportAnswer]


async def upload_form(request: Request) -> AsyncIterator[FormData]:
    """The fields and files of an upload; its temporary files go when the request is answered.

    Raises:
        UnsupportedMediaType: it is no multipart form.
    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().casefold()
    if media_type != MULTIPART:
        raise UnsupportedMediaType(
            f"the content type is '{media_type[:100]}'" if media_type else "there is no content type",
            hint=f"send files as {MULTIPART}, or rows as JSON to /v1/observations",
        )
    async with request.form(max_files=MAX_FILES + 1, max_fields=50) as form:  # a broken one is a 400 of the framework
        yield form


_FORM_SCHEMA = ImportForm.model_json_schema()
_FORM_SCHEMA["properties"] |= {
    "files": {"type": "array", "items": {"type": "string", "format": "binary"}, "maxItems": MAX_FILES},
    "plan": {"type": "string", "format": "binary", "description": "a plan file: what was expected"},
}
_FORM_SCHEMA["required"] = ["files"]


@router.post(
    "/v1/imports",
    summary="Import exports of ad platforms",
    status_code=202,
    response_model=ImportAnswer,
    openapi_extra={"requestBody": {"required": True, "content": {MULTIPART: {"schema": _FORM_SCHEMA}}}},
)
def import_files(
    form: Annotated[FormData, Depends(upload_form)], application: ApplicationPart, workspace: Workspace
) -> Response:
    """Read files (`files`, and a `plan`), answer with the verdict, and analyse their campaigns in the background.

    A file that cannot be read is refused and nothing is imported. The same files again are the same import and change
    nothing; a later file for the same days replaces what they said, and `findings` and `changes` show the difference.
    """
    uploads, plan, fields = _parts(form)
    request = read(ImportForm, fields)
    with _plan_file(plan) as place:
        options = request.options(mapping=request.columns(), plan=place, plan_mapping=request.plan_columns())
        sources = [(_name(upload), upload.file.read()) for upload in uploads]
        return _begin(application, workspace, sources, options, dry_run=request.dry_run)


@router.post(
    "/v1/observations",
    summary="Import rows",
    status_code=202,
    response_model=ImportAnswer,
    openapi_extra=json_request(ObservationRequest),
)
def import_rows(body: JsonBody, application: ApplicationPart, workspace: Workspace) -> Response:
    """The same rows as an export's, as JSON; read, checked and taken back like a file."""
    request = read(ObservationRequest, body)
    own = request.own_columns()
    reading = request.model_copy(update={"platform": "auto"}) if own is not None else request
    options = ReadingOptions.options(reading, mapping=own)
    return _begin(application, workspace, [request.table()], options, dry_run=request.dry_run)


@router.get("/v1/imports", summary="The last imports", response_model=ImportList)
def recent(
    application: ApplicationPart, workspace: Workspace, limit: Annotated[int, Query(ge=1, le=100)] = 20
) -> Response:
    """Imports with their verdicts and states, newest first."""
    return json_response({"items": [verdict_over_http(one) for one in application.imports.recent(workspace, limit)]})


@router.get("/v1/imports/{import_id}", summary="One import", response_model=ImportAnswer)
def show(import_id: ImportId, application: ApplicationPart, workspace: Workspace) -> Response:
    """Its verdict, its state, and what became of its campaigns."""
    return json_response(verdict_over_http(application.imports.show(workspace, import_id)))


@router.get("/v1/imports/{import_id}/events", summary="An import's progress", response_class=StreamingResponse)
def events(
    import_id: ImportId, request: Request, application: ApplicationPart, workspace: Workspace
) -> StreamingResponse:
    """Server-sent events: `progress` whenever something was done, and `done` with the whole import at the end."""
    application.imports.progress(workspace, import_id)
    streams: Streams = request.app.state.streams
    return EventStream(streams, request, workspace, _progress(streams, application, workspace, import_id))


@router.delete("/v1/imports/{import_id}", summary="Take an import back", response_model=ImportAnswer)
def undo(import_id: ImportId, application: ApplicationPart, workspace: Workspace) -> Response:
    """Campaigns that it brought are retracted, those it replaced get back what they were; again changes nothing.

    What was changed since by somebody else, or is also said by another import, stays (`kept`).
    """
    return json_response(verdict_over_http(application.imports.undo(workspace, import_id)))


def _begin(
    application: Application,
    workspace: str,
    sources: Sequence["Input"],
    options: "ImportOptions",
    *,
    dry_run: bool,
) -> Response:
    if not dry_run:
        to_the_end()
    reports = application.imports.read(workspace, sources, options, alerting=not dry_run)
    if dry_run:
        return json_response({"import_id": "", "state": "dry-run", **verdict_over_http(verdict(reports))}, status=200)
    import_id = application.imports.begin(workspace, reports, options)
    application.wake_imports()
    answer = json_response(verdict_over_http(application.imports.show(workspace, import_id)), status=202)
    answer.headers["Location"] = f"/v1/imports/{import_id}"
    return answer


async def _progress(streams: Streams, application: Application, workspace: str, import_id: str) -> AsyncIterator[bytes]:
    """Events until the import is done with; looks at the register, as the import may run in another process."""
    before: dict[str, Any] = {}
    while True:
        try:
            now = await streams.read(application.imports.progress, workspace, import_id)
            if now["state"] not in UNDER_WAY:
                whole = await streams.read(application.imports.show, workspace, import_id)
                yield event("done", verdict_over_http(whole))
                return
        except ReflectionError:  # the headers are out: ending the stream makes the client ask again
            return
        yield event("progress", now) if now != before else NOTHING_NEW
        before = now
        await asyncio.sleep(POLL_SECONDS)


def _parts(form: FormData) -> tuple[list[UploadFile], UploadFile | None, dict[str, str]]:
    """The files, the plan, and the other fields of a form.

    Raises:
        InvalidInput: no file, too many, or a field twice.
    """
    files: list[UploadFile] = []
    plans: list[UploadFile] = []
    fields: dict[str, str] = {}
    for name, value in form.multi_items():
        if isinstance(value, UploadFile):
            (plans if name == "plan" else files).append(value)
        elif name in fields:
            raise InvalidInput(f"'{name[:100]}' is given twice", field=name[:100])
        else:
            fields[name] = value
    if not files or len(files) > MAX_FILES or len(plans) > 1:
        raise InvalidInput(
            f"{len(files)} files and {len(plans)} plans were sent",
            hint=f"send one to {MAX_FILES} files as 'files', and at most one 'plan'",
            field="files",
        )
    return files, plans[0] if plans else None, fields


def _name(upload: UploadFile) -> str:
    """The file's own name; what a client says about its folders is dropped."""
    return PurePath((upload.filename or "upload").replace("\\", "/")).name[:200] or "upload"


@contextmanager
def _plan_file(plan: UploadFile | None) -> "Iterator[Path | None]":
    """The plan as a file of our own naming; None without a plan."""
    if plan is None:
        yield None
        return
    with passing_folder("reflection-plan-") as folder:
        place = folder / f"plan{PurePath(_name(plan)).suffix[:10]}"
        place.write_bytes(plan.file.read())
        yield place
