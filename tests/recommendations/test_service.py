"""The scoreboard that the service answers: of campaigns that count, as everywhere."""

from reflection.domain.workspaces import DEFAULT_WORKSPACE
from reflection.wiring import Application


def test_a_tracking_fault_is_no_error_of_whoever_made_the_forecast(
    learnt_application: Application, fault_id: str
) -> None:
    service, store = learnt_application.recommendations, learnt_application.store
    live = {campaign_id for campaign_id, _ in store.live_evidence(DEFAULT_WORKSPACE)}

    board = service.track_record(workspace=DEFAULT_WORKSPACE)

    assert fault_id in live
    assert board["campaigns"] == len(live) - 1
    planners = [row for row in board["issuers"] if row["platform"] is None and row["metric"] == "cpa"]
    assert sum(row["n"] for row in planners) <= len(live) - 1
