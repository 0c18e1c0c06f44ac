"""Criteo's statistics report: names of its API as headers, displays for impressions, sales by several attributions."""

from reflection.ingest.dialects.dialect import Dialect, headers, table

CRITEO = Dialect(
    key="criteo",
    platform="Criteo",
    title="Criteo",
    names={
        "en": table(
            date="Day|Hour|Week|Month",
            account="Advertiser",
            account_id="AdvertiserId",
            campaign="Campaign",
            campaign_id="CampaignId",
            audience="Adset",
            audience_id="AdsetId",
            creative="Ad",
            creative_id="AdId",
            objective="MarketingObjective",
            impressions="Displays",
            clicks="Clicks",
            spend="AdvertiserCost",
            conversion__purchase="SalesClientAttribution",
            value__purchase="RevenueGeneratedClientAttribution",
            conversion__purchase_of_all="SalesAllClientAttribution",
            value__purchase_of_all="RevenueGeneratedAllClientAttribution",
            conversion__purchase_30_days_after_click="SalesPc30d",
            value__purchase_30_days_after_click="RevenueGeneratedPc30d",
            conversion__purchase_1_day_after_view="SalesPv24h",
            value__purchase_1_day_after_view="RevenueGeneratedPv24h",
            currency="Currency",
            device="Device",
        )
    },
    marks=headers(
        "advertisercost|displays|salesclientattribution|salesallclientattribution|salespc30d|salespv24h|"
        "revenuegeneratedclientattribution|revenuegeneratedpc30d|adsetid|marketingobjective"
    ),
    date_order="ymd",
)
