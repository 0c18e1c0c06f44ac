"""A learning in a line: what lists of learnings are made from. Must not know how it is stored or believed."""

from typing import NamedTuple


class LearningSummary(NamedTuple):
    """A learning without its numbers; `worth` is what it counts when it is ranked, 0 to 1."""

    learning_id: str
    signal_key: str
    context: str
    metric: str
    state: str
    worth: float = 0.0

    def about(self) -> tuple[tuple[str, str], str]:
        """What it speaks of, and on which metric."""
        return (self.signal_key, self.context), self.metric
