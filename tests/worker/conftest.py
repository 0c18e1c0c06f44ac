"""Shared by the tests of the worker."""

import time
from collections.abc import Callable

import pytest


def _until(condition: Callable[[], bool], seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.01)


@pytest.fixture
def until() -> Callable[..., None]:
    """until(condition, seconds=30.0): waits for what shall happen."""
    return _until
