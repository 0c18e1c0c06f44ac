"""Arrays survive as bytes, nothing that is pickled is read, and damage is noticed."""

import io
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from reflection.stats.array_bytes import NOISE, packed, unpacked

numbers = arrays.arrays(
    st.sampled_from([np.float32, np.float64, np.uint8, np.int64]), arrays.array_shapes(min_dims=0, min_side=0)
)


@given(named=st.dictionaries(st.sampled_from(["ctr", "ctr.mean", "state"]), numbers, max_size=3))
def test_any_arrays_come_back_bit_for_bit(named: dict[str, np.ndarray]) -> None:
    back = unpacked(packed(named))

    assert list(back) == list(named)
    for name, array in named.items():
        assert (back[name].dtype, back[name].shape, back[name].tobytes()) == (
            array.dtype, array.shape, array.tobytes()
        )  # fmt: skip
        assert not back[name].flags.writeable


def test_equal_arrays_give_equal_bytes() -> None:
    assert packed({"a": np.arange(3)}) == packed({"a": np.arange(3)})


def test_nothing_is_pickled_nor_unpickled() -> None:
    objects = np.array([{}], dtype=object)
    file = io.BytesIO()
    np.savez(file, allow_pickle=True, a=objects)

    with pytest.raises(ValueError, match="allow_pickle"):
        packed({"a": objects})
    with pytest.raises(ValueError, match="allow_pickle"):
        unpacked(zlib.compress(file.getvalue()))


@pytest.mark.parametrize("level", [NOISE, 1])
def test_damage_is_refused_wherever_it_is(level: int) -> None:
    data = packed({"a": np.arange(5.0), "b": np.zeros((2, 3), dtype=np.float32)}, level)

    for place in range(len(data)):
        with pytest.raises(ValueError, match="damaged"):
            unpacked(data[:place] + bytes([data[place] ^ 0xFF]) + data[place + 1 :])
        with pytest.raises(ValueError, match="damaged"):
            unpacked(data[:place])
