"""LinkedIn Campaign Manager: UTF-16 with tabs, five lines above the header, always UTC.

Its campaign group is everybody else's campaign, its campaign an ad set. Conversions already contain post-click and
view-through; leads come apart from conversions, and which of the two counts is a matter of the objective.
"""

from reflection.ingest.dialects.dialect import Dialect, headers, table

_EN = table(
    date="Start Date (in UTC)|Start Date|Date",
    date_end="End Date (in UTC)|End Date",
    campaign="Campaign Group Name",
    campaign_id="Campaign Group ID",
    account="Account Name",
    account_id="Account ID",
    audience="Campaign Name",
    audience_id="Campaign ID",
    creative="Creative Name|Ad Name",
    creative_id="Ad ID|Creative ID",
    creative_type="Ad Type|Creative Type|Campaign Type",
    objective="Campaign Objective|Objective",
    impressions="Impressions",
    clicks="Clicks to Landing Page|Landing Page Clicks|Clicks",
    all_clicks="Clicks",
    spend="Total Spent",
    conversions="Conversions",
    conversion__lead="Leads",
    revenue="Total Conversion Value",
    currency="Currency",
)

LINKEDIN = Dialect(
    key="linkedin",
    platform="LinkedIn",
    title="LinkedIn Campaign Manager",
    names={"en": _EN},
    marks=headers(
        "campaign group name|start date (in utc)|total spent|clicks to landing page|view-through conversions|"
        "campaign group id|total social actions|total engagements|ad introduction text"
    ),
    preamble=(r"performance report \(in utc\)", r"^report start:", r"^report end:"),
    date_order="mdy",
    timezone="UTC",
)
