"""The Trade Desk's MyReports: the advertiser's cost among the partner's and the platform's, pixels by their number."""

from reflection.ingest.dialects.dialect import Dialect, headers, table

_PIXELS = {f"conversion__pixel_{number}": f"{number:02} - Total Click + View Conversions" for number in range(1, 6)}

TRADE_DESK = Dialect(
    key="ttd",
    platform="The Trade Desk",
    title="The Trade Desk",
    names={
        "en": table(
            date="Date|Day|Month|Week",
            account="Advertiser|Advertiser Name",
            account_id="Advertiser ID",
            campaign="Campaign|Campaign Name",
            campaign_id="Campaign ID",
            audience="Ad Group|Ad Group Name",
            audience_id="Ad Group ID",
            creative="Creative|Creative Name",
            creative_id="Creative ID",
            impressions="Impressions",
            clicks="Clicks",
            spend="Advertiser Cost (Adv Currency)|Advertiser Cost",
            conversions="Total Conversions",
            **_PIXELS,
            currency="Advertiser Currency Code|Currency Code",
            country="Country",
            device="Device Type",
        )
    },
    marks=headers(
        "advertiser cost (adv currency)|advertiser cost|partner cost|partner cost (partner currency)|ttd cost|"
        "ttd total cost|player starts|player completed views|inventory contract|"
        "01 - total click + view conversions|advertiser|advertiser id|ad format"
    ),
    weak=headers("advertiser|advertiser id|ad format"),
)
