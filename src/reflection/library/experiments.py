"""Experiments through the Python door: `engine.experiments`.

Answers are those of the HTTP interface. Must not know the store.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import orjson

from reflection.domain.experiment import TestOrder
from reflection.domain.validation import read
from reflection.engine.experiments import Experiments
from reflection.ingest.experiment_rows import experiments_of_json


class ExperimentDoor:
    """Randomised experiments of one workspace.

    Args:
        learn: takes in what changed.
    """

    def __init__(self, experiments: Experiments, workspace: str, learn: Callable[[], None]) -> None:
        self._experiments, self._workspace, self._learn = experiments, workspace, learn

    def add(self, experiments: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Write one or several down, as POST /v1/experiments, and learn: {items}.

        Raises:
            InvalidInput: one of them is no experiment; nothing was stored.
        """
        answer = self._experiments.add(self._workspace, experiments_of_json(orjson.dumps(experiments)))
        self._learn()
        return {"items": [self.show(item["experiment_id"]) | {"outcome": item["outcome"]} for item in answer["items"]]}

    def list(self, cursor: str | None = None, limit: int = 100) -> dict[str, Any]:
        """A page of experiments: {items, next_cursor, as_of, pending}."""
        return self._experiments.page(self._workspace, cursor, limit)

    def show(self, experiment_id: str) -> dict[str, Any]:
        """One experiment with what it says, and whether it was learnt from.

        Raises:
            NotFound: there is no such experiment.
        """
        return self._experiments.show(self._workspace, experiment_id)

    def remove(self, experiment_id: str) -> dict[str, Any]:
        """Take one back, and learn without it; answers what it was.

        Raises:
            NotFound: there is no such experiment.
        """
        answer = self._experiments.remove(self._workspace, experiment_id)
        self._learn()
        return answer

    def order(self, **order: Any) -> dict[str, Any]:
        """Write the next test down, as POST /v1/experiments/next; fields as there.

        Raises:
            Conflict: nothing is worth testing now, and the order does not say what to test.
        """
        return self._experiments.order(self._workspace, read(TestOrder, order))
