"""POST /agent-chat: questions about campaigns and learnings, answered from evidence; SSE where asked for."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Annotated

from fastapi import Header, Response
from pydantic import Field, StringConstraints

from reflection.api.dependencies import ApplicationPart, JsonBody, Workspace, json_response
from reflection.api.openapi import json_request
from reflection.api.router import Router
from reflection.api.streams import event
from reflection.domain.account_kpi import AccountKpi
from reflection.domain.campaign import CampaignId, Strict
from reflection.domain.knowledge import Knowledge
from reflection.domain.ports import Snapshot
from reflection.domain.results import Analysis, SimilarCampaign
from reflection.domain.validation import read
from reflection.engine.account_kpis import account_kpis
from reflection.engine.current_analysis import current_analysis
from reflection.explain.questions.chat import MAX_MESSAGE, Chat, ChatAnswer
from reflection.wiring import Application

router = Router(tags=["chat"])
SIMILAR = 5
MOST_NAMES = 2_000
"""Of how many campaigns, the newest, a name is recognised in a question; an id always is."""

EVENT_STREAM = "text/event-stream"


class ChatRequest(Strict):
    """One message. `context`, what was said before, helps to understand it and is never quoted."""

    message: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_MESSAGE)]
    context: Annotated[str, StringConstraints(max_length=10_000)] | None = None
    campaign_id: Annotated[CampaignId | None, Field(description="the campaign in question")] = None


class StoredCampaigns:
    """Stored answers and the last fit, in one snapshot."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    def analysis(self, campaign_id: str) -> Analysis | None:
        """A stored campaign's analysis as it stands today, or None."""
        stored = self._snapshot.campaign(campaign_id)
        return current_analysis(stored, self._snapshot.knowledge()) if stored else None

    def campaign_names(self) -> Mapping[str, str | None]:
        """The newest campaigns with their display names."""
        return self._snapshot.campaign_names(MOST_NAMES)

    def knowledge(self) -> Knowledge:
        """What the last fit says."""
        return self._snapshot.knowledge()

    def account_kpis(self, metric: str, named: Collection[str]) -> Sequence[AccountKpi]:
        """A KPI over all campaigns, or of the platforms named, by currency and kind of conversion."""
        return account_kpis(self._snapshot, metric, named)

    def pending(self) -> int:
        """How many campaigns the last fit has not taken in yet."""
        return self._snapshot.pending()


class StoredSources:
    """Where answers come from: the store and the memory of one application."""

    def __init__(self, application: Application) -> None:
        self._application = application

    @contextmanager
    def open(self, workspace: str) -> Iterator[StoredCampaigns]:
        """One state of a workspace."""
        with self._application.store.snapshot(workspace) as snapshot:
            yield StoredCampaigns(snapshot)

    def similar(self, workspace: str, text: str) -> Sequence[SimilarCampaign]:
        """Campaigns like the words."""
        _, vector = self._application.memory.embed(text)
        return self._application.memory.similar(workspace, text, vector, limit=SIMILAR)


@router.post(
    "/agent-chat",
    summary="Ask about campaigns and learnings",
    response_model=ChatAnswer,
    openapi_extra=json_request(ChatRequest),
)
def agent_chat(
    body: JsonBody,
    application: ApplicationPart,
    workspace: Workspace,
    accept: Annotated[str, Header(max_length=500)] = "",
) -> Response:
    """Answer from retrieved evidence, every sentence cited; "I cannot tell from the data" where that is so.

    With `Accept: text/event-stream` the answer comes as events: `citation` for each piece of evidence,
    `sentence` for each sentence, and `done` with the whole answer.
    """
    request = read(ChatRequest, body)
    chat = Chat(StoredSources(application), application.phraser)
    answer = chat.answer(workspace, request.message, context=request.context or "", campaign_id=request.campaign_id)
    if EVENT_STREAM in accept:
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return Response(b"".join(events(answer)), media_type=EVENT_STREAM, headers=headers)
    return json_response(answer)


def events(answer: ChatAnswer) -> Iterator[bytes]:
    """The answer as server-sent events."""
    for citation in answer.citations:
        yield event("citation", citation)
    for sentence in answer.sentences:
        yield event("sentence", {"text": sentence})
    yield event("done", answer)
