"""What is asked of one fit beside the evidence. Must not know what is made of it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from reflection.domain.bookable import Definition, EvidenceFloor
from reflection.domain.creative_knowledge import CreativeTexts
from reflection.domain.events import Event
from reflection.domain.experiment import Experiment


@dataclass(frozen=True, slots=True, kw_only=True)
class FitRequest:
    """What is asked of one fit, beside the evidence.

    Attributes:
        accepted: ids of campaigns that somebody accepted although they look like tracking faults.
        goal: ``roas``, ``conversions_per_spend``, or ``auto``: ROAS where most campaigns give revenue.
        seq, epoch: what the result is labelled with.
        as_of: the instant of the fit, RFC 3339: conversions of campaigns that are not complete by then wait
            (`maturity`); without one nothing waits.
        spellings: how campaigns spell their signals (`signals.usual_among`), for every sentence.
        definitions: what campaigns booked (`bookable.agreed`); without any nothing can be recommended.
        floor: evidence that a finding or an advice needs at least.
        experiments: every randomised experiment, in any order.
        texts: of creatives, and the scores these were given before they ran.
        events: what people wrote down, in any order.
    """

    accepted: Collection[str] = ()
    goal: str = "auto"
    seq: int = 0
    epoch: int = 1
    as_of: str | None = None
    spellings: Mapping[str, str] = field(default_factory=dict)
    definitions: Sequence[Definition] = ()
    floor: EvidenceFloor = field(default_factory=EvidenceFloor)
    experiments: Sequence[Experiment] = ()
    texts: CreativeTexts = field(default_factory=CreativeTexts)
    events: Sequence[Event] = ()
