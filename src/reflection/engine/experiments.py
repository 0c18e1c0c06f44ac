"""Randomised experiments end to end: written down, ordered, and read back with what they say and what was learnt.

Knows ports; must not know how results are learnt from, nor where they are kept.
"""

from collections.abc import Sequence
from typing import Any, Protocol

from pydantic import ValidationError

from reflection.domain import signals
from reflection.domain.experiment import Arm, Experiment, TestOrder
from reflection.domain.knowledge import Knowledge
from reflection.domain.metrics import METRICS
from reflection.domain.next_test import NextTest
from reflection.domain.no_test import NOTHING, no_test
from reflection.domain.ports import Store
from reflection.errors import Conflict, InvalidInput
from reflection.inference.trials.experiment_results import results_of
from reflection.inference.trials.experiments import wrong_split

Row = dict[str, Any]


class Book(Protocol):
    """Where experiments are kept."""

    def add(self, workspace: str, items: Sequence[Experiment]) -> Sequence[tuple[str, str]]:
        """Write them down, all or none; (id, outcome) of each."""

    def list(self, workspace: str, *, after: str = "", limit: int = 100) -> tuple[list[Row], str | None]:
        """A page of rows by id, and the cursor of the next."""

    def get(self, workspace: str, experiment_id: str) -> Row:
        """One row."""

    def remove(self, workspace: str, experiment_id: str) -> Row:
        """Take one back."""


class Experiments:
    """The verbs of experiments, of every workspace."""

    def __init__(self, book: Book, store: Store) -> None:
        self._book, self._store = book, store

    def add(self, workspace: str, items: Sequence[Experiment]) -> dict[str, Any]:
        """Write experiments down in one transaction: {items: [{..., outcome}]}; they are learnt from soon.

        Raises:
            Conflict: the workspace has as many as it may have.
        """
        outcomes = dict(self._book.add(workspace, items))
        knowledge = self._store.knowledge(workspace)
        stored = ((self._book.get(workspace, name), outcome) for name, outcome in outcomes.items())
        return {"items": [{**_experiment_row(row, knowledge), "outcome": outcome} for row, outcome in stored]}

    def page(self, workspace: str, cursor: str | None = None, limit: int = 100) -> dict[str, Any]:
        """Experiments by id: {items, next_cursor, as_of, pending}."""
        rows, following = self._book.list(workspace, after=cursor or "", limit=limit)
        with self._store.snapshot(workspace) as snapshot:
            knowledge, freshness = snapshot.knowledge(), snapshot.freshness()
        return {
            "items": [_experiment_row(row, knowledge) for row in rows],
            "next_cursor": following,
            **freshness,
        }

    def show(self, workspace: str, experiment_id: str) -> dict[str, Any]:
        """One experiment with what it says and whether it was learnt from.

        Raises:
            NotFound: there is no such experiment.
        """
        return _experiment_row(self._book.get(workspace, experiment_id), self._store.knowledge(workspace))

    def remove(self, workspace: str, experiment_id: str) -> dict[str, Any]:
        """Take one back; what it taught goes with the next fit. Answers what it was.

        Raises:
            NotFound: there is no such experiment.
        """
        row = self._book.remove(workspace, experiment_id)
        return _experiment_row(row, self._store.knowledge(workspace))

    def order(self, workspace: str, order: TestOrder) -> dict[str, Any]:
        """Write the next test down as an experiment without results; the same order again is the same experiment.

        Raises:
            Conflict: nothing is worth testing now, and the order does not say what to test.
            InvalidInput: what it says cannot be tested.
        """
        knowledge = self._store.knowledge(workspace)
        experiment = _ordered(order, knowledge)
        return self.add(workspace, [experiment])["items"][0]  # type: ignore[no-any-return]


def _experiment_row(row: Row, knowledge: Knowledge) -> dict[str, Any]:
    """A stored experiment with its results and its state."""
    experiment = Experiment.model_validate_json(row["body"])
    state, reason = _state(experiment, knowledge)
    return {
        "experiment_id": row["experiment_id"],
        **experiment.model_dump(mode="json", exclude={"experiment_id", "arms"}),
        "arms": [arm.model_dump(mode="json", exclude_defaults=True) for arm in experiment.arms],
        "state": state,
        "reason": reason,
        **results_of(experiment),
        "created_at": row["created_at"],
        "updated_at": row["updated_at"],
    }


def _state(experiment: Experiment, knowledge: Knowledge) -> tuple[str, str | None]:
    """``ordered``, ``held``, ``waiting`` or ``learnt``, and why where that needs a reason."""
    if not experiment.has_results:
        return "ordered", None
    reason = knowledge.experiments.reasons.get(experiment.id)
    if wrong_split(experiment):
        return "held", reason or "the arms did not get the shares that were planned"
    if experiment.kind != "ab":
        has_results = bool(results_of(experiment)["studies"])
        needs = "it needs incremental conversions with their standard error"
        return (
            ("learnt", None) if has_results else ("held", needs if experiment.kind == "geo" else f"{needs}, or counts")
        )
    if reason is None:
        return "waiting", "it is learnt from at the next fit, with at least three campaigns"
    return ("waiting", reason) if reason else ("learnt", None)


def _ordered(order: TestOrder, knowledge: Knowledge) -> Experiment:
    """The experiment that an order asks for."""
    tests = {one.key: one.total.test for one in knowledge.bookables if one.total}
    test = knowledge.next_test if order.signal is None else tests.get(order.signal)
    if order.signal is not None and test is None:
        if order.against is None:
            raise InvalidInput("say what it is to be compared with", field="against")
        return _experiment(order, None, knowledge, order.signal, order.against)
    if test is None or test.against is None:
        raise Conflict(no_test(knowledge) or NOTHING, hint="name `signal` and `against` to order a test all the same")
    return _experiment(order, test, knowledge, test.signal_key, order.against or test.against)


def _experiment(
    order: TestOrder, test: NextTest | None, knowledge: Knowledge, challenger: str, holder: str
) -> Experiment:
    share = order.share or (test.share if test else None) or 0.5
    goal = test.metric if test else knowledge.goal_metric
    arms = (
        _arm(holder, knowledge, control=True, share=1.0 - share),
        _arm(challenger, knowledge, control=False, share=share),
    )
    if arms[0].booked == arms[1].booked:
        raise InvalidInput("a test compares two different things", field="against")
    return Experiment(
        name=f"{arms[1].name} or {arms[0].name}: {METRICS[goal].label}"[:200],
        days=order.days or (test.days if test else None),
        budget=order.budget if order.budget is not None else (test.spend if test else None),
        currency=knowledge.currency,
        smallest_effect=order.smallest_effect,
        arms=arms,
    )


def _arm(key: str, knowledge: Knowledge, *, control: bool, share: float) -> Arm:
    """The arm that books a signal, under the name that campaigns give it."""
    signal = signals.parse(key)
    name = signals.level_text(key, knowledge.spellings)
    booked: dict[str, Any] = {"signals": (key,)}
    if signal.group in (signals.PLATFORM, signals.AUDIENCE, signals.CREATIVE):
        booked = {signal.group: name}
    try:
        return Arm(name=signals.label_of(key, knowledge.spellings)[:200], control=control, share=share, **booked)
    except ValidationError:  # nothing is called so
        raise InvalidInput(
            f"'{key[:100]}' is no signal that can be tested", hint="such as `creative:crt_video`"
        ) from None
