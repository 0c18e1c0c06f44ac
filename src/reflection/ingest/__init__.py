"""From the files marketers really have to campaigns: platform exports, warehouse rows, any mapped table.

    report = read_export("ads_manager.csv", ImportOptions(group_by="month"))
    report.campaigns, report.findings, report.as_dict()

Files go in, campaigns and a verdict come out; must not know stores, nor what is learnt. Names are loaded when
first used: what reads tables takes as long to load as all the rest, and whoever analyses JSON needs none of it.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from reflection.domain.planner_forecast import REFERENCES
    from reflection.ingest.building.name_templates import Templates
    from reflection.ingest.campaign_json import CampaignLine, iterate_campaigns
    from reflection.ingest.dialects import DIALECTS
    from reflection.ingest.dialects.column_mapping import ColumnMapping, load_mapping
    from reflection.ingest.dialects.dialect import Dialect
    from reflection.ingest.import_report import Finding, ImportReport, Reject, Snapshot, Totals
    from reflection.ingest.options import Forecast, ForecastQuery, ImportOptions
    from reflection.ingest.pipeline import read_export, read_exports
    from reflection.ingest.reading.archives import Limits
    from reflection.ingest.recognition import suggest_mapping

__all__ = [
    "DIALECTS",
    "REFERENCES",
    "CampaignLine",
    "ColumnMapping",
    "Dialect",
    "Finding",
    "Forecast",
    "ForecastQuery",
    "ImportOptions",
    "ImportReport",
    "Limits",
    "Reject",
    "Snapshot",
    "Templates",
    "Totals",
    "iterate_campaigns",
    "load_mapping",
    "read_export",
    "read_exports",
    "suggest_mapping",
]

_MODULES = {
    "domain.planner_forecast": ("REFERENCES",),
    "ingest.building.name_templates": ("Templates",),
    "ingest.campaign_json": ("CampaignLine", "iterate_campaigns"),
    "ingest.dialects": ("DIALECTS",),
    "ingest.dialects.column_mapping": ("ColumnMapping", "load_mapping"),
    "ingest.dialects.dialect": ("Dialect",),
    "ingest.import_report": ("Finding", "ImportReport", "Reject", "Snapshot", "Totals"),
    "ingest.options": ("Forecast", "ForecastQuery", "ImportOptions"),
    "ingest.pipeline": ("read_export", "read_exports"),
    "ingest.reading.archives": ("Limits",),
    "ingest.recognition": ("suggest_mapping",),
}


def __getattr__(name: str) -> Any:
    """Load an exported name from the module that makes it."""
    for module, names in _MODULES.items():
        if name in names:
            value = getattr(import_module(f"reflection.{module}"), name)
            globals()[name] = value
            return value
    raise AttributeError(f"module 'reflection.ingest' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
