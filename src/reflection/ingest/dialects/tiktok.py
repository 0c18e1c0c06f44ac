"""TikTok Ads Manager: no preamble, a total row at the end, `-` for missing; destination clicks are link clicks."""

from reflection.ingest.dialects.dialect import Dialect, headers, table

_EN = table(
    date="By Day|Date|Day|By Hour",
    campaign="Campaign name",
    campaign_id="Campaign ID",
    account="Account name",
    account_id="Account ID",
    audience="Ad group name|Ad Group Name",
    audience_id="Ad group ID",
    creative="Ad name",
    creative_id="Ad ID",
    creative_type="Ad format|Creative type",
    headline="Ad text|Text|Ad title",
    objective="Objective|Advertising objective",
    impressions="Impressions|Impression",
    clicks="Clicks (destination)|Destination clicks|Clicks",
    all_clicks="Clicks (all)",
    spend="Cost|Spend|Total cost",
    conversions="Conversions|Conversion|Total conversions",
    conversion__complete_payment="Complete payment|Complete payments|Complete payment (website)",
    value__complete_payment="Total complete payment value|Complete payment value",
    currency="Currency",
    age="Age",
    gender="Gender",
    country="Country/Region|Country",
    placement="Placement",
)
_ES = table(
    date="Por día",
    campaign="Nombre de la campaña",
    creative="Nombre del anuncio",
    headline="Texto del anuncio|Texto",
    objective="Objetivo publicitario",
    impressions="Impresiones",
    clicks="Clics (destino)",
    spend="Coste|Gasto",
    conversions="Conversiones",
    currency="Moneda",
    age="Edad",
)
_ZH = table(
    date="按天",
    campaign="推广系列名称|系列名称",
    account="账户名称",
    audience="广告组名称",
    creative="广告名称",
    headline="广告文案|文案|文本",
    impressions="展示量",
    clicks="点击量(目标页面)",
    spend="消耗",
    conversions="转化量",
)

TIKTOK = Dialect(
    key="tiktok",
    platform="TikTok",
    title="TikTok Ads Manager",
    names={"en": _EN, "es": _ES, "zh": _ZH},
    writes_totals=True,
    weak=headers("cost|por día"),
    marks=headers(
        "by day|cost|clicks (destination)|complete payment|total complete payment value|cpc (destination)|"
        "ctr (destination)|destination clicks|2-second video views|6-second video views|real-time conversions|"
        "cost per 1,000 people reached|por día|clics (destino)|消耗|点击量(目标页面)|展示量|"
        "点击率(目标页面)|平均点击成本(目标页面)"
    ),
)
