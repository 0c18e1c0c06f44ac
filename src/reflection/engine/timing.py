"""How long the stages of an analysis take, told to whoever wants to know. Must not know who listens."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Observer = Callable[[str, float], None]
"""Told the name of a stage and the seconds it took; must not raise."""


def unobserved(_stage: str, _seconds: float) -> None:
    """Nobody wants to know."""


@contextmanager
def timed(observe: Observer, stage: str) -> Iterator[None]:
    """Tell the observer how long the block took, also when it failed."""
    began = time.perf_counter()
    try:
        yield
    finally:
        observe(stage, time.perf_counter() - began)
