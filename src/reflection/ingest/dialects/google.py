"""Google Ads: a title and a date range above the header, totals by level below, numbers in the user's locale.

The Excel flavour is UTF-16 with tabs. `Total: Account` may hold far more than the rows listed.
"""

from reflection.ingest.dialects.dialect import Dialect, table

_EN = table(
    date="Day|Date|Week|Month",
    campaign="Campaign",
    campaign_id="Campaign ID",
    account="Account|Account name",
    account_id="Customer ID",
    audience="Ad group|Audience segment",
    audience_id="Ad group ID",
    creative="Ad name|Asset group|Ad",
    creative_id="Ad ID",
    creative_type="Ad type",
    objective="Campaign goal|Goal",
    impressions="Impr.|Impressions",
    clicks="Clicks",
    spend="Cost",
    conversions="Conversions",
    revenue="Conv. value|Total conv. value",
    currency="Currency code|Currency",
    device="Device",
    network="Network (with search partners)|Network",
    segment="Search term|Keyword",
    conversion_action="Conversion action|Conversion action name",
    asset="Asset|Asset ID",
)
_DE = table(
    date="Tag|Datum|Woche|Monat",
    campaign="Kampagne",
    campaign_id="Kampagnen-ID",
    audience="Anzeigengruppe",
    audience_id="Anzeigengruppen-ID",
    creative="Anzeigenname|Asset-Gruppe",
    creative_id="Anzeigen-ID",
    creative_type="Anzeigentyp",
    impressions="Impr.|Impressionen",
    clicks="Klicks",
    spend="Kosten",
    conversions="Conversions",
    revenue="Conv.-Wert|Conversion-Wert",
    currency="Währungscode",
    device="Gerät",
    asset="Asset",
)
_FR = table(
    date="Jour|Date|Semaine|Mois",
    campaign="Campagne",
    campaign_id="ID de campagne|ID de la campagne",
    audience="Groupe d'annonces",
    creative="Nom de l'annonce",
    impressions="Impr.|Impressions",
    clicks="Clics",
    spend="Coût",
    conversions="Conversions",
    revenue="Valeur conv.|Valeur de conv.",
    currency="Code de la devise|Code devise",
    device="Appareil",
    asset="Composant",
)
_ES = table(
    date="Día|Fecha|Semana|Mes",
    campaign="Campaña",
    campaign_id="ID de la campaña|ID de campaña",
    audience="Grupo de anuncios",
    impressions="Impr.|Impresiones",
    clicks="Clics",
    spend="Coste|Costo",
    conversions="Conversiones",
    revenue="Valor conv.|Valor de conv.",
    currency="Código de moneda",
    device="Dispositivo",
    asset="Recurso|Componente",
)
_IT = table(
    date="Giorno|Data|Settimana|Mese",
    campaign="Campagna",
    campaign_id="ID campagna",
    audience="Gruppo di annunci",
    impressions="Impr.|Impressioni",
    clicks="Clic",
    spend="Costo",
    conversions="Conversioni",
    revenue="Valore conv.",
    currency="Codice valuta",
    device="Dispositivo",
    asset="Asset",
)
_PT = table(
    date="Dia|Data|Semana|Mês",
    campaign="Campanha",
    campaign_id="ID da campanha|Código da campanha",
    audience="Grupo de anúncios",
    impressions="Impr.|Impressões",
    clicks="Cliques",
    spend="Custo",
    conversions="Conversões",
    revenue="Valor da conv.|Valor conv.",
    currency="Código da moeda",
    device="Dispositivo",
    asset="Recurso",
)

_NL = table(
    date="Dag|Datum|Week|Maand",
    campaign="Campagne",
    campaign_id="Campagne-ID",
    audience="Advertentiegroep",
    impressions="Vertoningen|Vert.",
    clicks="Klikken|Aantal klikken",
    spend="Kosten",
    conversions="Conversies",
    revenue="Conv.waarde|Conversiewaarde",
    currency="Valutacode",
    device="Apparaat",
    segment="Zoekwoord|Zoekterm",
)
_JA = table(
    date="日|日付",
    campaign="キャンペーン",
    campaign_id="キャンペーン ID",
    impressions="表示回数",
    clicks="クリック数",
    spend="費用",
    conversions="コンバージョン",
    revenue="コンバージョン値",
    currency="通貨コード",
    segment="検索キーワード",
)
_TR = table(
    date="Gün",
    campaign="Kampanya",
    audience="Reklam grubu",
    impressions="Göstr.|Gösterim",
    clicks="Tıklamalar",
    spend="Maliyet",
    conversions="Dönüşümler",
    revenue="Dönüşüm değeri",
    segment="Arama anahtar kelimesi",
)
_PL = table(
    date="Dzień",
    campaign="Kampania",
    audience="Grupa reklam",
    impressions="Wyświetlenia",
    clicks="Kliknięcia",
    spend="Koszt",
    conversions="Konwersje",
    revenue="Wartość konwersji",
)
_ZH = table(
    date="天|日期",
    campaign="广告系列",
    audience="广告组",
    impressions="展示次数",
    clicks="点击次数",
    spend="费用",
    conversions="转化次数",
    revenue="转化价值",
    currency="货币代码",
    segment="搜索关键字|搜索字词",
)
_KO = table(
    date="일",
    campaign="캠페인",
    audience="광고그룹",
    impressions="노출수",
    clicks="클릭수",
    spend="비용",
    conversions="전환수|전환",
    revenue="전환 가치",
    currency="통화 코드",
)
_LANGUAGES = (_EN, _DE, _FR, _ES, _IT, _PT, _NL, _JA, _TR, _PL, _ZH, _KO)
_OWN = frozenset(
    header for language in _LANGUAGES for name in ("spend", "revenue", "currency") for header in language.get(name, ())
)
_WEAK = frozenset(
    header for language in _LANGUAGES for name in ("spend", "currency") for header in language.get(name, ())
) - frozenset(_JA["currency"])
_WEAK |= {
    "conversion-wert", "conversiewaarde", "wartość konwersji", "コンバージョン値", "campaign status", "campaign type",
    "avg. cpc", "cpc médio", "转化价值", "전환 가치",
}  # fmt: skip
_RATIOS = frozenset(
    {"impr.", "vert.", "avg. cpc", "avg. cost", "cost / conv.", "conv. rate", "conv. value / cost",
     "interaction rate",
     "campaign status", "campaign type", "durchschn. cpc", "cpc moy.", "cpc médio", "cpc méd.", "gem. cpc",
     "kosten/conv.", "平均クリック単価", "コンバージョン単価", "göstr.", "ort. tbm", "kampanya durumu",
     "maliyet / dönüşüm", "śr. cpc",
     "平均每次点击费用", "平均费用", "평균 cpc", "每次转化费用"}
)  # fmt: skip

GOOGLE = Dialect(
    key="google",
    platform="Google",
    title="Google Ads",
    names={
        "en": _EN,
        "de": _DE,
        "fr": _FR,
        "es": _ES,
        "it": _IT,
        "pt": _PT,
        "nl": _NL,
        "ja": _JA,
        "tr": _TR,
        "pl": _PL,
        "zh": _ZH,
        "ko": _KO,
    },
    marks=_OWN - {"currency"} | _RATIOS,
    weak=_WEAK,
    writes_totals=True,
    preamble=(
        r"^(campaign|ad group|ads?|ad performance|search terms?|search keyword|keyword|asset group|account)\b.* report",
        r"^kampagnenbericht|bericht$|^rapport sur|^informe de|^rapporto|^relatório|rapport$",
    ),
)
