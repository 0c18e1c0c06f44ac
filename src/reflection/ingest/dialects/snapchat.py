"""Snapchat Ads Manager: start and end time of the whole report on every row, paid impressions, swipe-ups as clicks."""

from reflection.ingest.dialects.dialect import Dialect, headers, table

SNAPCHAT = Dialect(
    key="snapchat",
    platform="Snapchat",
    title="Snapchat Ads Manager",
    names={
        "en": table(
            date="Start time|Day|Date|Week",
            date_end="End time",
            campaign="Campaign name",
            campaign_id="Campaign ID",
            account="Ad account name",
            account_id="Ad account ID",
            audience="Ad set name|Ad squad name",
            audience_id="Ad set ID|Ad squad ID",
            creative="Ad name",
            creative_id="Ad ID",
            objective="Campaign objective",
            impressions="Paid impressions|Impressions paid",
            clicks="Swipe ups|Swipes|Clicks",
            spend="Amount spent|Spend",
            conversion__purchase="Purchases",
            value__purchase="Purchases value",
            conversion__signup="Sign ups",
            conversion__app_install="App installs",
            currency="Currency",
        )
    },
    open_end=True,
    marks=headers("paid impressions|impressions paid|swipe ups|swipes|ad squad name|swipe up rate|ecpsu"),
)
