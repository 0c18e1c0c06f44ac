"""The learner: decides when to learn, and puts the result where everybody reads it.

Called behind the requests by a background thread, or inline at the end of a batch. Each time it takes in everything
that arrived meanwhile, from this process and from others. Knows ports; what learning is stands in learn.py.
"""

import dataclasses
import threading
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple, Protocol

import orjson

from reflection.domain import signals
from reflection.domain.bookable import Description, EvidenceFloor, agreed, descriptions_of
from reflection.domain.campaign import Campaign
from reflection.domain.creative_knowledge import CreativeTexts
from reflection.domain.experiment import MOST_EXPERIMENTS, Experiment
from reflection.domain.instants import is_over
from reflection.domain.knowledge import Knowledge
from reflection.domain.maturity import day_of
from reflection.domain.metrics import ScoreWeights
from reflection.domain.ports import Store
from reflection.engine.creative_texts import TextsOfCampaign, texts_of
from reflection.forecasting import calibration_blob, calibration_update
from reflection.inference.evidence.evidence_cache import EvidenceCache
from reflection.inference.evidence.live_evidence import LiveEvidence
from reflection.inference.evidence.partition_evidence import PartitionEvidence
from reflection.inference.evidence.partitions import InMemory, Partitions
from reflection.inference.fit_request import FitRequest
from reflection.inference.fits.fit import one_thread
from reflection.inference.learn import learn_partitions
from reflection.inference.weights import weights_for

CALIBRATED_ENTRIES = 3_000
"""A first load longer than this is calibrated on its last entries: older ones are outside every window (a full fit
rests on the last 2,000 campaigns, the width of intervals on the last 250 predictions)."""

LARGE = 10_000
"""Up to so many campaigns a fit takes two or three seconds, and every news is learnt at once."""

NEWS_A_CAMPAIGN, SECONDS_A_CAMPAIGN = 0.01, 0.01
"""For each campaign above it a fit waits for a hundredth of a new one, or until it is a hundredth of a second older (a
million campaigns: 9,900 new ones, or three hours): learning then takes about two per cent of the time."""

READ, FITTED, WHOLE = 30, 90, 100
"""How far learning is, in per cent: evidence read, metrics fitted, knowledge stored."""

Progress = Callable[[int, int], None]
"""Called with (per cent done, 100)."""

SPELT_BY = 1_000
"""Campaigns whose spelling of signals, bookings and texts are asked for: the newest, as people write and book today."""

OVERTAKEN = 3
"""How often a relearn begins again because a server meanwhile learnt from newer evidence, before it gives its own."""

SMALL = 32_768
"""Characters of a stored campaign up to which what it says is kept for the next fit."""


class _CampaignNames(NamedTuple):
    """How a campaign spells its signals, what it booked, and the texts of its creatives."""

    spellings: Mapping[str, str]
    descriptions: tuple[Description, ...]
    texts: TextsOfCampaign


class TextSource(Protocol):
    """Gathers the texts that a fit learns from."""

    def of(self, workspace: str, campaigns: Sequence[TextsOfCampaign]) -> CreativeTexts:
        """Those of campaigns, the newest first."""


def patience(campaigns: int) -> tuple[int, float]:
    """How many news a fit of so many campaigns is made for, and after how many seconds it is made for fewer."""
    beyond = max(campaigns - LARGE, 0)
    return max(int(beyond * NEWS_A_CAMPAIGN), 1), beyond * SECONDS_A_CAMPAIGN


def _names_in(body: str) -> _CampaignNames:
    """What a stored campaign says of itself; nearly all of a fit's newest were the last fit's, too."""
    return _names_before(body) if len(body) <= SMALL else _read(body)


@lru_cache(maxsize=2 * SPELT_BY)
def _names_before(body: str) -> _CampaignNames:
    return _read(body)


def _read(body: str) -> _CampaignNames:
    campaign = Campaign.model_validate_json(body)
    return _CampaignNames(signals.spellings_of(campaign), descriptions_of(campaign), texts_of(campaign))


@lru_cache(maxsize=MOST_EXPERIMENTS)
def _experiment(body: str) -> Experiment:
    """A stored experiment."""
    return Experiment.model_validate_json(body)


def _silent(done: int, total: int) -> None:
    """A progress that nobody watches."""


class PartitionSource(Protocol):
    """Reads large workspaces in partitions, elsewhere."""

    def read(
        self, workspace: str, upto: int, request: FitRequest, progress: Progress, campaigns: int
    ) -> Partitions[PartitionEvidence]:
        """The live evidence as the ledger ended at entry `upto`; `progress` is told partitions read, and all."""


class Learner:
    """Keeps the knowledge of every workspace up with its ledger; safe to call from several threads.

    Args:
        texts: where the texts of creatives come from; without it none are learnt from.
        cluster: where workspaces of at least `cluster_from` campaigns are read in partitions; without one all are read
            here.
        alone: whether nobody else, in any process, is at what is named, until the end of the block: of several workers
            one at a time learns a workspace.
    """

    def __init__(
        self,
        store: Store,
        *,
        goal: str = "auto",
        score_weights: ScoreWeights | None = None,
        floor: EvidenceFloor | None = None,
        texts: TextSource | None = None,
        cluster: PartitionSource | None = None,
        cluster_from: int = LARGE,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        alone: Callable[[str], AbstractContextManager[bool]] = lambda _: nullcontext(True),
    ) -> None:
        self._store = store
        self._goal = goal
        self._score_weights = score_weights or ScoreWeights()
        self._floor = floor or EvidenceFloor()
        self._texts = texts
        self._cluster, self._cluster_from = cluster, cluster_from
        self._clock = clock
        self._alone = alone
        self._one_at_a_time = threading.Lock()
        self._evidence = EvidenceCache()
        self._last_workspace = ""
        self._asked_on: date | None = None

    def learn_now(self, workspace: str) -> Knowledge:
        """Take in everything new and return what is known; does nothing when nothing is new."""
        with self._one_at_a_time:
            knowledge = self._store.knowledge(workspace)
            last = self._store.last_seq(workspace)
            news = self._matured(knowledge) or self._tested(workspace, knowledge)
            if last == knowledge.seq and not news:
                return knowledge
            learnt = self._learnt(workspace, last, _silent)
            return self._saved(workspace, learnt, knowledge, int(news))  # what was left out is calibrated, too

    def relearn(self, workspace: str, progress: Progress = _silent) -> Knowledge:
        """Learn everything again from the ledger, as a new epoch; safe beside other processes.

        Stores the result at the end and nothing before: one that is stopped, however hard, changes nothing. Never takes
        back what another process has learnt meanwhile from newer evidence: it then learns that, too.
        """
        with self._one_at_a_time:
            for _ in range(OVERTAKEN):
                learnt = self._learnt(workspace, self._store.last_seq(workspace), progress)
                knowledge = self._store.knowledge(workspace)
                if knowledge.seq <= learnt.seq:
                    break
            learnt = self._saved(workspace, learnt, knowledge, 1)
            progress(WHOLE, WHOLE)
            return learnt

    def lag(self, workspace: str) -> int:
        """Campaigns with changes that the stored knowledge has not taken in yet."""
        with self._store.snapshot(workspace) as snapshot:
            return snapshot.pending()

    def lags(self) -> dict[str, int]:
        """The `lag` of every workspace, each in its own campaigns."""
        behind = {name: self.lag(name) for name in self._store.behind()}
        return {name: behind.get(name, 0) for name in self._store.workspaces()}

    def learn_all(self, go_on: Callable[[], bool] = lambda: True) -> None:
        """Bring every workspace that is behind up to date, in turns, a large one when that is worth a fit (`due`).

        Looks anew before each, so that nobody waits longer than one fit of every workspace before it, and begins after
        the one it ended with: one that cannot be learnt, or is written to without end, keeps no other waiting. Once a
        day it also asks those to which nobody wrote, whose conversions may have become complete.
        """
        served, today = set[str](), self._clock().astimezone(UTC).date()
        candidates = self._store.behind if today == self._asked_on else self._store.workspaces
        while go_on():
            workspace = self._next([name for name in candidates() if name not in served])
            if workspace is None:
                self._asked_on = today
                return
            served.add(workspace)
            self._last_workspace = workspace
            with self._alone(f"learn {workspace}") as nobody_else:
                if nobody_else:
                    self.learn_now(workspace)

    def _next(self, names: list[str]) -> str | None:
        """Whose turn it is of those that are due; None where nobody's."""
        begin = bisect_right(names, self._last_workspace)
        return next((name for name in names[begin:] + names[:begin] if self.due(name)), None)

    def due(self, workspace: str) -> bool:
        """Whether a workspace is behind, and if it is large, by enough new entries or for long enough."""
        stored, lag = self._store.knowledge(workspace), self.lag(workspace)
        if self._matured(stored) or self._tested(workspace, stored):
            return True
        news, seconds = patience(stored.campaigns)
        if not lag or lag >= news or stored.as_of is None:
            return lag > 0
        return is_over(datetime.fromisoformat(stored.as_of), self._clock(), timedelta(seconds=seconds))

    def _matured(self, knowledge: Knowledge) -> bool:
        """Whether conversions that the last fit had to leave waiting are complete by now."""
        return knowledge.complete_since(self._clock().astimezone(UTC).date())

    def _tested(self, workspace: str, knowledge: Knowledge) -> bool:
        """Whether experiments or events were added, changed or removed since a fit."""
        return self._store.experiment_changes(workspace) != knowledge.experiments.changes

    def _learnt(self, workspace: str, seq: int, progress: Progress) -> Knowledge:
        """What the ledger says up to an entry."""
        progress(0, WHOLE)
        newest = [_names_in(body) for body in self._store.newest_campaigns(workspace, SPELT_BY)]
        texts = self._texts.of(workspace, [names.texts for names in newest]) if self._texts else CreativeTexts()
        tested = self._store.experiments(workspace)
        request = FitRequest(
            accepted=self._store.accepted(workspace),
            goal=self._goal,
            seq=seq,
            as_of=self._clock().isoformat(timespec="milliseconds"),
            spellings=signals.usual_among(names.spellings for names in newest),
            definitions=agreed(names.descriptions for names in newest),
            floor=self._floor,
            experiments=[_experiment(body) for body in tested.bodies],
            texts=texts,
            events=tested.events,
        )
        with one_thread():  # so that a recheck finds the same bits
            learnt = learn_partitions(
                self._partitions(workspace, seq, request, progress),
                request,
                progress=lambda share: progress(READ + int((FITTED - READ) * share), WHOLE),
            )
        progress(FITTED, WHOLE)
        diagnostics = {**learnt.diagnostics, "experiment_changes": tested.changes}
        return dataclasses.replace(learnt, diagnostics=diagnostics) if tested.changes else learnt

    def _saved(self, workspace: str, learnt: Knowledge, before: Knowledge, new_epochs: int) -> Knowledge:
        grown = (learnt.campaigns + len(learnt.held)).bit_length()
        learnt = dataclasses.replace(learnt, epoch=max(before.epoch + new_epochs, grown))
        learnt = self._calibrated(workspace, learnt, before, start_over=bool(new_epochs))
        self._store.save_knowledge(workspace, learnt, {"weights.json": self._weights(learnt)}, rests_on=learnt.seq)
        return self._store.knowledge(workspace)

    def _partitions(
        self, workspace: str, seq: int, request: FitRequest, progress: Progress
    ) -> Partitions[PartitionEvidence]:
        """The live evidence up to an entry: in this process, or where it is large, and there is a cluster, there."""
        if self._cluster is not None:
            campaigns = self._store.knowledge(workspace).campaigns + self.lag(workspace)
            if campaigns >= self._cluster_from:

                def read(done: int, count: int) -> None:
                    progress(READ * done // count, WHOLE)

                return self._cluster.read(workspace, seq, request, read, campaigns)
        live = LiveEvidence(self._store, workspace, seq, lambda share: progress(int(READ * share), WHOLE))
        return InMemory([self._evidence.evidence_of(live, request.as_of, request.texts)])

    def _calibrated(self, workspace: str, learnt: Knowledge, before: Knowledge, *, start_over: bool) -> Knowledge:
        """Fold the new ledger entries, in their order, into the calibration of forecasts."""
        old = calibration_blob.decode(b"" if start_over else before.calibration)
        after = max(old.seq, learnt.seq - CALIBRATED_ENTRIES)
        with one_thread():  # many tiny systems: threads would only fight
            entries = self._store.ledger(workspace, after)
            state = calibration_update.fold(entries, old, held=learnt.held, day=day_of(learnt.as_of))
        return dataclasses.replace(learnt, calibration=calibration_blob.encode(state))

    def _weights(self, knowledge: Knowledge) -> bytes:
        weights = weights_for(knowledge, self._score_weights, generated_at=knowledge.as_of or "")
        return orjson.dumps(weights, option=orjson.OPT_INDENT_2)
