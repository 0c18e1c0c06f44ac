"""What a fit makes of randomised experiments, read from its diagnostics. Must not know how it was worked out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class ExperimentRemarks:
    """The remarks of one fit on experiments; all of them empty where there is none."""

    diagnostics: Mapping[str, Any]

    @property
    def reasons(self) -> Mapping[str, str]:
        """Id of each A/B test with results -> why it is learnt from by nothing; "" where it is learnt from."""
        reasons: Mapping[str, str] = self.diagnostics.get("experiment_reasons", {})
        return reasons

    @property
    def changes(self) -> int:
        """How many changes of experiments the fit has taken in; 0 where there never was one."""
        return int(self.diagnostics.get("experiment_changes", 0))

    @property
    def trust(self) -> Mapping[str, Any] | None:
        """How much of a difference that campaigns show experiments find: {factor, interval, experiments, reason}.

        `factor` is None, and `reason` says why, where too few say it; None itself where no experiment was learnt from.
        """
        share: Mapping[str, Any] | None = self.diagnostics.get("trust")
        return share

    @property
    def attribution(self) -> Mapping[str, Mapping[str, Any]]:
        """The same of the conversions that platforms claim, by lift and geo studies: of all under ``""``, and by the
        key of each platform."""
        shares: Mapping[str, Mapping[str, Any]] = self.diagnostics.get("attribution", {})
        return shares
