"""What comes in for spreading a budget: candidates, the money, bounds, and how cautious to be.

Must not know how it is spread.
"""

from typing import Annotated

from pydantic import Field, model_validator

from reflection.domain.campaign import Money, Strict
from reflection.domain.plan import Budget, PlanRequest


class Bounds(Strict):
    """Least and most that one candidate may get."""

    min: Money = 0.0
    max: Budget | None = None

    @model_validator(mode="after")
    def _in_order(self) -> "Bounds":
        if self.max is not None and self.max < self.min:
            raise ValueError("the least is more than the most")
        return self


class AllocationRequest(PlanRequest):
    """A budget to spread over plans; the plans' own budgets are what it is compared with."""

    budget: Annotated[Budget | None, Field(description="the money to spread; without it that of the plans")] = None
    bounds: Annotated[dict[str, Bounds], Field(default_factory=dict, description="plan_id -> least and most")]
    risk: Annotated[
        float,
        Field(ge=0, le=0.9, strict=True, description="0: by what is expected; .5: by the worse half of what may come"),
    ] = 0.0

    @model_validator(mode="after")
    def _adds_up(self) -> "AllocationRequest":
        names = [name for name, _ in self.named()]
        if len({plan.currency for plan in self.plans}) > 1:
            raise ValueError("the plans are in different currencies; money of two currencies is never added")
        unknown = sorted(set(self.bounds) - set(names))
        if unknown:
            raise ValueError(f"bounds are given for '{unknown[0][:100]}', which is no plan_id")
        least = sum(bound.min for bound in self.bounds.values())
        most = [self.bounds[name].max if name in self.bounds else None for name in names]
        if least > self.total * (1 + 1e-9):
            raise ValueError("the least amounts add up to more than the budget")
        if None not in most and sum(amount or 0.0 for amount in most) < self.total * (1 - 1e-9):
            raise ValueError("the most amounts add up to less than the budget")
        return self

    @property
    def total(self) -> float:
        """The money to spread."""
        return self.budget if self.budget is not None else sum(plan.budget for plan in self.plans)
