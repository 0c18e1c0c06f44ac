"""Learning everything again beside what is stored, and comparing the two bit for bit.

What is known must be a function of the ledger: if it is not, somebody changed rows by hand, a disk lied, or the method
changed since. Reads only; mending is `relearn`. Knows ports, no adapters.
"""

from collections.abc import Collection
from typing import Any

import orjson

from reflection.domain.conversion_kind import plural
from reflection.domain.experiment import Experiment
from reflection.domain.knowledge import Knowledge
from reflection.domain.ports import Store
from reflection.inference.evidence.live_evidence import LiveEvidence
from reflection.inference.fit_request import FitRequest
from reflection.inference.fits.fit import one_thread
from reflection.inference.learn import learn

_PARTS = (
    "campaigns", "goal_metric", "currency", "effects", "findings", "weights", "bookables", "held", "reason",
)  # fmt: skip


def differences(store: Store, workspace: str) -> list[str]:
    """What is known that the ledger does not say, one sentence per part; empty when they agree.

    Compared as of the entry that the stored knowledge had taken in, so a workspace that is behind can be checked too.
    """
    knowledge = store.knowledge(workspace)
    if not knowledge.seq or store.experiment_changes(workspace) != knowledge.experiments.changes:
        return []  # experiments have no history: those that the fit had taken in are not known any more
    accepted = store.accepted(workspace)
    later = {entry.campaign_id for entry in store.ledger(workspace, knowledge.seq)}
    candidates = [accepted, accepted - later] if later & accepted else [accepted]
    differing = [compared(knowledge, recomputed(store, workspace, knowledge, names)) for names in candidates]
    wrong = [] if [] in differing else differing[0]
    return [f"{workspace}: {part} stored are not what the ledger says; 'relearn' makes them again" for part in wrong]


def recomputed(store: Store, workspace: str, knowledge: Knowledge, accepted: Collection[str]) -> Knowledge:
    """What the ledger says as of the entry and the goal of `knowledge`."""
    bookables = [one for goal in knowledge.every_goal for one in goal.bookables]
    with one_thread():  # as the learner does: sums in the same order, whatever the machine's cores
        request = FitRequest(
            accepted=accepted,
            goal=knowledge.diagnostics.get("goal", knowledge.goal_metric),
            seq=knowledge.seq,
            epoch=knowledge.epoch,
            as_of=knowledge.as_of,
            spellings=knowledge.spellings,
            floor=knowledge.floor,
            definitions=list(
                {one.definition.key: one.definition for one in bookables if one.definition.kind != "pair"}.values()
            ),
            experiments=[Experiment.model_validate_json(body) for body in store.experiments(workspace).bodies],
        )
        return learn(LiveEvidence(store, workspace, knowledge.seq), request)


def compared(knowledge: Knowledge, again: Knowledge) -> list[str]:
    """Names of the parts of what is known that differ, bit for bit."""
    wrong = [part for part in _PARTS if _text(getattr(knowledge, part)) != _text(getattr(again, part))]
    wrong += ["posteriors"] if _bits(knowledge) != _bits(again) else []
    if [goal.kind for goal in knowledge.goals] != [goal.kind for goal in again.goals]:
        return [*wrong, "goals"]
    for before, after in zip(knowledge.goals, again.goals, strict=True):
        wrong += [f"{part} of {plural(before.kind)}" for part in compared(before, after)]
    return wrong


def _text(part: Any) -> bytes:
    """As JSON, which writes every bit of a number; what was stored has lists where tuples were."""
    return orjson.dumps(part, default=dict, option=orjson.OPT_SERIALIZE_NUMPY)


def _bits(knowledge: Knowledge) -> dict[str, tuple[Any, ...]]:
    return {
        metric: (
            posterior.features,
            posterior.sigma,
            dict(posterior.tau),
            posterior.reference,
            posterior.draws.shape,
            posterior.draws.tobytes(),
            None if posterior.own is None else (posterior.own.campaigns.tobytes(), posterior.own.mean.tobytes()),
        )
        for metric, posterior in knowledge.posteriors.items()
    }
