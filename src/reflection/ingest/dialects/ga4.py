"""Google Analytics 4, reports and explorations with the cost of linked Google Ads: comments above, days as 20260901.

Its rows say again what Google Ads says of the same days, with conversions counted by Analytics. Sessions are no clicks:
a report without the advertising columns has nothing to learn from.
"""

from reflection.ingest.dialects.dialect import Dialect, headers, table

GA4 = Dialect(
    key="ga4",
    platform="Google",
    title="Google Analytics 4",
    names={
        "en": table(
            date="Date|Day",
            account="Session Google Ads account name|sessionGoogleAdsAccountName",
            campaign="Session Google Ads campaign|Session campaign|sessionGoogleAdsCampaignName|sessionCampaignName",
            campaign_id="Session Google Ads campaign ID|sessionGoogleAdsCampaignId",
            audience="Session Google Ads ad group name|sessionGoogleAdsAdGroupName",
            audience_id="Session Google Ads ad group ID|sessionGoogleAdsAdGroupId",
            impressions="Ads impressions|advertiserAdImpressions",
            clicks="Ads clicks|advertiserAdClicks",
            spend="Ads cost|advertiserAdCost",
            conversions="Key events|keyEvents|Conversions",
            conversion__purchase="Key event count for purchase|keyEvents:purchase",
            revenue="Purchase revenue|purchaseRevenue|Total revenue|totalRevenue",
            device="Device category|deviceCategory",
            country="Country",
        )
    },
    marks=headers(
        "ads cost|ads clicks|ads impressions|advertiseradcost|advertiseradclicks|advertiseradimpressions|"
        "session google ads campaign|session campaign|sessiongoogleadscampaignname|sessioncampaignname|"
        "session google ads campaign id|session source / medium|key events|sessions|engaged sessions|"
        "active users|session primary channel group (default channel group)|session default channel group"
    ),
    preamble=(r"^# ?property", r"^# ?start date"),
    date_order="ymd",
)  # fmt: skip
