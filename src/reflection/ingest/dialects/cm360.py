"""Campaign Manager 360: lines of metadata, `Report Fields`, the table, and a `Grand Total:` filled with dashes."""

from reflection.ingest.dialects.dialect import Dialect, headers, table

CM360 = Dialect(
    key="cm360",
    platform="CM360",
    title="Campaign Manager 360",
    names={
        "en": table(
            date="Date|Day|Week|Month",
            account="Advertiser",
            account_id="Advertiser ID",
            campaign="Campaign",
            campaign_id="Campaign ID",
            placement="Placement",
            network="Site (CM360)|Site (DCM)|Site",
            creative="Creative",
            creative_id="Creative ID",
            impressions="Impressions",
            clicks="Clicks",
            conversions="Total conversions",
            spend="Media cost",
            revenue="Total revenue",
            currency="Currency",
        )
    },
    marks=headers(
        "site (cm360)|site (dcm)|placement id|media cost|click-through conversions|view-through conversions|"
        "advertiser id|floodlight activity"
    ),
    weak=headers("media cost|placement id|advertiser id|click-through conversions|view-through conversions"),
    preamble=(r"^report fields", r"^report time zone"),
    writes_totals=True,
)  # fmt: skip
