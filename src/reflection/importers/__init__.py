"""From the files marketers really have to campaigns: exports of ad platforms, warehouse rows, any mapped
table.

    report = read_export("ads_manager.csv", ImportOptions(group_by="month"))
    report.campaigns, report.findings, report.as_dict()

Files go in, campaigns and a verdict come out; nothing is stored or analysed here.
"""

from reflection.domain.planner_forecast import REFERENCES
from reflection.importers.campaign_files import CampaignLine, iterate_campaigns
from reflection.importers.dialect import Dialect
from reflection.importers.dialects import DIALECTS
from reflection.importers.files import Limits
from reflection.importers.mapping import ColumnMapping, load_mapping
from reflection.importers.names import Templates
from reflection.importers.options import Forecast, ImportOptions, Wanted
from reflection.importers.reading import read_export, read_exports
from reflection.importers.verdict import Finding, ImportReport, Reject, Snapshot, Totals

__all__ = [
    "DIALECTS",
    "REFERENCES",
    "CampaignLine",
    "ColumnMapping",
    "Dialect",
    "Finding",
    "Forecast",
    "ImportOptions",
    "ImportReport",
    "Limits",
    "Reject",
    "Snapshot",
    "Templates",
    "Totals",
    "Wanted",
    "iterate_campaigns",
    "load_mapping",
    "read_export",
    "read_exports",
]
