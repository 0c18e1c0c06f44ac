"""API-shaped rows of warehouses: a table per entity and platform, names and actions in tables of their own.

Names tables carry no facts: given in the same call, they complete the ids of the performance tables.
"""

from collections.abc import Mapping

from reflection.ingest.dialects.dialect import Dialect, Role, headers, table

_PIN_CLICKS = dict.fromkeys(("clickthrough 1", "total clickthrough", "clickthrough"), "pin_clicks")


def _api(
    key: str,
    platform: str,
    entity: str,
    marks: str,
    *,
    required: str = "",
    role: Role = "performance",
    micros: bool = False,
    cautions: Mapping[str, str] | None = None,
    **fields: str,
) -> Dialect:
    return Dialect(
        key=key,
        platform=platform,
        title=f"{platform} API rows: {entity}",
        names={"en": table(**fields)},
        marks=headers(marks),
        required=headers(required),
        role=role,
        scale={"spend": 1e-6} if micros else {},
        date_order="ymd",
        cautions=cautions or {},
    )


GOOGLE_API = (
    _api("google_api", "Google", "query rows",
         "metrics cost micros|metrics costmicros|metrics impressions|metrics clicks|"
         "metrics conversions|segments date|customer currency code|customer currencycode|customer id",
         date="segments date|segments week|segments month|date",
         account="customer descriptive name|customer descriptivename",
         account_id="customer id", currency="customer currency code|customer currencycode",
         campaign="campaign name", campaign_id="campaign id", audience="ad group name|adgroup name",
         audience_id="ad group id|adgroup id", creative="ad group ad ad name|adgroupad ad name",
         creative_id="ad group ad ad id|adgroupad ad id", device="segments device",
         network="segments ad network type|segments adnetworktype",
         conversion_action="segments conversion action name|segments conversionactionname",
         impressions="metrics impressions", clicks="metrics clicks",
         spend="metrics cost micros|metrics costmicros|metrics cost", conversions="metrics conversions",
         revenue="metrics conversions value|metrics conversionsvalue"),
    _api("google_api", "Google", "campaign stats", "base_campaign|cost_micros|_fivetran_id",
         required="base_campaign", micros=True,
         date="date", account_id="customer_id", campaign_id="id", device="device", network="ad_network_type",
         impressions="impressions", clicks="clicks", spend="cost_micros", conversions="conversions",
         revenue="conversions_value"),
    _api("google_api", "Google", "ad group stats", "base_ad_group|campaign_base_campaign|cost_micros",
         required="base_ad_group", micros=True,
         date="date", account_id="customer_id", campaign_id="campaign_id", audience_id="id", device="device",
         network="ad_network_type", impressions="impressions", clicks="clicks", spend="cost_micros",
         conversions="conversions", revenue="conversions_value"),
    _api("google_api", "Google", "ad stats", "keyword_ad_group_criterion|ad_group|cost_micros",
         required="ad_id", micros=True,
         date="date", account_id="customer_id", campaign_id="campaign_id", audience_id="ad_group",
         creative_id="ad_id", device="device", network="ad_network_type", segment="keyword_ad_group_criterion",
         impressions="impressions", clicks="clicks", spend="cost_micros", conversions="conversions",
         revenue="conversions_value"),
    _api("google_api", "Google", "campaign names", "advertising_channel_type|serving_status", role="names",
         campaign_id="id", campaign="name", account_id="customer_id", date="updated_at"),
    _api("google_api", "Google", "account names", "currency_code|manager_customer_id|descriptive_name", role="names",
         account_id="id", account="descriptive_name", currency="currency_code", date="updated_at"),
)  # fmt: skip

META_API = (
    _api("meta_api", "Meta", "insights rows",
         "date_start|date_stop|account_currency|inline_link_clicks|actions|action_values",
         required="date_start|impressions|spend", date="date_start", date_end="date_stop", account_id="account_id",
         account="account_name", currency="account_currency", campaign_id="campaign_id", campaign="campaign_name",
         audience_id="adset_id", audience="adset_name", creative_id="ad_id", creative="ad_name", objective="objective",
         age="age", gender="gender", country="country", placement="publisher_platform", impressions="impressions",
         clicks="inline_link_clicks", all_clicks="clicks", spend="spend", actions="actions",
         action_values="action_values"),
    _api("meta_api", "Meta", "basic ad", "inline_link_clicks|ad_id", date="date", account_id="account_id",
         campaign_id="campaign_id", campaign="campaign_name", audience_id="adset_id|ad_set_id",
         audience="adset_name|ad_set_name", creative_id="ad_id", creative="ad_name", impressions="impressions",
         clicks="inline_link_clicks", spend="spend"),
    _api("meta_api", "Meta", "ad actions", "action_type|inline|index", role="actions", creative_id="ad_id", date="date",
         action_type="action_type", value="value"),
    _api("meta_api", "Meta", "account names", "_fivetran_synced",
         required="_fivetran_synced|id|name", role="names",
         account_id="id", account="name", date="_fivetran_synced"),
    _api("meta_api", "Meta", "campaign names", "_fivetran_synced",
         required="account_id|updated_time", role="names",
         campaign_id="id", campaign="name", account_id="account_id", date="updated_time"),
    _api("meta_api", "Meta", "ad set names", "updated_time|_fivetran_synced|campaign_id",
         required="campaign_id|updated_time", role="names",
         audience_id="id", audience="name", parent_campaign_id="campaign_id", account_id="account_id",
         date="updated_time"),
)  # fmt: skip

TIKTOK_API = (
    _api("tiktok_api", "TikTok", "campaign report", "stat_time_day|stat_time_hour|real_time_conversion",
         date="stat_time_day|stat_time_hour", campaign_id="campaign_id", country="country_code",
         impressions="impressions", clicks="clicks", spend="spend", conversions="conversion",
         revenue="total_purchase_value"),
    _api("tiktok_api", "TikTok", "integrated report", "dimensions stat_time_day|dimensions campaign_id|metrics spend|"
         "dimensions adgroup_id|dimensions ad_id|metrics campaign_name", required="metrics spend",
         date="dimensions stat_time_day|dimensions stat_time_hour", account_id="metrics advertiser_id",
         campaign_id="dimensions campaign_id|metrics campaign_id", campaign="metrics campaign_name",
         audience_id="dimensions adgroup_id|metrics adgroup_id", audience="metrics adgroup_name",
         creative_id="dimensions ad_id", creative="metrics ad_name", country="dimensions country_code",
         age="dimensions age", gender="dimensions gender", currency="metrics currency",
         impressions="metrics impressions", clicks="metrics clicks", spend="metrics spend",
         conversions="metrics conversion", revenue="metrics total_purchase_value"),
    _api("tiktok_api", "TikTok", "campaign names", "campaign_type|objective_type|campaign_name", role="names",
         campaign_id="campaign_id", campaign="campaign_name", objective="objective_type", account_id="advertiser_id",
         date="updated_at"),
    _api("tiktok_api", "TikTok", "ad group names", "adgroup_id|adgroup_name|optimization_event", role="names",
         audience_id="adgroup_id", audience="adgroup_name", parent_campaign_id="campaign_id",
         account_id="advertiser_id", date="updated_at"),
    _api("tiktok_api", "TikTok", "account names", "contacter|license_no|timezone", role="names", account_id="id",
         account="name", currency="currency", date="create_time"),
)  # fmt: skip

LINKEDIN_API = (
    _api("linkedin_api", "LinkedIn", "analytics by campaign", "cost_in_local_currency|one_click_leads|"
         "external_website_conversions", date="day", audience_id="campaign_id", campaign_id="campaign_group_id",
         impressions="impressions", clicks="landing_page_clicks|clicks", all_clicks="clicks",
         spend="cost_in_local_currency", conversions="external_website_conversions",
         conversion__lead="one_click_leads", revenue="conversion_value_in_local_currency"),
    _api("linkedin_api", "LinkedIn", "adAnalytics", "costInLocalCurrency|landingPageClicks|oneClickLeads|"
         "externalWebsiteConversions|sponsoredCampaignGroup|sponsoredCampaign|sponsoredCreative|sponsoredAccount",
         date="dateRange.start", date_end="dateRange.end", account_id="sponsoredAccount",
         campaign_id="sponsoredCampaignGroup", audience_id="sponsoredCampaign", creative_id="sponsoredCreative",
         impressions="impressions", clicks="landingPageClicks|clicks", all_clicks="clicks",
         spend="costInLocalCurrency", conversions="externalWebsiteConversions", conversion__lead="oneClickLeads",
         revenue="conversionValueInLocalCurrency"),
    _api("linkedin_api", "LinkedIn", "campaign names", "campaign_group_id|version_tag",
         required="campaign_group_id", role="names", audience_id="id",
         audience="name", parent_campaign_id="campaign_group_id", account_id="account_id",
         date="last_modified_time"),
    _api("linkedin_api", "LinkedIn", "account names", "version_tag|currency",
         required="currency", role="names", account_id="id",
         account="name", currency="currency", date="last_modified_time"),
    _api("linkedin_api", "LinkedIn", "campaign group names", "last_modified_time",
         required="last_modified_time|account_id", role="names",
         campaign_id="id",
         campaign="name", account_id="account_id", date="last_modified_time"),
)  # fmt: skip

REDDIT_API = (
    _api("reddit_api", "Reddit", "performance report", "ecpm|comment_downvotes|comment_upvotes|comments_page_views|"
         "viewer_comments|video_watched_3_seconds|conversion_roas", required="comments_page_views", micros=True,
         date="date|day_date|date_day", account_id="account_id", campaign_id="campaign_id", audience_id="ad_group_id",
         creative_id="ad_id", country="country|region", impressions="impressions", clicks="clicks", spend="spend"),
    _api("reddit_api", "Reddit", "account names", "click_attribution_window|attribution_type|time_zone_id",
         required="attribution_type", role="names", account_id="id", account="name", currency="currency",
         date="created_at"),
)  # fmt: skip

MICROSOFT_API = (
    _api("microsoft_api", "Microsoft", "performance daily report", "device_os|top_vs_other|bid_match_type|"
         "conversions_qualified", date="date", account_id="account_id", campaign_id="campaign_id",
         audience_id="ad_group_id", creative_id="ad_id", currency="currency_code", device="device_type",
         network="network", country="country", segment="goal", impressions="impressions", clicks="clicks",
         spend="spend", conversions="conversions|conversions_qualified", revenue="revenue"),
)  # fmt: skip

AMAZON_API = (
    _api("amazon_api", "Amazon", "reports", "purchases7d|purchases14d|purchases30d|purchases1d|sales7d|"
         "sales14d|sales30d|sales1d|campaignBudgetCurrencyCode|adGroupName|costPerClick|clickThroughRate|campaignBudgetAmount",
         date="date|startDate", date_end="endDate", campaign_id="campaignId", campaign="campaignName",
         audience_id="adGroupId", audience="adGroupName", creative_id="adId", placement="placementClassification",
         segment="searchTerm|targeting|keyword", currency="campaignBudgetCurrencyCode", impressions="impressions",
         clicks="clicks", spend="cost|spend", conversions="purchases7d|purchases14d|purchases30d",
         revenue="sales7d|sales14d|sales30d"),
)  # fmt: skip

PINTEREST_API = (
    _api("pinterest_api", "Pinterest", "analytics", "spend_in_micro_dollar|spend_in_dollar|impression_1|"
         "outbound_click_1|clickthrough_1|total_clickthrough|total_impression|total_checkout_value_in_micro_dollar|"
         "pin_promotion_id|campaign_objective_type", cautions=_PIN_CLICKS, date="date|date_day",
         account_id="advertiser_id|ad_account_id", campaign_id="campaign_id", campaign="campaign_name",
         objective="campaign_objective_type", audience_id="ad_group_id", audience="ad_group_name",
         creative_id="ad_id|pin_promotion_id", creative="ad_name|pin_promotion_name",
         impressions="paid_impression|impression_1|total_impression|impression",
         clicks="outbound_click_1|clickthrough_1|total_clickthrough|clickthrough",
         all_clicks="clickthrough_1|total_clickthrough", spend="spend_in_micro_dollar|spend_in_dollar",
         conversion__total="total_conversions", conversion__checkout="total_checkout|total_web_checkout",
         value__checkout="total_checkout_value_in_micro_dollar|total_web_checkout_value_in_micro_dollar",
         conversion__signup="total_signup", conversion__lead="total_lead"),
)  # fmt: skip
"""Amounts are in the account's currency, whatever is called dollar."""

WAREHOUSE = (*GOOGLE_API, *META_API, *TIKTOK_API, *LINKEDIN_API, *MICROSOFT_API, *REDDIT_API,
             *AMAZON_API, *PINTEREST_API)  # fmt: skip
