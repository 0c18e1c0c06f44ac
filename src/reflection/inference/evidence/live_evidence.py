"""The live evidence of a workspace, read from the store as often as it is asked for, campaign by campaign.

A million campaigns are never in memory as objects. Must not know what is learnt of them.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from reflection.domain.evidence import Evidence, decode
from reflection.domain.ports import Store

PROGRESS_EVERY = 10_000
"""Campaigns between two words of how far the reading is."""


def _silent(share: float) -> None:
    """A progress that nobody watches."""


@dataclass(frozen=True, eq=False)
class LiveEvidence:
    """The evidence that counts as the ledger ended at entry `upto`; each reading gives the same.

    Attributes:
        progress: told which share is read.
    """

    store: Store
    workspace: str
    upto: int
    progress: Callable[[float], object] = _silent

    def __iter__(self) -> Iterator[Evidence]:
        for _, payload in self.payloads():
            yield decode(payload)

    def payloads(self) -> Iterator[tuple[str, bytes]]:
        """Id and evidence of each campaign, as bytes (`domain.evidence.decode`)."""
        for number, one in enumerate(self.store.live_evidence(self.workspace, self.upto)):
            if number % PROGRESS_EVERY == 0:
                self.progress(min(number / max(self.upto, 1), 1.0))
            yield one
        self.progress(1.0)
