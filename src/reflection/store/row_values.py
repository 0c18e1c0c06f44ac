"""An analysis as the rows it becomes: everything that can be computed before the write lock is taken.

Pure: no connection, no clock. Each function gives the parameters of one table's INSERT.
"""

import hashlib
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Any

import numpy as np
import orjson

from reflection.domain.instants import instant_text
from reflection.domain.ports import AnalysisRecord, ForecastRow, MemoryRecord, Vector

Row = dict[str, Any]
_LEVEL = 1  # at level 6 an answer would take four times as long for a tenth fewer bytes
_WINDOW_BITS, _MEMORY_LEVEL = 13, 7
"""8 KiB to look back in, as long as most answers are: to be given the memory for zlib's own 32 KiB takes as long as all
the rest."""
_LITTLE_FLOAT = np.dtype("<f4")
_FORECAST_FIELDS = tuple(field.name for field in fields(ForecastRow))


@dataclass(frozen=True, slots=True)
class AnalysisRows:
    """The rows of one analysis, its texts and blobs made; only the revision is still unknown."""

    record: AnalysisRecord
    campaign: Row
    performance: Row
    insights: list[Row]
    signals: list[Row]
    memory: Row
    forecasts: list[Row]

    @property
    def key(self) -> Row:
        """The columns that name the campaign."""
        return {"workspace": self.record.workspace, "campaign_id": self.record.campaign_id}


def analysis_rows(record: AnalysisRecord) -> AnalysisRows:
    """The rows of one analysis."""
    key = {"workspace": record.workspace, "campaign_id": record.campaign_id}
    return AnalysisRows(
        record=record,
        campaign=_campaign(record),
        performance={**key, **_performance(record)},
        insights=[{**key, **row} for row in _insights(record)],
        signals=[{**key, "signal_key": signal} for signal in sorted(set(record.signal_keys))],
        memory=memory_row(record.workspace, record.memory, record.campaign_id),
        forecasts=[forecast_row(record.workspace, forecast) for forecast in record.forecasts],
    )


def packed(data: bytes) -> bytes:
    """Compressed for storage, in zlib's format."""
    compressor = zlib.compressobj(_LEVEL, zlib.DEFLATED, _WINDOW_BITS, _MEMORY_LEVEL)
    return compressor.compress(data) + compressor.flush()


def unpacked(data: bytes) -> bytes:
    """The inverse of `packed`."""
    return zlib.decompress(data)


def json_text(value: Any) -> str:
    """JSON with sorted keys: equal values, equal text."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS | orjson.OPT_SERIALIZE_NUMPY).decode()


def vector_bytes(vector: Vector | None) -> bytes | None:
    """A vector as little-endian float32."""
    return None if vector is None else np.ascontiguousarray(vector, dtype=_LITTLE_FLOAT).tobytes()


def vector_of(data: bytes | None) -> Vector | None:
    """The inverse of `vector_bytes`; read-only."""
    return None if data is None else np.frombuffer(data, dtype=_LITTLE_FLOAT)


def memory_row(workspace: str, memory: MemoryRecord, campaign_id: str | None) -> Row:
    """A row of `memories`, without its `seq`."""
    return {
        "workspace": workspace,
        "memory_id": memory.memory_id,
        "kind": memory.kind,
        "campaign_id": campaign_id,
        "text": memory.text,
        "summary": memory.summary,
        "platform": memory.platform_name,
        "objective": memory.objective_name,
        "timestamp": instant_text(memory.timestamp),
        "metadata": json_text(memory.metadata),
        "embedder_id": memory.embedder_id,
        "vector": vector_bytes(memory.vector),
        "deleted": 0,
    }


def artifact_rows(workspace: str, files: dict[str, bytes]) -> list[Row]:
    """Rows of `artifacts`: the workspace's own files."""
    return [{"workspace": workspace, "name": name, "body": packed(body)} for name, body in sorted(files.items())]


def forecast_row(workspace: str, forecast: ForecastRow) -> Row:
    """A row of the forecast register, with the hash that makes a repetition add nothing."""
    row = {name: getattr(forecast, name) for name in _FORECAST_FIELDS}  # asdict's deep copy: a sixth of a bulk's time
    row["quantiles"] = json_text(forecast.quantiles)
    row["detail"] = json_text(forecast.detail)
    return {"workspace": workspace, "content_hash": forecast_hash(row), **row}


def forecast_hash(row: Mapping[str, Any]) -> str:
    """The hash of what a row of the forecast register says."""
    return hashlib.sha256(json_text({name: row[name] for name in _FORECAST_FIELDS}).encode()).hexdigest()


def outbox_row(workspace: str, topic: str, key: str, created_at: str, names: Sequence[str] = ()) -> Row:
    """A row of `outbox`; `names` are the files an earlier state published under this key."""
    detail = json_text(list(names))
    return {"workspace": workspace, "topic": topic, "key": key, "detail": detail, "created_at": created_at}


def _campaign(record: AnalysisRecord) -> Row:
    return {
        "workspace": record.workspace,
        "campaign_id": record.campaign_id,
        "content_hash": record.content_hash,
        "body": record.campaign_json,
        "platform": record.platform,
        "objective": record.objective,
        "timestamp": instant_text(record.timestamp),
        "created_at": record.created_at,
        "memory_id": record.memory.memory_id,
        "signal_keys": json_text(sorted(set(record.signal_keys))),
        "answer": packed(record.answer),
        "name": record.name,
        "conversion_kind": record.conversion_kind,
    }


def _performance(record: AnalysisRecord) -> Row:
    comparison = record.comparison
    return {
        "generated_at": comparison.generated_at,
        "currency": comparison.currency,
        "expected": json_text(comparison.expected_rates),
        "actual": json_text(comparison.actual_rates),
        "deltas": json_text(comparison.deltas),
        "flags": json_text(comparison.flags),
        "score": comparison.performance_score,
    }


@lru_cache(maxsize=4_096)
def _cited(evidence: tuple[str, ...]) -> str:
    """The ids a statement cites as JSON; most statements cite what others did before them."""
    return json_text(evidence)


def _insights(record: AnalysisRecord) -> list[Row]:
    return [
        {
            "kind": statement.kind,
            "content": statement.text,
            "priority": statement.priority,
            "evidence": _cited(statement.evidence),
            "source": statement.source,
            "created_at": record.created_at,
        }
        for statement in record.statements
    ]
