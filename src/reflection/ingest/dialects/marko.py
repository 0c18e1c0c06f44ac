"""The company's own `ad_platform_exports.csv`: a row per day, channel, campaign, ad set; no id, revenue, currency."""

from reflection.ingest.dialects.dialect import Dialect, headers, table

MARKO = Dialect(
    key="marko",
    platform="",
    title="Marko ad_platform_exports.csv",
    names={
        "en": table(
            date="date",
            platform="channel",
            campaign="campaign_name",
            audience="ad_set_or_group",
            spend="spend",
            impressions="impressions",
            clicks="clicks",
            conversions="conversions",
            status="status",
        )
    },
    marks=headers("ad set or group|channel"),  # either alone stands in many sheets
)
