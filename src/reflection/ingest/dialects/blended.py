"""One sheet of several platforms, as connectors write them: a column names each row's platform.

Its headers are words that anybody could use; what identifies it are the cells of that column, which name platforms.
"""

from reflection.ingest.dialects.any_language import NAMES
from reflection.ingest.dialects.dialect import Dialect, table
from reflection.ingest.dialects.words import WORDS

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
            revenue="Revenue|Conversion value|Conversions value|Total conversion value",
            currency="Currency|Currency code|Account currency",
            country="Country",
            device="Device",
        ),
        "": {**NAMES, "platform": WORDS["platform"]},
    },
    names_platforms=True,
)
