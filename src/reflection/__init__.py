"""The Reflection & Learning Engine: a learning loop for campaigns that one can trust.

    from reflection import Engine

Names are loaded when first used, so that importing the package costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from reflection.version import __version__

if TYPE_CHECKING:
    from reflection.domain.campaign import Audience, BreakdownRow, Campaign, Creative, Metrics
    from reflection.errors import (
        ConfigurationError,
        Conflict,
        InvalidInput,
        NotFound,
        ReflectionError,
        Unavailable,
    )
    from reflection.library import Engine

__all__ = [
    "Audience",
    "BreakdownRow",
    "Campaign",
    "ConfigurationError",
    "Conflict",
    "Creative",
    "Engine",
    "InvalidInput",
    "Metrics",
    "NotFound",
    "ReflectionError",
    "Unavailable",
    "__version__",
]

_CAMPAIGN = ("Audience", "BreakdownRow", "Campaign", "Creative", "Metrics")


def __getattr__(name: str) -> Any:
    """Load an exported name from the module that makes it."""
    if name not in __all__:
        raise AttributeError(f"module 'reflection' has no attribute '{name}'")
    module = "library" if name == "Engine" else "domain.campaign" if name in _CAMPAIGN else "errors"
    value = getattr(import_module(f"reflection.{module}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
