"""What makes a long relearn go on where it was stopped: its costly steps, kept as pieces.

A piece is looked up by a digest of everything it was made from, and by nothing else: evidence that was read is used
again where every payload is the same byte for byte, a metric's fit where the whole table is. So whatever happened to
the ledger in between, a resumed relearn ends in the bits of one that never stopped. Knows ports, no adapters: where
pieces are kept is the matter of `Checkpoints`.
"""

import dataclasses
import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from itertools import islice
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from reflection.domain.evidence import decode
from reflection.inference.dataset import EvidenceTable, Gathered
from reflection.inference.fit import FittedMetric
from reflection.stats.columns import Layout
from reflection.stats.design import Stratum
from reflection.stats.empirical_bayes import Fit

SEGMENT = 50_000
"""Campaigns of a piece of evidence: about a second of reading, and 17 MB."""

_POSITION = "position"
_GATHERED = b"with planned sizes"
"""What a piece of evidence holds; another text where that changes, so that an older version's pieces are not taken."""

Piece = Mapping[str, NDArray[Any]]
Tell = Callable[[str], object]
"""Told in one sentence what a person should know."""


class Pieces(Protocol):
    """The pieces of one relearn."""

    def load(self, name: str, key: str) -> Piece | None:
        """The piece of that name if it is whole and was made from what `key` names, else None."""

    def save(self, name: str, key: str, piece: Piece) -> None:
        """Keep a piece in the place of an earlier one of that name, or do without when that cannot be done."""


class Checkpoints(Protocol):
    """Where the pieces of stopped relearns are."""

    def open(self, workspace: str, tell: Tell) -> AbstractContextManager[Pieces]:
        """The pieces of a workspace, which are removed when the block ends without an error."""


class NoPieces:
    """Keeps nothing: learning in the background begins anew, with the evidence of that moment."""

    def load(self, name: str, key: str) -> Piece | None:
        """None."""
        return None

    def save(self, name: str, key: str, piece: Piece) -> None:
        """Nothing."""

    @contextmanager
    def open(self, workspace: str, tell: Tell) -> Iterator[Pieces]:
        """These pieces, for every workspace."""
        yield self


class Announced:
    """Pieces that say once where work goes on: at the first step that has to be done, when an earlier one had not.

    Args:
        at: how many per cent are done now.
    """

    def __init__(self, pieces: Pieces, tell: Tell, at: Callable[[], int]) -> None:
        self._pieces, self._tell, self._at = pieces, tell, at
        self._found = False

    def load(self, name: str, key: str) -> Piece | None:
        """The piece, as the pieces behind say."""
        piece = self._pieces.load(name, key)
        if piece is None:
            self.announce()
        else:
            self._found = True
        return piece

    def save(self, name: str, key: str, piece: Piece) -> None:
        """Keep a piece."""
        self._pieces.save(name, key, piece)

    def announce(self) -> None:
        """Say where work goes on, if anything was found and it has not been said."""
        if self._found:
            self._tell(f"going on from {self._at()} %, where an earlier relearn was stopped")
        self._found = False


def position(pieces: Pieces, learnt: int, last: int, tell: Tell) -> int:
    """The ledger entry up to which to learn: where the stopped relearn stood, as long as nobody has learnt more.

    What counted at that entry does not depend on anything written later, so its pieces are good beside a server that
    goes on writing. What was written since is for the next learning.

    Args:
        learnt: the last entry that the stored knowledge has taken in.
        last: the ledger's last entry.
    """
    kept = pieces.load(_POSITION, "")
    stopped = int(kept["seq"][()]) if kept is not None else -1
    if stopped >= 0 and not learnt <= stopped <= last:
        tell("newer evidence was learnt since the earlier relearn; what does not hold any longer is done again")
    seq = stopped if learnt <= stopped <= last else last
    pieces.save(_POSITION, "", {"seq": np.array(seq)})
    return seq


def gather(payloads: Iterable[bytes], pieces: Pieces) -> Gathered:
    """Gather the evidence of these payloads; what was gathered of the same ones before is not decoded again."""
    gathered, seen, source = Gathered(), hashlib.sha256(_GATHERED), iter(payloads)
    number = 0
    while some := list(islice(source, SEGMENT)):
        for payload in some:
            seen.update(payload)
        _gather_some(gathered, some, pieces, f"evidence-{number:05d}", seen.hexdigest())
        number += 1
    return gathered


def _gather_some(gathered: Gathered, some: list[bytes], pieces: Pieces, name: str, key: str) -> None:
    whole = len(some) == SEGMENT  # the rest is read in less than a second
    piece = pieces.load(name, key) if whole else None
    if piece is not None:
        gathered.extend(piece)
        return
    before = gathered.mark()
    for payload in some:
        gathered.add(decode(payload))
    if whole:
        pieces.save(name, key, gathered.since(before))


class KeptFits:
    """Fits of metrics that are done, for `fit_metrics`."""

    def __init__(self, pieces: Pieces) -> None:
        self._pieces = pieces
        self._of: tuple[EvidenceTable, str] | None = None

    def load(self, name: str, table: EvidenceTable, layout: Layout) -> FittedMetric | None:
        """A metric's fit to exactly this table, bit for bit as it was; None where there is none."""
        piece = self._pieces.load(f"fit-{name}", self._key(table))
        return None if piece is None else _fitted(name, layout, piece)

    def save(self, metric: FittedMetric, table: EvidenceTable) -> None:
        """Keep a metric's fit to this table."""
        self._pieces.save(f"fit-{metric.name}", self._key(table), _arrays(metric))

    def _key(self, table: EvidenceTable) -> str:
        if self._of is None or self._of[0] is not table:
            self._of = table, table.digest()
        return self._of[1]


def _arrays(metric: FittedMetric) -> dict[str, NDArray[Any]]:
    """Every field of the fit but its layout, which follows from the table."""
    fit = metric.fit
    found = {
        field.name: np.asarray(getattr(fit, field.name))
        for field in dataclasses.fields(fit)
        if field.name not in ("layout", "sigma")
    }
    strata = np.array([int(stratum) for stratum in fit.sigma], dtype=np.int64)
    scatter = np.array(list(fit.sigma.values()), dtype=np.float64)
    of_metric = {"reference": np.asarray(metric.reference), "left_out": metric.left_out}
    return {**found, "strata": strata, "scatter": scatter, **of_metric}


def _fitted(name: str, layout: Layout, piece: Piece) -> FittedMetric:
    fields: dict[str, Any] = dict(piece)
    strata, scatter = fields.pop("strata").tolist(), fields.pop("scatter").tolist()
    reference, left_out = float(fields.pop("reference")), fields.pop("left_out")
    fields["sigma"] = {Stratum(stratum): value for stratum, value in zip(strata, scatter, strict=True)}
    fields["rows"], fields["log_bayes_factor"] = int(fields["rows"]), float(fields["log_bayes_factor"])
    return FittedMetric(name, Fit(layout=layout, **fields), reference, left_out)
