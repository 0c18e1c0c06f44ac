"""What somebody asks for who orders a test. Must not know what is worth testing."""

from typing import Annotated

from pydantic import Field

from reflection.domain.campaign import Money, Strict
from reflection.domain.experiment import ShareOfTest, SignalKey, SmallestEffect


class TestOrder(Strict):
    """A test to run next; what is left out is as the engine proposes it."""

    __test__ = False  # pytest would take it for a class of tests

    signal: Annotated[SignalKey | None, Field(description="what to test; the proposed one without it")] = None
    against: Annotated[SignalKey | None, Field(description="what to compare it with")] = None
    budget: Annotated[Money | None, Field(description="what all arms together may cost")] = None
    days: Annotated[int | None, Field(ge=1, le=1000)] = None
    share: Annotated[ShareOfTest | None, Field(description="of what is tested")] = None
    smallest_effect: Annotated[SmallestEffect, Field(description="log lift worth knowing")] = 0.1
