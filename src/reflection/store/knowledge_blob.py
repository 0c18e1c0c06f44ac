"""Knowledge as bytes and back, exactly: JSON by pydantic, the posterior draws as npz, the calibration as it is.

Must not know where the bytes are kept. `FORMAT` changes by itself when a field of the values or a kind of finding
changes, so that a fit written by another version is never misread: it is ignored and learnt again.
"""

import dataclasses
import hashlib
import json
import zlib
from collections.abc import Mapping
from typing import Any, NamedTuple, NoReturn, get_args

import numpy as np
from numpy.typing import NDArray
from pydantic import ConfigDict, TypeAdapter
from pydantic_core import PydanticSerializationError, from_json

from reflection.domain.bookable import Bookable, Definition, EvidenceFloor, Total
from reflection.domain.creative_knowledge import CreativeKnowledge, ScoreRecord, TextEffect, TextModel
from reflection.domain.effect import Trend, WearOut
from reflection.domain.knowledge import NOTHING, Effect, Knowledge, MetricPosterior
from reflection.domain.next_test import NextTest, Pace
from reflection.domain.own_levels import OwnLevels
from reflection.domain.recurring_times import RecurringTimes
from reflection.domain.results import Category, Finding
from reflection.domain.weights import SignalWeight
from reflection.errors import LearningError
from reflection.stats.array_bytes import NOISE, packed, unpacked

_LEVEL = 1
_NOT_FINITE = (b"NaN", b"Infinity")
_LITTLE_FLOAT = np.dtype("<f4")
_VALUES = (
    Knowledge, Effect, Finding, SignalWeight, MetricPosterior, NextTest, Bookable, Definition, Total, EvidenceFloor,
    Pace, OwnLevels, RecurringTimes, Trend, WearOut, CreativeKnowledge, TextEffect, TextModel, ScoreRecord,
)  # fmt: skip
_KNOWLEDGE = TypeAdapter(
    Knowledge | None, config=ConfigDict(arbitrary_types_allowed=True, ser_json_inf_nan="constants")
)
_MADE_OF_ARRAYS: dict[str, type[OwnLevels | RecurringTimes]] = {
    "own": OwnLevels,
    "season": RecurringTimes,
    "week": RecurringTimes,
}
"""What a posterior holds beside its draws that is arrays only."""
_ARRAYS: dict[str, Any] = {"calibration": True, "posteriors": {"__all__": {"draws", *_MADE_OF_ARRAYS}}}
_OF_THEIR_OWN: dict[str, Any] = {**_ARRAYS, "goals": {"__all__": _ARRAYS}}


def _format() -> str:
    fields = [f"{cls.__name__}.{item.name}" for cls in _VALUES for item in dataclasses.fields(cls)]
    return hashlib.sha256(" ".join([*fields, *get_args(Category)]).encode()).hexdigest()[:12]


FORMAT = _format()


class KnowledgeBlob(NamedTuple):
    """The three parts of a stored fit; `calibration` is empty before anything was calibrated."""

    body: bytes
    draws: bytes
    calibration: bytes


def encode(knowledge: Knowledge) -> KnowledgeBlob:
    """Knowledge as bytes; equal knowledge gives equal bytes.

    Raises:
        LearningError: a number is not finite; it would not survive as JSON, and must not be served.
    """
    try:
        text = _KNOWLEDGE.dump_json(knowledge, exclude=_OF_THEIR_OWN, fallback=_plain, warnings=False)
    except PydanticSerializationError as error:
        raise LearningError("the fit holds a value that cannot be stored") from error
    if any(constant in text for constant in _NOT_FINITE):  # or a name that has one in it
        json.loads(text, parse_constant=_refused)
    draws = {
        _array_name(number, metric): posterior.draws
        for number, goal in enumerate(knowledge.every_goal)
        for metric, posterior in goal.posteriors.items()
    }
    if not all(np.isfinite(array).all() for array in draws.values()):
        raise LearningError("the posterior draws hold a number that is not finite")
    draws = {metric: np.ascontiguousarray(array, dtype=_LITTLE_FLOAT) for metric, array in draws.items()}
    arrays = packed({**draws, **_beside_draws(knowledge)}, NOISE)
    return KnowledgeBlob(zlib.compress(text, _LEVEL), arrays, knowledge.calibration)


def decode(body: bytes, draws: bytes, calibration: bytes | None) -> Knowledge:
    """The knowledge that `encode` was given; its arrays are read-only.

    Raises:
        ValueError, KeyError, zlib.error: the bytes are damaged.
    """
    fields: dict[str, Any] = from_json(zlib.decompress(body))
    arrays = unpacked(draws)
    for number, goal in enumerate([fields, *fields["goals"]]):
        for metric, posterior in goal["posteriors"].items():
            name = _array_name(number, metric)
            posterior["draws"] = arrays[name]
            for item, made in _MADE_OF_ARRAYS.items():
                own = {part: arrays[at] for part in _parts(made) if (at := f"{name}/{item}.{part}") in arrays}
                posterior[item] = made(**own) if own else None
    fields["calibration"] = calibration or b""
    return _KNOWLEDGE.validate_python(fields) or NOTHING


def _beside_draws(knowledge: Knowledge) -> dict[str, NDArray[Any]]:
    """The arrays of what posteriors hold beside their draws, by name; bytes in one order on every machine."""
    arrays: dict[str, NDArray[Any]] = {}
    for number, goal in enumerate(knowledge.every_goal):
        for metric, posterior in goal.posteriors.items():
            for item, made in _MADE_OF_ARRAYS.items():
                value = getattr(posterior, item)
                for part in _parts(made) if value is not None else ():
                    array = np.ascontiguousarray(getattr(value, part))
                    name = f"{_array_name(number, metric)}/{item}.{part}"
                    arrays[name] = array.astype(array.dtype.newbyteorder("<"))
    return arrays


def _parts(made: type[OwnLevels | RecurringTimes]) -> list[str]:
    return [item.name for item in dataclasses.fields(made)]


def _array_name(number: int, metric: str) -> str:
    """The name of a goal's draws of a metric; those of the first goal have the metric's."""
    return f"{metric}.{number}" if number else metric


def _refused(constant: str) -> NoReturn:
    raise LearningError(f"the fit holds a number that is not finite: {constant}")


def _plain(value: Any) -> Any:
    """What pydantic does not know by itself: read-only mappings, and NumPy's arrays and scalars."""
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, np.generic):
        return value.item()
    raise LearningError(f"the fit holds a {type(value).__name__}, which cannot be stored")
