"""A calibration as plain JSON values and back, exactly: arrays and rows as compressed text.

Must not know where it is kept. A state written by another layout version is not misread: it is answered with an empty
one, which the learner fills again from the ledger.
"""

import base64
import hashlib
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from reflection.forecasting.calibration import EMPTY, Calibration, MetricState, Row
from reflection.stats.columns import Feature
from reflection.stats.conformal import Conformal
from reflection.stats.online_regression import Sequential

LAYOUT = 1


def encode(state: Calibration) -> dict[str, Any]:
    """JSON-able values of a state; `digest` tells two states apart without reading them."""
    body = {
        "layout": LAYOUT,
        "seq": state.seq,
        "learned": state.learned,
        "refit_at": state.refit_at,
        "budgets": dict(state.budgets),
        "campaigns_of": dict(state.campaigns_of),
        "base": dict(state.base),
        "rows": _packed(orjson.dumps(state.rows)),
        "metrics": {name: _metric(known) for name, known in state.metrics.items()},
    }
    digest = hashlib.sha256(orjson.dumps(body, option=orjson.OPT_SORT_KEYS)).hexdigest()
    return {**body, "digest": digest}


def decode(body: Mapping[str, Any] | None) -> Calibration:
    """The state of `encode`; an empty one for None or another layout."""
    if not body or body.get("layout") != LAYOUT:
        return EMPTY
    return Calibration(
        seq=body["seq"],
        learned=body["learned"],
        refit_at=body["refit_at"],
        budgets=dict(body["budgets"]),
        campaigns_of=dict(body["campaigns_of"]),
        base=dict(body["base"]),
        rows=tuple(_row(item) for item in orjson.loads(_unpacked(body["rows"]))),
        metrics={name: _metric_of(item) for name, item in body["metrics"].items()},
    )


def _metric(known: MetricState) -> dict[str, Any]:
    conformal = known.conformal
    return {
        "learned": known.learned,
        "scores": list(conformal.scores),
        "alphas": {group: list(alphas) for group, alphas in conformal.alphas.items()},
        "seen": conformal.seen,
        "belief": None if known.belief is None else _belief(known.belief),
    }


def _metric_of(body: Mapping[str, Any]) -> MetricState:
    alphas = {group: tuple(values) for group, values in body["alphas"].items()}
    conformal = Conformal(tuple(body["scores"]), alphas, body["seen"])
    return MetricState(None if body["belief"] is None else _belief_of(body["belief"]), conformal, body["learned"])


def _belief(belief: Sequential) -> dict[str, Any]:
    return {
        "features": [[feature.group, feature.level] for feature in belief.features],
        "mean": _array(belief.mean),
        "covariance": _array(belief.covariance),
        "scatter": belief.scatter,
        "tau": dict(belief.tau),
    }


def _belief_of(body: Mapping[str, Any]) -> Sequential:
    features = tuple(Feature(group, level) for group, level in body["features"])
    size = len(features)
    return Sequential(
        features, _floats(body["mean"]), _floats(body["covariance"]).reshape(size, size), body["scatter"], body["tau"]
    )


def _row(body: Mapping[str, Any]) -> Row:
    observed = {name: (float(y), float(v)) for name, (y, v) in body["observed"].items()}
    return Row(**{**body, "observed": observed})


def _array(values: NDArray[np.float64]) -> str:
    return _packed(np.ascontiguousarray(values, dtype="<f8").tobytes())


def _floats(text: str) -> NDArray[np.float64]:
    return np.frombuffer(_unpacked(text), dtype="<f8").astype(np.float64)


def _packed(raw: bytes) -> str:
    return base64.b64encode(zlib.compress(raw, 1)).decode()


def _unpacked(text: str) -> bytes:
    return zlib.decompress(base64.b64decode(text))
