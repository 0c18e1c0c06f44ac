"""A calibration as bytes and back, exactly: its arrays as npz, everything else as JSON by pydantic among them.

Must not know where it is kept. A state written by another layout version is not misread: it is answered with an empty
one, which the learner fills again from the ledger.
"""

import numpy as np
from pydantic import ConfigDict, TypeAdapter
from pydantic_core import from_json

from reflection.forecasting.calibration import EMPTY, Calibration
from reflection.stats.array_bytes import packed, unpacked

LAYOUT = "2"
"""Written into every state; counted up when a field of the state changes its meaning."""

_ARRAYS = ("mean", "covariance")
_STATE = TypeAdapter(Calibration | None, config=ConfigDict(arbitrary_types_allowed=True))
_WITHOUT_ARRAYS = {"metrics": {"__all__": {"belief": {*_ARRAYS, "_column"}}}}


def encode(state: Calibration) -> bytes:
    """A state as bytes; equal states give equal bytes."""
    text = _STATE.dump_json(state, exclude=_WITHOUT_ARRAYS)
    arrays = {
        f"{metric}.{name}": getattr(metric_state.belief, name)
        for metric, metric_state in state.metrics.items()
        if metric_state.belief is not None
        for name in _ARRAYS
    }
    return packed({"layout": np.array(LAYOUT), "state": np.frombuffer(text, np.uint8), **arrays})


def decode(data: bytes) -> Calibration:
    """The state of `encode`; an empty one for no bytes or another layout.

    Raises:
        ValueError: the bytes are damaged.
    """
    if not data:
        return EMPTY
    arrays = unpacked(data)
    if str(arrays["layout"]) != LAYOUT:
        return EMPTY
    fields = from_json(arrays["state"].tobytes())
    for metric, metric_fields in fields["metrics"].items():
        if metric_fields["belief"] is not None:
            metric_fields["belief"] |= {name: arrays[f"{metric}.{name}"] for name in _ARRAYS}
    return _STATE.validate_python(fields) or EMPTY
