"""X Ads: the day under `Time` beside the campaign's own start and end; `Clicks` are all clicks, link clicks apart."""

from reflection.ingest.dialects.dialect import Dialect, headers, table

X = Dialect(
    key="x",
    platform="X",
    title="X Ads",
    names={
        "en": table(
            date="Time|Time period|Date",
            campaign="Campaign|Campaign name",
            campaign_id="ID|Campaign ID",
            objective="Objective|Campaign objective",
            impressions="Impressions",
            clicks="Link clicks",
            all_clicks="Clicks",
            spend="Spend",
            conversions="Conversions",
            currency="Currency",
        )
    },
    marks=headers(
        "billed engagements|card engagements|media engagements|retweets|reposts|unfollows|campaign url|"
        "funding instrument name|funding instrument id|replies|follows|likes|engagement rate"
    ),
    weak=headers("replies|follows|likes|engagement rate"),
)
