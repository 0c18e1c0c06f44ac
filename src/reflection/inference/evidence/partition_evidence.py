"""The evidence of a partition, read: its columns, and what is said of it before any are chosen.

Must not know where evidence is stored, nor what is learnt of it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from reflection.domain.creative_knowledge import CreativeTexts
from reflection.domain.evidence import Evidence
from reflection.domain.maturity import EvidenceOfDay, WaitingCampaigns
from reflection.inference.evidence.creative_cells import CreativeCells
from reflection.inference.evidence.dataset import DatasetBuilder
from reflection.inference.evidence.name_counts import CommonNames, NameCounter, NameCounts


@dataclass(frozen=True, eq=False)
class PartitionEvidence:
    """The evidence of a partition.

    Attributes:
        waiting: which conversions wait (`maturity.EvidenceOfDay`).
        creatives: which creative the rows of campaigns with texts are of (`CreativeCells`).
        names: how many campaigns have each (`name_counts`).
    """

    waiting: WaitingCampaigns
    creatives: Mapping[str, tuple[str | None, ...]]
    names: NameCounts
    _evidence: Iterable[Evidence]
    _as_of: str | None
    _whole: DatasetBuilder | None

    @classmethod
    def of(cls, evidence: Iterable[Evidence], as_of: str | None, texts: CreativeTexts) -> "PartitionEvidence":
        """Read a partition's evidence, as it is complete at an instant (RFC 3339; None asks for nothing).

        Raises:
            TypeError: it can be iterated only once, and could not be read again.
        """
        if isinstance(evidence, Iterator):
            raise TypeError("evidence has to be readable twice")
        complete = EvidenceOfDay(evidence, as_of)
        cells = CreativeCells(complete, texts)
        names = NameCounter(cells)
        whole = DatasetBuilder(names)
        kept = None if names.cut else whole
        return cls(complete.waiting, cells.by_campaign, names.counts, evidence, as_of, kept)

    def builder(self, common: CommonNames | None) -> DatasetBuilder:
        """The evidence as columns, with these names alone; None: with all of them."""
        if common is None and self._whole is not None:
            return self._whole
        complete = EvidenceOfDay(self._evidence, self._as_of)
        return DatasetBuilder(complete if common is None else common.of(complete))
