"""/v1/samples: the sample account, loaded into a workspace of its own and taken back."""

from fastapi import Request, Response
from pydantic import BaseModel, Field

from reflection.api.access import Caller
from reflection.api.dependencies import ApplicationPart, json_response
from reflection.api.router import Router
from reflection.domain.steps import to_the_end
from reflection.ingest.sample_account import SAMPLE_WORKSPACE

router = Router(prefix="/v1/samples", tags=["imports"])


class Sample(BaseModel):
    """The sample account: forty invented campaigns with a planted truth."""

    workspace: str = Field(description="where it is: name it as X-Workspace to look at it")
    campaigns: int = Field(description="how many of its campaigns are stored")
    loaded: bool


class TakenBack(Sample):
    """The sample account after it was taken back."""

    removed: int = Field(description="rows")


@router.get("", summary="Is the sample account loaded?", response_model=Sample)
def sample(request: Request, application: ApplicationPart) -> Response:
    """Whether it is there, and under which workspace."""
    _allow(request)
    return json_response(application.sample.state())


@router.post("", summary="Load the sample account", status_code=201, response_model=Sample)
def load(request: Request, application: ApplicationPart) -> Response:
    """Forty invented campaigns in a workspace of their own, beside nothing of yours; learnt from within seconds.

    Again changes nothing. No body is needed.
    """
    _allow(request)
    to_the_end()
    return json_response(application.sample.load(), status=201)


@router.delete("", summary="Take the sample account back", response_model=TakenBack)
def take_back(request: Request, application: ApplicationPart) -> Response:
    """Its workspace goes without a trace, with what else was tried in it."""
    _allow(request)
    to_the_end()
    return json_response(application.sample.take_back())


def _allow(request: Request) -> None:
    """A key of another workspace may not reach into this one."""
    caller: Caller = request.state.caller
    caller.workspace_for(SAMPLE_WORKSPACE)
