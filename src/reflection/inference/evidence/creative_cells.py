"""Which creative each row of a campaign is of, remembered while the evidence of campaigns with texts is read.

Must not know what the rows say, nor what is learnt of a text.
"""

from collections.abc import Iterable, Iterator, Mapping

from reflection.domain import signals
from reflection.domain.creative_knowledge import CreativeTexts
from reflection.domain.evidence import Evidence

WHOLE_SHARE = 1.0 - 1e-9
"""A row is of one creative where its share is 1."""


class CreativeCells:
    """Evidence passed on as it is read, remembering which creative each row of the campaigns with texts is of."""

    def __init__(
        self,
        evidence: Iterable[Evidence],
        texts: CreativeTexts,
        by_campaign: Mapping[str, tuple[str | None, ...]] | None = None,
    ) -> None:
        self._evidence, self.texts = evidence, texts
        self.by_campaign = dict(by_campaign or {})

    def __iter__(self) -> Iterator[Evidence]:
        for item in self._evidence:
            self.see(item)
            yield item

    def asks(self, campaign_id: str) -> bool:
        """Whether a campaign has texts, and its rows are to be seen."""
        return bool(self.texts.by_campaign.get(campaign_id))

    def see(self, item: Evidence) -> None:
        """Remember the rows of a campaign with texts."""
        if self.asks(item.campaign_id):
            self.by_campaign[item.campaign_id] = tuple(_creative_of(cell.shares) for cell in item.cells)


def _creative_of(shares: Mapping[str, float]) -> str | None:
    """The creative that a row is of alone."""
    prefix = f"{signals.CREATIVE}:"
    return next((key for key, share in shares.items() if share > WHOLE_SHARE and key.startswith(prefix)), None)
