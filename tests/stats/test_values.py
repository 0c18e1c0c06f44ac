"""Values of the learning core: nobody changes one that another holds, and arrays are never compared by accident."""

from __future__ import annotations

import dataclasses
import importlib
import pkgutil

import pytest

from reflection import stats
from reflection.stats.sums.block import Block
from reflection.stats.sums.sufficient_statistics import SufficientStatistics

MODULES = [importlib.import_module(each.name) for each in pkgutil.walk_packages(stats.__path__, f"{stats.__name__}.")]
VALUES = [
    value
    for module in MODULES
    for value in vars(module).values()
    if isinstance(value, type)
    and dataclasses.is_dataclass(value)
    and value.__module__ == module.__name__
    and not value.__name__.startswith("_")
    and value not in (SufficientStatistics, Block)  # what sums are added to
]
ARRAYS = ("Floats", "NDArray", "ndarray", "csr_array")
HOLDERS = [
    value for value in VALUES if any(name in str(field.type) for field in dataclasses.fields(value) for name in ARRAYS)
]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: value.__name__)
def test_a_value_cannot_be_changed(value: type) -> None:
    blank = object.__new__(value)
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(blank, dataclasses.fields(value)[0].name, None)


@pytest.mark.parametrize("value", HOLDERS, ids=lambda value: value.__name__)
def test_a_holder_of_arrays_is_equal_to_itself_only_and_can_be_a_key(value: type) -> None:
    """Equality by fields would ask an array whether it is true."""
    one, other = object.__new__(value), object.__new__(value)
    assert one == one
    assert one != other
    assert len({one, other}) == 2


def test_there_are_values_to_judge() -> None:
    assert len(VALUES) > 20
    assert len(HOLDERS) > 10
