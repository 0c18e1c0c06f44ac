"""Amazon Ads, sponsored products and brands: orders and sales within 7 or 14 days, credits as negative days.

The attribution window stands in the header; orders of several windows are the same orders and are never added.
"""

from reflection.ingest.dialects.dialect import Dialect, headers, table

AMAZON = Dialect(
    key="amazon",
    platform="Amazon",
    title="Amazon Ads",
    names={
        "en": table(
            date="Date|Start date",
            date_end="End date",
            account="Portfolio name",
            campaign="Campaign name",
            campaign_id="Campaign ID",
            audience="Ad group name",
            audience_id="Ad group ID",
            creative="Advertised ASIN|Advertised SKU",
            placement="Placement",
            segment="Targeting|Customer search term",
            impressions="Impressions",
            clicks="Clicks",
            spend="Spend|Cost",
            conversions="7 Day Total Orders (#)|14 Day Total Orders (#)|30 Day Total Orders (#)",
            revenue="7 Day Total Sales|14 Day Total Sales|30 Day Total Sales",
            currency="Currency",
        )
    },
    marks=headers(
        "7 day total orders (#)|14 day total orders (#)|7 day total sales|14 day total sales|portfolio name|"
        "advertised asin|total advertising cost of sales (acos)|total return on advertising spend (roas)|"
        "click-thru rate (ctr)"
    ),
)  # fmt: skip
