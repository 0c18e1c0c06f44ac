"""Apple Ads (Search Ads): currency, period and zone above the header, taps as clicks, an unnamed total row.

`Start Date` and `End Date` are the campaign's own, not those of the figures.
"""

from reflection.ingest.dialects.dialect import Dialect, headers, table

APPLE = Dialect(
    key="apple",
    platform="Apple",
    title="Apple Search Ads",
    names={
        "en": table(
            date="Date|Day",
            campaign="Campaign name",
            campaign_id="Campaign ID",
            audience="Ad group name",
            audience_id="Ad group ID",
            creative="Ad name",
            creative_id="Ad ID",
            country="Country or region",
            placement="Ad placement",
            segment="Keyword|Search term",
            impressions="Impressions",
            clicks="Taps",
            spend="Spend",
            conversions="Installs (Total)|Installs (Tap-Through)|Installs|Total installs",
            currency="Currency",
        )
    },
    marks=headers(
        "taps|ttr|installs (total)|installs (tap-through)|avg cpt|average cpt|avg cpa (total)|country or region"
    ),
)
