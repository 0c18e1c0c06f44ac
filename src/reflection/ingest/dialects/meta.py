"""Meta Ads Manager: CSV or XLSX, headers in the user's language, an account total row first or last.

`Clicks` are link clicks; `Clicks (all)` is kept apart. What `Results` counts is said by `Result indicator`.
"""

from reflection.ingest.dialects.dialect import Dialect, table
from reflection.ingest.dialects.meta_languages import LANGUAGES

_EN = table(
    date="Day|Date|Reporting starts",
    date_end="Reporting ends",
    campaign="Campaign name",
    campaign_id="Campaign ID",
    account="Account name",
    account_id="Account ID",
    audience="Ad set name|Ad Set Name|New Ad set name",
    audience_id="Ad set ID",
    creative="Ad name|New Ad name",
    creative_id="Ad ID",
    creative_type="Ad Video|Media type|Ad format|Creative type",
    objective="Objective|Campaign objective",
    delivery="Campaign delivery|Ad set delivery|Ad delivery|Delivery",
    attribution="Attribution setting",
    impressions="Impressions",
    clicks="Link clicks|Unique link clicks",
    all_clicks="Clicks (all)",
    spend="Amount spent",
    results="Results",
    result_indicator="Result indicator|Result type",
    results_value="Results value",
    conversion__purchase="Purchases|Website purchases",
    value__purchase="Purchases conversion value|Website purchases conversion value",
    conversion__lead="Leads|Website leads",
    value__lead="Leads conversion value",
    conversion__complete_registration="Registrations completed|Website registrations completed",
    value__complete_registration="Registrations completed conversion value",
    currency="Currency",
    age="Age",
    gender="Gender",
    country="Country",
    placement="Placement|Platform",
    device="Impression device|Device platform",
    source_name="Source.Name",
)
_UNIQUE = (
    "unique link clicks",
    "klik tautan unik",
    "リンククリック(ユニーク)",
    "einmalige link-klicks",
    "clics uniques sur un lien",
    "clics únicos en el enlace",
    "clic unici sul link",
    "cliques únicos no link",
    "уникальные клики по ссылке",
)

_LANGUAGES = (_EN, *LANGUAGES.values())
_GENERIC = frozenset(
    {"day", "date", "tag", "jour", "día", "giorno", "dia", "hari", "日", "dag", "dzień", "gün", "일", "ngày"}
)
_OWN = frozenset(
    header
    for language in _LANGUAGES
    for name in ("spend", "clicks", "result_indicator", "all_clicks", "delivery", "date", "date_end", "attribution",
                 "value.purchase")
    for header in language.get(name, ())
) - _GENERIC  # fmt: skip
_RATIOS = frozenset(
    {"cost per result", "cost per results", "cpc (cost per link click)", "cpm (cost per 1,000 impressions)",
     "results value",
     "ctr (link click-through rate)", "ctr (all)", "cpc (all)", "purchase roas (return on ad spend)",
     "website purchases"}
)  # fmt: skip

META = Dialect(
    key="meta",
    platform="Meta",
    title="Meta Ads Manager",
    names={"en": _EN, **LANGUAGES},
    marks=_OWN | _RATIOS,
    cautions=dict.fromkeys(_UNIQUE, "unique_clicks"),
    blank_is_zero=frozenset(
        {"results", "clicks", *(name for name in _EN if name.startswith(("conversion.", "value.")))}
    ),
)
