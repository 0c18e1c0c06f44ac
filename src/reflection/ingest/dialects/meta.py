"""Meta Ads Manager: CSV or XLSX, headers in the user's language, an account total row first or last.

`Clicks` are link clicks; `Clicks (all)` is kept apart. What `Results` counts is said by `Result indicator`.
"""

from reflection.ingest.dialects.dialect import Dialect, table

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
    headline="Headline|Headline (ad settings)|Title",
    body="Body|Body (ad settings)|Primary text",
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
_DE = table(
    date="Tag|Berichtsstart|Beginn des Berichtszeitraums",
    date_end="Berichtsende|Ende des Berichtszeitraums",
    campaign="Kampagnenname",
    campaign_id="Kampagnen-ID",
    audience="Anzeigengruppenname|Name der Anzeigengruppe",
    audience_id="Anzeigengruppen-ID",
    creative="Anzeigenname|Name der Werbeanzeige",
    creative_id="Anzeigen-ID",
    objective="Ziel",
    delivery="Auslieferung|Auslieferung der Kampagne",
    attribution="Attributionseinstellung",
    impressions="Impressionen",
    clicks="Link-Klicks|Linkklicks|Einmalige Link-Klicks",
    all_clicks="Klicks (alle)",
    spend="Ausgegebener Betrag",
    results="Ergebnisse",
    result_indicator="Ergebnisindikator|Ergebnistyp",
    conversion__purchase="Käufe",
    value__purchase="Conversion-Wert für Käufe|Kauf-Conversion-Wert",
    conversion__lead="Leads",
    age="Alter",
    gender="Geschlecht",
)
_FR = table(
    date="Jour|Début des rapports",
    date_end="Fin des rapports",
    campaign="Nom de la campagne",
    audience="Nom de l'ensemble de publicités",
    creative="Nom de la publicité",
    delivery="Diffusion de la campagne|Diffusion",
    attribution="Paramètre d'attribution",
    impressions="Impressions",
    clicks="Clics sur un lien|Clics uniques sur un lien",
    all_clicks="Clics (tous)",
    spend="Montant dépensé",
    results="Résultats",
    result_indicator="Indicateur de résultats|Indicateur de résultat",
    conversion__purchase="Achats",
    value__purchase="Valeur de conversion des achats",
    age="Âge",
    gender="Genre|Sexe",
)
_ES = table(
    date="Día|Inicio del informe",
    date_end="Fin del informe",
    campaign="Nombre de la campaña",
    audience="Nombre del conjunto de anuncios",
    creative="Nombre del anuncio",
    delivery="Entrega de la campaña",
    attribution="Configuración de atribución",
    impressions="Impresiones",
    clicks="Clics en el enlace|Clics únicos en el enlace",
    all_clicks="Clics (todos)",
    spend="Importe gastado",
    results="Resultados",
    result_indicator="Indicador de resultado|Indicador de resultados",
    conversion__purchase="Compras",
    value__purchase="Valor de conversión de compras",
    age="Edad",
    gender="Sexo",
)
_IT = table(
    date="Giorno|Inizio report|Inizio del periodo di riferimento",
    date_end="Fine report|Fine del periodo di riferimento",
    campaign="Nome della campagna",
    audience="Nome del gruppo di inserzioni",
    creative="Nome dell'inserzione",
    delivery="Pubblicazione della campagna",
    impressions="Impression",
    clicks="Clic sul link|Clic unici sul link",
    all_clicks="Clic (tutti)",
    spend="Importo speso",
    results="Risultati",
    result_indicator="Indicatore di risultato|Indicatore dei risultati",
    conversion__purchase="Acquisti",
    value__purchase="Valore di conversione degli acquisti",
)
_PT = table(
    date="Dia|Início dos relatórios",
    date_end="Término dos relatórios|Encerramento dos relatórios",
    campaign="Nome da campanha",
    audience="Nome do conjunto de anúncios",
    creative="Nome do anúncio",
    delivery="Veiculação da campanha",
    impressions="Impressões",
    clicks="Cliques no link|Cliques únicos no link",
    all_clicks="Cliques (todos)",
    spend="Valor usado|Montante gasto",
    results="Resultados",
    result_indicator="Indicador de resultados",
    conversion__purchase="Compras",
    value__purchase="Valor de conversão da compra|Valor de conversão de compras",
)
_ID = table(
    date="Hari|Awal pelaporan",
    date_end="Akhir pelaporan",
    campaign="Nama kampanye",
    audience="Nama set iklan",
    creative="Nama iklan",
    delivery="Penayangan kampanye",
    impressions="Impresi",
    clicks="Klik Tautan|Klik Tautan Unik",
    all_clicks="Klik (semua)",
    spend="Jumlah yang dibelanjakan",
    results="Hasil",
    result_indicator="Indikator Hasil",
    conversion__purchase="Pembelian",
    value__purchase="Nilai konversi pembelian",
)
_JA = table(
    date="日|レポート開始日",
    date_end="レポート終了日",
    campaign="キャンペーン名",
    audience="広告セット名",
    creative="広告の名前|広告名",
    delivery="キャンペーンの配信",
    attribution="アトリビューション設定",
    impressions="インプレッション|インプレッション数",
    clicks="リンクのクリック|リンククリック|リンククリック(ユニーク)",
    all_clicks="クリック(すべて)",
    spend="消化金額",
    results="結果",
    result_indicator="結果インジケーター",
    conversion__purchase="購入",
    value__purchase="購入のコンバージョン値",
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
)

_LANGUAGES = (_EN, _DE, _FR, _ES, _IT, _PT, _ID, _JA)
_GENERIC = frozenset({"day", "date", "tag", "jour", "día", "giorno", "dia", "hari", "日"})
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
    names={"en": _EN, "de": _DE, "fr": _FR, "es": _ES, "it": _IT, "pt": _PT, "id": _ID, "ja": _JA},
    marks=_OWN | _RATIOS,
    cautions=dict.fromkeys(_UNIQUE, "unique_clicks"),
    blank_is_zero=frozenset({"results", "clicks"}),
)
