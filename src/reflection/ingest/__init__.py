"""From the files marketers really have to campaigns: platform exports, warehouse rows, any mapped table.

    report = read_export("ads_manager.csv", ImportOptions(group_by="month"))
    report.campaigns, report.findings, report.as_dict()

Files go in, campaigns and a verdict come out; nothing is stored or analysed here.
"""

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
]
