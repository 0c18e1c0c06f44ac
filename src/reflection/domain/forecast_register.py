"""What comes in for the forecast register: anybody's forecast of a metric, for a campaign or for a period.

Append-only: an issuer's later forecast never overwrites an earlier one. Strict like `campaign`; must not know how a
forecast is scored.
"""

from typing import Annotated

from pydantic import Field, field_validator, model_validator

from reflection.domain.campaign import CURRENCIES, CampaignId, Name, Strict
from reflection.domain.instants import Instant
from reflection.domain.metrics import METRICS
from reflection.domain.ports import ForecastRow

ISSUER = "engine"
"""Issuer of the engine's own, calibrated forecasts."""

ADVICE = "advice"
"""Issuer of the register rows that say what following a recommendation should bring."""

MAX_FORECASTS = 1_000
Value = Annotated[float, Field(ge=0, le=1e15, allow_inf_nan=False, strict=True)]


class Forecast(Strict):
    """One forecast of one metric; `quantiles` maps levels such as "0.05" to values."""

    issuer: Name
    version: Name = "1"
    issued_at: Instant
    metric: Name
    point: Value | None = None
    quantiles: dict[str, Value] = Field(default_factory=dict, max_length=99)
    campaign_id: CampaignId | None = None
    platform: Name | None = None
    objective: Name | None = None
    period_start: Instant | None = None
    period_end: Instant | None = None
    currency: Annotated[str, Field(pattern=CURRENCIES)] | None = None

    @field_validator("metric")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in METRICS:
            raise ValueError(f"'{value}' is no metric; use one of {', '.join(METRICS)}")
        return value

    @field_validator("issuer")
    @classmethod
    def _not_ours(cls, value: str) -> str:
        if value.casefold() in (ISSUER, ADVICE):
            raise ValueError(f"'{value}' is this engine's own name in the register")
        return value

    @model_validator(mode="after")
    def _says_something(self) -> "Forecast":
        if self.point is None and not self.quantiles:
            raise ValueError("give a point, quantiles, or both")
        levels = sorted(self.quantiles, key=_level)
        values = [self.quantiles[level] for level in levels]
        if values != sorted(values):
            raise ValueError("quantiles must rise with their level")
        if self.campaign_id is None and (self.period_start is None or self.period_end is None):
            raise ValueError("name a campaign_id, or a period by period_start and period_end")
        return self

    def row(self) -> ForecastRow:
        """The register's row; `source` tells it from forecasts that came in with their campaign."""
        return ForecastRow(
            issuer=self.issuer,
            version=self.version,
            issued_at=self.issued_at.isoformat(),
            metric=self.metric,
            point=self.point,
            quantiles={f"{_level(level):.4g}": value for level, value in self.quantiles.items()},
            campaign_id=self.campaign_id,
            platform=self.platform,
            objective=self.objective,
            period_start=self.period_start.isoformat() if self.period_start else None,
            period_end=self.period_end.isoformat() if self.period_end else None,
            currency=self.currency,
            detail={"source": "api"},
        )


class ForecastRequest(Strict):
    """Several forecasts at once."""

    # Not by `min_length`: a list whose only item is refused would also be called empty.
    forecasts: tuple[Forecast, ...] = Field(max_length=MAX_FORECASTS, strict=False, json_schema_extra={"minItems": 1})

    @field_validator("forecasts")
    @classmethod
    def _some(cls, value: tuple[Forecast, ...]) -> tuple[Forecast, ...]:
        if not value:
            raise ValueError("give at least one forecast")
        return value


def _level(text: str) -> float:
    """A quantile's level; text, because JSON's keys are."""
    try:
        level = float(text)
    except ValueError:
        level = -1.0
    if not 0.0 < level < 1.0:
        raise ValueError(f"'{text}' is no quantile level; use a number between 0 and 1, such as 0.05")
    return level
