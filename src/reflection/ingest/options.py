"""What a user may say about an import; every default means 'see for yourself, and say what you saw'.

Values only: no file is read here.
"""

import datetime as dt
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from reflection.domain.campaign import Metrics
from reflection.domain.planner_forecast import PREVIOUS_PERIOD
from reflection.ingest.building.day_sets import ReportedRows
from reflection.ingest.building.name_templates import Templates
from reflection.ingest.dialects.column_mapping import ColumnMapping
from reflection.ingest.dialects.dialect import DateOrder
from reflection.ingest.import_report import Snapshot
from reflection.ingest.reading.archives import DEFAULT_LIMITS, Limits

GroupBy = Literal["campaign", "month"]


@dataclass(frozen=True, slots=True)
class ForecastQuery:
    """Which forecast an import asks the register for: one campaign over one period in one currency.

    `campaign_id` is the id the campaign will have; `spend` what it cost, where nobody forecast that.
    """

    campaign_id: str
    campaign_name: str
    platform: str
    first: dt.date | None
    last: dt.date | None
    currency: str | None
    spend: float | None


@dataclass(frozen=True, slots=True)
class Forecast:
    """Expected figures and who made them."""

    metrics: Metrics
    planner: str


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """How to read files and what to make of them.

    Attributes:
        platform: a dialect's key (`meta`, `google`, ...), or 'auto'.
        expected: 'previous-period', 'trailing-28d', or the path of a plan file.
        plan_mapping: columns of the plan file, where its headers are unusual.
        forecasts: asked first for each campaign: the forecast register; None where it has none.
        group_by: one campaign per campaign, or per campaign and calendar month.
        conversions: a column, an indicator or an event; '' leaves the choice to the file's own indicator.
        currency: ISO code for files that state none; a file that states another is refused.
        timezone: IANA name of the account's days, for files that state none.
        locale: how numbers are written (de_DE), when the file does not decide.
        date_order: mdy or dmy, when the file does not decide.
        mapping: saved column mapping for any table.
        objective, campaign: used where the file names none.
        as_of: the day the export was made, for conversions still to come; today when left out.
        conversion_window: days after which conversions are taken as complete.
        accept: ids of campaigns whose tracking faults somebody has looked at and accepted.
        known: asked with a dialect and keys of campaigns: their rows of earlier imports, the latest last, as campaigns
            are made of all their days; None where there are none.
        previous: what earlier imports said of the same days (see `ImportReport.snapshot`).
    """

    platform: str = "auto"
    expected: str | Path = PREVIOUS_PERIOD
    plan_mapping: ColumnMapping | None = None
    forecasts: Callable[[ForecastQuery], Forecast | None] | None = None
    group_by: GroupBy = "campaign"
    conversions: str = ""
    currency: str | None = None
    timezone: str | None = None
    locale: str = ""
    date_order: DateOrder | None = None
    mapping: ColumnMapping | None = None
    templates: Templates = field(default_factory=Templates)
    objective: str = ""
    campaign: str = ""
    as_of: dt.date | None = None
    conversion_window: int | None = None
    accept: frozenset[str] = frozenset()
    previous: Mapping[str, Snapshot] = field(default_factory=dict)
    known: Callable[[str, Collection[str]], Sequence[ReportedRows]] | None = None
    limits: Limits = DEFAULT_LIMITS
