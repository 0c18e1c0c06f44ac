"""POST /analyze-campaign: one campaign in, its retrospective out."""

from typing import Annotated

from fastapi import Header, Query, Response

from reflection.api.dependencies import EnginePart, JsonBody, Workspace
from reflection.api.openapi import json_request
from reflection.api.router import Router
from reflection.domain.campaign import Campaign
from reflection.domain.results import Analysis
from reflection.domain.validation import read

router = Router(tags=["analysis"])
IdempotencyKey = Annotated[
    str | None,
    Header(
        min_length=1,
        max_length=255,
        pattern=r"^[\x21-\x7e]+$",
        description="Your name for this request: same key and body, same answer; another body is a 409.",
    ),
]


@router.post(
    "/analyze-campaign",
    summary="Analyse a campaign",
    response_model=Analysis,
    openapi_extra=json_request(Campaign, example="cmp_007_meta_summer_bootcamp"),
)
def analyze_campaign(
    body: JsonBody,
    engine: EnginePart,
    workspace: Workspace,
    idempotency_key: IdempotencyKey = None,
    dry_run: Annotated[bool, Query(description="answer only: nothing is stored or learnt")] = False,
) -> Response:
    """Compare a campaign with its forecast, say why it moved and what can be learnt, and remember it.

    Posting a campaign again replaces it; the same content again changes nothing.
    """
    campaign = read(Campaign, body)
    if dry_run:
        return Response(engine.draft(campaign, workspace=workspace), media_type="application/json")
    answer = engine.analyze(campaign, workspace=workspace, idempotency_key=idempotency_key)
    headers = {"Idempotency-Replayed": "true"} if answer.replayed else {}
    return Response(answer.body, headers=headers, media_type="application/json")
