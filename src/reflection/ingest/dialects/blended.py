"""One sheet of several platforms, as connectors write them: a column names each row's platform.

Its headers are words that anybody could use; what identifies it are the cells of that column, which name platforms.
"""

import re

from reflection.ingest.dialects.dialect import Dialect, table
from reflection.ingest.dialects.words import WORDS

_PLAIN = ("platform", "account", "campaign", "campaign_id", "audience", "creative", "impressions", "clicks", "spend")
_CONVERSIONS = re.compile(r"conv|konv|konw|конв|dönüş|コンバージョン|전환|转化|chuyển đổi|המרות|التحويلات|μετατρ")
"""Words for conversions as such; what is counted by another name (orders, leads) is told by that name."""

_SOLD = frozenset({"sales", "total sales", "sale value"})

_ANY_LANGUAGE = {
    **{name: WORDS[name] for name in _PLAIN},
    "conversions": tuple(word for word in WORDS["conversions"] if _CONVERSIONS.search(word)),
    "revenue": tuple(word for word in WORDS["revenue"] if word not in _SOLD),
}

BLENDED = Dialect(
    key="blended",
    platform="",
    title="a sheet of several platforms",
    names={
        "en": table(
            date="Date|Day|Week|Month",
            platform="Data source|Datasource|Connector|Connector name|Data source type|Data source type name|"
            "Traffic source|Source|Platform|Ad platform|Channel|Network|Publisher",
            account="Account name|Account",
            account_id="Account ID",
            campaign="Campaign name|Campaign",
            campaign_id="Campaign ID",
            audience="Ad group name|Ad group|Ad set name|Adset name|Ad set|Ad set or group",
            creative="Ad name|Ad",
            creative_id="Ad ID",
            objective="Objective|Campaign objective",
            impressions="Impressions",
            clicks="Link clicks|Clicks",
            spend="Spend|Cost|Amount spent|Media cost|Ad spend|Total cost|Total spend",
            conversions="Conversions|Total conversions|Conversion",
            conversion__purchase="Purchases|Orders|Transactions",
            conversion__lead="Leads",
            revenue="Revenue|Conversion value|Conversions value|Total conversion value",
            currency="Currency|Currency code|Account currency",
            country="Country",
            device="Device",
        ),
        "": _ANY_LANGUAGE,
    },
    names_platforms=True,
)
