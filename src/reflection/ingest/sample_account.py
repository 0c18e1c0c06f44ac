"""The sample account: forty invented campaigns with a planted truth, in a workspace of its own, to be looked at.

Loaded as anybody's campaigns would be, the older half first and learnt from, so that the younger half was foretold, and
taken back whole with whatever else was tried in that workspace. A workspace of that name that somebody fills otherwise
is left alone. Must not know HTTP or SQL.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import orjson

from reflection.domain.answers import Refusal
from reflection.domain.campaign import Campaign
from reflection.domain.ports import Store
from reflection.engine.engine import Engine
from reflection.errors import Conflict, NotFound, Unavailable

SAMPLE_WORKSPACE = "sample-account"
_PACKAGED = Path(__file__).with_name("samples")
_SOURCE = Path(__file__).parents[3] / "data" / "samples"
"""Where the samples stand in a checkout, from which the package takes them."""

SAMPLES = _SOURCE if _SOURCE.is_dir() else _PACKAGED
HISTORY = SAMPLES / "campaign_history.json"


class SampleAccount:
    """Loads the sample account and takes it back.

    Args:
        learn: learns a workspace now.
        purge: removes everything of a workspace and says how many rows.
    """

    def __init__(self, engine: Engine, store: Store, learn: Callable[[str], Any], purge: Callable[[str], int]) -> None:
        self._engine, self._store, self._learn, self._purge = engine, store, learn, purge

    def state(self) -> dict[str, Any]:
        """{workspace, campaigns, loaded}: how many of its campaigns are stored, and whether all are."""
        ids = [campaign.campaign_id for campaign in sample_campaigns()]
        stored = len(self._store.campaigns_named(SAMPLE_WORKSPACE, ids))
        return {"workspace": SAMPLE_WORKSPACE, "campaigns": stored, "loaded": stored == len(ids)}

    def load(self) -> dict[str, Any]:
        """Store its campaigns; again changes nothing. They are learnt from behind it. Answers the state.

        Raises:
            Conflict: the workspace of that name holds somebody's own campaigns.
            Unavailable: the store is down or full; load it again.
        """
        self._check_ours()
        campaigns, half = sample_campaigns(), len(sample_campaigns()) // 2
        self._store_all(campaigns[:half])
        if not self.state()["loaded"]:
            self._learn(SAMPLE_WORKSPACE)
        self._store_all(campaigns[half:])
        return self.state()

    def _store_all(self, campaigns: Sequence[Campaign]) -> None:
        for answer in self._engine.analyze_many(campaigns, workspace=SAMPLE_WORKSPACE, following=True):
            if isinstance(answer, Refusal):
                raise Unavailable(f"the sample account could not be stored: {answer.error.message}")

    def take_back(self) -> dict[str, Any]:
        """Remove its workspace without a trace, with what else was tried in it. Answers the state and `removed` rows.

        Raises:
            NotFound: it is not loaded.
            Conflict: the workspace of that name holds somebody's own campaigns.
            Unavailable: the store refused; nothing was removed.
        """
        if SAMPLE_WORKSPACE not in self._store.workspaces():
            raise NotFound("the sample account is not loaded")
        self._check_ours()
        removed = self._purge(SAMPLE_WORKSPACE)
        return {**self.state(), "removed": removed}

    def _check_ours(self) -> None:
        if self._store.last_seq(SAMPLE_WORKSPACE) and not self.state()["campaigns"]:
            raise Conflict(
                f"the workspace '{SAMPLE_WORKSPACE}' holds campaigns of somebody's own",
                hint="they are left alone; the sample account needs that name",
            )


@cache
def sample_campaigns() -> tuple[Campaign, ...]:
    """The campaigns of the sample account."""
    return tuple(_read())


def _read() -> Iterator[Campaign]:
    for body in orjson.loads(HISTORY.read_bytes()):
        yield Campaign.model_validate_json(orjson.dumps(body))
