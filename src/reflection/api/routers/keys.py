"""/v1/keys: keys that are made, listed and revoked while the server runs; a key's text is shown once.

An operator of one workspace sees and makes keys of that one only; nobody makes a key that may do more than they
may.
"""

from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import Path, Request, Response
from pydantic import BaseModel, Field

from reflection.api.access import Access, Caller
from reflection.api.dependencies import ApplicationPart, JsonBody, json_response
from reflection.api.openapi import json_request
from reflection.api.router import Router
from reflection.domain.campaign import Strict
from reflection.domain.validation import read
from reflection.domain.workspaces import ANY_WORKSPACE
from reflection.errors import NotAllowed
from reflection.store.api_keys import LONGEST_NAME, Scope
from reflection.wiring import Application

router = Router(prefix="/v1/keys", tags=["operation"])


class KeyRequest(Strict):
    """A key to be made."""

    workspace: Annotated[
        str | None, Field(max_length=63, description="which it opens, `*` for any; left out: the caller's own")
    ] = None
    scope: Annotated[
        Literal["read", "write", "admin"], Field(description="read; write (and read); admin (also this route)")
    ] = "write"
    name: Annotated[str, Field(max_length=LONGEST_NAME, description="who or what it is for")] = ""


class KeyRow(BaseModel):
    """A key as it may be seen: nobody can read its text again."""

    key_id: str
    workspace: str = Field(description="`*` where it opens any")
    scope: Scope
    name: str
    created_at: str
    revoked_at: str | None = Field(description="null while it opens")


class NewKey(KeyRow):
    """A key that was just made, with its text."""

    key: str = Field(description="what to send; it is shown this once, only a salted digest of it is kept")


class Keys(BaseModel):
    """Keys that were made here, by age, the revoked ones too; those of MARKO_API_KEYS are none of them."""

    items: list[KeyRow]


@router.get("", summary="Keys that were made here", response_model=Keys)
def keys(request: Request, application: ApplicationPart) -> Response:
    """Those of the caller's workspace; all, where the caller's key opens every one."""
    return json_response({"items": [asdict(key) for key in application.keys.list(_bound(request))]})


@router.post("", summary="Make a key", status_code=201, response_model=NewKey, openapi_extra=json_request(KeyRequest))
def create(request: Request, body: JsonBody, application: ApplicationPart) -> Response:
    """The answer shows its text, once. It opens at once; from the first key on every caller needs one."""
    asked, bound = read(KeyRequest, body), _bound(request)
    caller: Caller = request.state.caller
    workspace = asked.workspace if asked.workspace is not None else caller.workspace_for(None)
    if bound not in (None, workspace):
        raise NotAllowed(
            "this key makes keys of its own workspace only", hint=f"leave the workspace out, or say '{bound}'"
        )
    key, text = application.keys.create(workspace, asked.scope, asked.name)
    _look_again(request, application)
    return json_response({**asdict(key), "key": text}, status=201)


@router.delete("/{key_id}", summary="Revoke a key", response_model=KeyRow)
def revoke(
    request: Request,
    key_id: Annotated[str, Path(min_length=1, max_length=64, pattern=r"^[\x21-\x7e]+$")],
    application: ApplicationPart,
) -> Response:
    """It opens nothing from now on, streams that it has open end; again changes nothing."""
    key: Any = application.keys.revoke(key_id, _bound(request))
    _look_again(request, application)
    return json_response(asdict(key))


def _bound(request: Request) -> str | None:
    """The workspace whose keys the caller may see; None where that is every one."""
    caller: Caller = request.state.caller
    return None if caller.workspace == ANY_WORKSPACE else caller.workspace


def _look_again(request: Request, application: Application) -> None:
    """Let this process know of a change at once; others look once a second."""
    access: Access = request.app.state.access
    access.renew(application.keys.ring)
