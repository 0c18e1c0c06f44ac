"""/v1/alerts: who is told what, where the messages go, and whether they arrived; for those who may manage keys.

An address and a signing secret are never shown again: the one holds keys of others, the other is one.
"""

from typing import Annotated, Literal

from fastapi import Path, Query, Response
from pydantic import BaseModel, Field

from reflection.alerts.alert import AlertRequest, Channel, Kind, ReportPlan
from reflection.api.dependencies import ApplicationPart, JsonBody, Workspace, json_response
from reflection.api.openapi import json_request
from reflection.api.router import Router
from reflection.domain.validation import read
from reflection.store.alert_outbox import MOST_LISTED

router = Router(prefix="/v1/alerts", tags=["operation"])
AlertId = Annotated[str, Path(pattern=r"^alr_[0-9a-f]{12}$")]


class AlertRow(BaseModel):
    """An alert as it may be seen."""

    alert_id: str
    channel: Channel
    name: str
    where: str = Field(description="the receiver of mail; of any other address the host alone")
    on: list[Kind]
    silence_days: int
    report: ReportPlan | None
    created_at: str


class NewAlert(AlertRow):
    """An alert that was just made."""

    secret: str | None = Field(
        description="what its webhooks are signed with (Standard Webhooks); shown this once; null where none is signed"
    )


class Alerts(BaseModel):
    """The alerts of a workspace, by age."""

    items: list[AlertRow]


class Delivery(BaseModel):
    """A message and what became of it."""

    alert_id: str
    message_id: str = Field(description="the `webhook-id`, the same however often it is sent")
    kind: str
    title: str
    state: Literal["pending", "delivered", "dead"] = Field(description="`dead`: given up, `reason` says why")
    tries: int
    reason: str = Field(description="of the last try that failed")
    created_at: str
    settled_at: str | None
    next_at: str | None = Field(description="of the next try, while there is one")


class Deliveries(BaseModel):
    """The log of an alert, the newest message first."""

    items: list[Delivery]


class RetryCount(BaseModel):
    """How many messages are tried again."""

    retried: int


@router.get("", summary="Who is told what", response_model=Alerts)
def alerts(application: ApplicationPart, workspace: Workspace) -> Response:
    """The alerts of the workspace; addresses and secrets are nowhere."""
    return json_response({"items": [alert.public() for alert in application.alerts.book.list(workspace)]})


@router.post("", summary="Make an alert", status_code=201, response_model=NewAlert,
             openapi_extra=json_request(AlertRequest))  # fmt: skip
def create(body: JsonBody, application: ApplicationPart, workspace: Workspace) -> Response:
    """The answer shows the secret of a webhook, once. Private addresses are refused, but for MARKO_ALERT_HOSTS."""
    alert = application.alerts.add(workspace, read(AlertRequest, body))
    return json_response({**alert.public(), "secret": alert.secret or None}, status=201)


@router.delete("/{alert_id}", summary="Remove an alert", response_model=AlertRow)
def remove(alert_id: AlertId, application: ApplicationPart, workspace: Workspace) -> Response:
    """Nothing is sent there any longer; its log and what was still to be sent go with it."""
    return json_response(application.alerts.book.remove(workspace, alert_id).public())


@router.post("/{alert_id}/test", summary="Send a trial now", response_model=Delivery)
def trial(alert_id: AlertId, application: ApplicationPart, workspace: Workspace) -> Response:
    """Sends a message of the kind `test` and says whether it arrived; at most some ten seconds."""
    return json_response(application.alerts.sender.test(workspace, alert_id))


@router.get("/{alert_id}/deliveries", summary="What was sent, and whether it arrived", response_model=Deliveries)
def deliveries(
    alert_id: AlertId,
    application: ApplicationPart,
    workspace: Workspace,
    limit: Annotated[int, Query(ge=1, le=MOST_LISTED)] = 50,
) -> Response:
    """Messages of the last days (MARKO_ALERT_LOG_DAYS), the newest first."""
    return json_response({"items": application.alerts.deliveries(workspace, alert_id, limit)})


@router.post("/{alert_id}/deliveries/retry", summary="Try again what was given up", response_model=RetryCount)
def retry(alert_id: AlertId, application: ApplicationPart, workspace: Workspace) -> Response:
    """Messages that were given up are sent again, under the ids that they have."""
    return json_response({"retried": application.alerts.retry(workspace, alert_id)})
