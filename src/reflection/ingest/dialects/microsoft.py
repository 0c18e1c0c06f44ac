"""Microsoft Advertising: metadata lines above the header, a copyright line below, ids in brackets."""

from reflection.ingest.dialects.dialect import Dialect, headers, table

_EN = table(
    date="Gregorian date|GregorianDate|TimePeriod|Time period|Date",
    campaign="Campaign name|CampaignName|Campaign",
    campaign_id="Campaign ID|CampaignId",
    account="Account name|AccountName",
    account_id="Account ID|AccountId|Account number|AccountNumber",
    audience="Ad group|Ad group name|AdGroupName",
    audience_id="Ad group ID|AdGroupId",
    creative="Ad title|AdTitle|Title part 1|TitlePart1",
    creative_id="Ad ID|AdId",
    creative_type="Ad type|AdType",
    headline="Ad title|AdTitle|Title part 1|TitlePart1",
    impressions="Impressions",
    clicks="Clicks",
    spend="Spend",
    conversions="Conversions|ConversionsQualified|Conversions qualified",
    revenue="Revenue",
    currency="Currency code|CurrencyCode",
    device="Device type|DeviceType",
    network="Network",
    country="Country/Region|Country",
)

MICROSOFT = Dialect(
    key="microsoft",
    platform="Microsoft",
    title="Microsoft Advertising",
    names={"en": _EN},
    marks=headers(
        "gregorian date|gregoriandate|timeperiod|campaignname|currencycode|conversionsqualified|accountname|"
        "adgroupname|devicetype|title part 1|titlepart1"
    ),
    preamble=(
        r"^report name:",
        r"^report time:",
        r"^report aggregation:",
        r"^last completed available",
        r"^potential incomplete",
    ),
    date_order="mdy",
)
