"""Knowledge as bytes and back, exactly: compressed JSON, and the draws as one compressed float32 blob.

Must not know where the bytes are kept. `FORMAT` changes by itself when a field of the values changes, so that
a
fit written by another version is never misread: it is ignored and learnt again.
"""

import dataclasses
import hashlib
import json
import zlib
from collections.abc import Mapping
from typing import Any, TypeVar

import numpy as np

from reflection.domain.knowledge import Effect, Knowledge, MetricPosterior
from reflection.domain.results import Finding, NextTest, SignalWeight
from reflection.errors import LearningError

_LEVEL = 1  # draws are noise to a compressor; a higher level costs time and gains nothing
_LITTLE_FLOAT = np.dtype("<f4")
_VALUES = (Knowledge, Effect, Finding, SignalWeight, MetricPosterior, NextTest)
_Value = TypeVar("_Value")


def _format() -> str:
    fields = [f"{cls.__name__}.{item.name}" for cls in _VALUES for item in dataclasses.fields(cls)]
    return hashlib.sha256(" ".join(fields).encode()).hexdigest()[:12]


FORMAT = _format()


def encode(knowledge: Knowledge) -> tuple[bytes, bytes]:
    """Body and draws as compressed bytes.

    Raises:
        LearningError: a number is not finite; it would not survive as JSON, and must not be served.
    """
    posteriors = {
        metric: {
            "features": list(posterior.features),
            "draws": list(posterior.draws.shape),
            "sigma": posterior.sigma,
            "tau": dict(posterior.tau),
            "reference": posterior.reference,
        }
        for metric, posterior in knowledge.posteriors.items()
    }
    body = {**_fields(knowledge), "posteriors": posteriors}
    try:
        text = json.dumps(body, default=_plain, allow_nan=False, separators=(",", ":"))
    except ValueError as error:
        raise LearningError("the fit holds a number that is not finite") from error
    arrays = [posterior.draws for posterior in knowledge.posteriors.values()]
    if not all(np.isfinite(array).all() for array in arrays):
        raise LearningError("the posterior draws hold a number that is not finite")
    draws = b"".join(np.ascontiguousarray(array, dtype=_LITTLE_FLOAT).tobytes() for array in arrays)
    return zlib.compress(text.encode(), _LEVEL), zlib.compress(draws, _LEVEL)


def decode(body: bytes, draws: bytes) -> Knowledge:
    """The knowledge that `encode` was given; its arrays are read-only."""
    fields: dict[str, Any] = json.loads(zlib.decompress(body))
    fields["effects"] = tuple(_revived(Effect, item) for item in fields["effects"])
    fields["findings"] = tuple(_revived(Finding, item) for item in fields["findings"])
    fields["weights"] = tuple(_revived(SignalWeight, item) for item in fields["weights"])
    fields["next_test"] = _revived(NextTest, fields["next_test"]) if fields["next_test"] else None
    fields["posteriors"] = _posteriors(fields["posteriors"], zlib.decompress(draws))
    return Knowledge(**fields)


def _posteriors(described: dict[str, Any], raw: bytes) -> dict[str, MetricPosterior]:
    found, offset = {}, 0
    for metric, item in described.items():
        rows, columns = item["draws"]
        array = np.frombuffer(raw, dtype=_LITTLE_FLOAT, count=rows * columns, offset=offset)
        offset += array.nbytes
        found[metric] = MetricPosterior(
            features=tuple(item["features"]),
            draws=array.reshape(rows, columns),
            sigma=item["sigma"],
            tau=item["tau"],
            reference=item["reference"],
        )
    return found


def _revived(cls: type[_Value], fields: dict[str, Any]) -> _Value:
    """A value from its fields; JSON's lists were tuples, for these values are immutable."""
    revived: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in fields.items()
    }
    return cls(**revived)


def _fields(value: Any) -> dict[str, Any]:
    return {item.name: getattr(value, item.name) for item in dataclasses.fields(value)}


def _plain(value: Any) -> Any:
    """What JSON's encoder does not know by itself: our values, mappings and NumPy's scalars."""
    if dataclasses.is_dataclass(value):
        return _fields(value)
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, np.generic):
        return value.item()
    raise LearningError(f"the fit holds a {type(value).__name__}, which cannot be stored")
