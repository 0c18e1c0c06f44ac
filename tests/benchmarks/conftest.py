"""The benchmarks' own parts, which are scripts beside the package and not modules of it."""

import importlib
import sys
from pathlib import Path
from types import ModuleType

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(scope="session")
def filling() -> ModuleType:
    return _script("filling")


@pytest.fixture(scope="session")
def http_speed() -> ModuleType:
    return _script("http_speed")


@pytest.fixture(scope="session")
def streams() -> ModuleType:
    return _script("streams")


@pytest.fixture(scope="session")
def postgres_speed() -> ModuleType:
    return _script("postgres_speed")


@pytest.fixture(scope="session")
def closed_loop() -> ModuleType:
    return _script("closed_loop")


@pytest.fixture(scope="session")
def peeking() -> ModuleType:
    return _script("peeking")


@pytest.fixture(scope="session")
def worlds_of_pairs() -> ModuleType:
    return _script("worlds_of_pairs")


@pytest.fixture(scope="session")
def worlds_of_outsiders() -> ModuleType:
    return _script("worlds_of_outsiders")


@pytest.fixture(scope="session")
def worlds_of_plans() -> ModuleType:
    return _script("worlds_of_plans")


@pytest.fixture(scope="session")
def worlds_in_time() -> ModuleType:
    return _script("worlds_in_time")


@pytest.fixture(scope="session")
def worlds_of_events() -> ModuleType:
    return _script("worlds_of_events")


@pytest.fixture(scope="session")
def worlds_of_seasons() -> ModuleType:
    return _script("worlds_of_seasons")


def _script(name: str) -> ModuleType:
    if str(BENCHMARKS) not in sys.path:
        sys.path.append(str(BENCHMARKS))
    return importlib.import_module(name)
