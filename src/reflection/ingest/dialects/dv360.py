"""Display & Video 360: the table first, a total row that names nothing, then lines that say how the report was made.

What an advertiser pays is called `Revenue`; media cost is only a part of it and is not read as the spend. The unit that
has a budget, the insertion order, is the campaign here; its line items are what others call ad groups.
"""

from reflection.ingest.dialects.dialect import Dialect, headers, table

DV360 = Dialect(
    key="dv360",
    platform="DV360",
    title="Display & Video 360",
    names={
        "en": table(
            date="Date|Day|Week|Month",
            account="Advertiser",
            account_id="Advertiser ID",
            campaign="Insertion Order|Campaign",
            campaign_id="Insertion Order ID",
            audience="Line Item",
            audience_id="Line Item ID",
            creative="Creative",
            creative_id="Creative ID",
            impressions="Impressions",
            clicks="Clicks",
            conversions="Total Conversions",
            spend="Revenue (Adv Currency)|Revenue (Advertiser Currency)",
            currency="Advertiser Currency",
        )
    },
    marks=headers(
        "insertion order|insertion order id|line item|line item id|revenue (adv currency)|"
        "revenue (advertiser currency)|advertiser currency|partner|partner id|trueview views"
    ),
    footer=r"^(?:report time:|date range:|group by:|mrc accredited|reporting numbers from|filter by )",
    date_order="ymd",
)  # fmt: skip
