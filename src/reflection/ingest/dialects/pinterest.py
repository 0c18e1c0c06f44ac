"""Pinterest Ads Manager: snake-case or spaced headers, pin and outbound clicks, spend in account currency.

Outbound clicks leave for the advertiser's site and are the link clicks of the other platforms.
"""

from reflection.ingest.dialects.dialect import Dialect, headers, table

_EN = table(
    date="Date|Day",
    campaign="Campaign name",
    campaign_id="Campaign ID",
    account="Ad account name|Advertiser name",
    account_id="Ad account ID|Advertiser ID",
    audience="Ad group name",
    audience_id="Ad group ID",
    creative="Promoted pin name|Ad name|Pin promotion name",
    creative_id="Ad ID|Promoted pin ID|Pin ID|Pin promotion ID",
    creative_type="Creative type|Ad format",
    objective="Campaign objective|Objective type|Objective",
    impressions="Impressions|Paid impressions|Total impressions",
    clicks="Outbound clicks|Paid outbound clicks|Total outbound clicks|Pin clicks",
    all_clicks="Pin clicks|Paid pin clicks",
    spend="Spend in account currency|Spend|Total spend",
    conversions="Total conversions|Conversions",
    conversion__checkout="Total conversions (Checkout)|Total checkout|Checkouts",
    value__checkout="Total order value (Checkout)|Checkout value|Checkout value in account currency|Total order value",
    conversion__lead="Total conversions (Lead)|Total lead",
    conversion__signup="Total conversions (Sign up)|Total signup",
    currency="Currency|Advertiser currency",
    age="Age bucket|Age",
    gender="Gender",
)

PINTEREST = Dialect(
    key="pinterest",
    platform="Pinterest",
    title="Pinterest Ads Manager",
    names={"en": _EN},
    marks=headers(
        "outbound clicks|pin clicks|promoted pin name|promoted pin id|spend in account currency|pin promotion id|"
        "paid outbound clicks|total order value (checkout)"
    ),
    cautions={"pin clicks": "pin_clicks"},
)
