"""What columns are called in many languages, whoever wrote the table: the words behind a suggested mapping.

Weaker than a dialect: they say what a column probably is, so that a refused file comes with a mapping to look at, that
a plan is read, and that a column which plainly means money is not passed over. Must not know any platform.
"""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from reflection.ingest.dialects.dialect import SPLITS, is_number, normal_header, split_currency, table
from reflection.ingest.dialects.text_words import text_columns

WORDS: Mapping[str, tuple[str, ...]] = table(
    date="date|dátum|dată|датум|วันที่|التاريخ|اليوم|תאריך|ημερομηνία|ημέρα|"
    "zeitraum|berichtszeitraum|kw|kalenderwoche|période|período|periodo|periode|period|reporting period|"
    "date range|gregorianisches datum|par jour|por día|por dia|pro tag|per giorno|per dag|fecha de inicio (en utc)|"
    "date de début (en utc)|startdatum (in utc)|fecha gregoriana|data gregoriana|gregorian date|dt|"
    "date grégorienne|giorno gregoriano|time period|"
    "datum (tag)|day|quarter|quartal|trimestre|kwartał|kvartal|kwartaal|by day|by week|by month|start date|"
    "start time|reporting starts|tag|datum|jour|fecha|día|giorno|data|dia|dzień|dag|dato|päivä|den|tarih|gün|дата|"
    "день|日付|日|날짜|日期|ngày|hari|tanggal|week|woche|semaine|semana|settimana|tydzień|vecka|uge|viikko|týden|"
    "hafta|неделя|month|monat|mois|mes|mese|mês|maand|miesiąc|månad|måned|kuukausi|měsíc|ay|месяц|bulan|year month|"
    "date day|stat date|report date|segments date|rapporteringsstart|raportointi alkaa",
    date_end="end date|end time|reporting ends|date stop|enddatum|fecha de fin|date de fin|rapporteringsslut|"
    "rapporteringsslutt|raportointi päättyy",
    campaign="campaign|الحملة|اسم الحملة|קמפיין|שם קמפיין|καμπάνια|cmp nm|campaign nm|"
    "kampagnengruppe|campaign group name|campaign name|kampagne|kampagnenname|campagne|"
    "nom de la campagne|campaña|nombre de la campaña|campagna|nome della campagna|campanha|nome da campanha|"
    "кампанія|แคมเปญ|campagnenaam|kampania|nazwa kampanii|kampanj|kampanjnamn|kampanje|kampagnenavn|kampanja|"
    "kampanjan nimi|kampaň|"
    "název kampaně|kampanya|kampanya adı|kampány|campanie|кампания|название кампании|キャンペーン|キャンペーン名|"
    "캠페인|캠페인 이름|广告系列|推广计划|广告系列名称|chiến dịch|kampanye|nama kampanye|session campaign|"
    "nombre del grupo de campañas|nom du groupe de campagnes|nome do grupo de campanhas|nome del gruppo di campagne|"
    "insertion order|projekt|project|proyecto|projet|progetto|projeto",
    campaign_id="campaign id|kampagnen-id|id de campagne|id de la campaña|id campagna|id da campanha|campagne-id|"
    "id kampanii|kampanj-id|kampanya kimliği|идентификатор кампании|キャンペーン id|캠페인 id",
    account="account|account name|ad account name|advertiser|advertiser name|konto|kontoname|compte|cuenta|conta|"
    "client|customer|kunde|cliente",
    account_id="account id|ad account id|customer id|advertiser id|konto-id|kunden-id",
    audience="ad group|ad group name|ad set|ad set name|adset|adset name|ad squad name|ad set or group|"
    "anzeigengruppe|groupe d'annonces|grupo de anuncios|gruppo di annunci|grupo de anúncios|advertentiegroep|"
    "grupa reklam|annonsgrupp|annoncegruppe|mainosryhmä|reklamní sestava|reklam grubu|группа объявлений|広告グループ|"
    "광고그룹|광고 그룹|广告组|nhóm quảng cáo|grup iklan|audience|zielgruppe|line item|targeting|annonsuppsättning|"
    "annonsuppsättningens namn|namn på annonsuppsättning|annoncesæt|annoncesættets navn|annonsesett|mainosjoukko",
    audience_id="ad group id|ad set id|adset id|ad squad id",
    creative="ad|ad name|creative|creative name|anzeige|annonce|anuncio|annuncio|anúncio|advertentie|reklama|annons|"
    "iklan|annonsnamn|annonsens namn|annoncenavn|annonsenavn|広告名|광고|广告",
    creative_id="ad id|creative id",
    objective="objective|campaign objective|goal|ziel|objectif|objetivo|obiettivo|doel|cel|mål|hedef|цель",
    impressions="impressions|покази|การแสดงผล|مرات الظهور|חשיפות|εμφανίσεις|"
    "displays|visualizzazioni|visualisations|affichages|anzeigenaufrufe|ad views|"
    "served impressions|exibições|wyśw.|vert.|impr.|impr|paid impressions|shown|views served|impressionen|"
    "einblendungen|impressions totales|impresiones|impressioni|impression|impressões|vertoningen|weergaven|"
    "wyświetlenia|visningar|exponeringar|visninger|eksponeringer|näyttökerrat|zobrazení|gösterim|gösterimler|"
    "megjelenítések|afișări|показы|インプレッション|表示回数|노출|노출수|展示次数|展示|曝光次数|曝光量|lượt hiển thị|"
    "hiển thị|tayangan|metrics impressions|imps|exposures|ad impressions",
    clicks="link clicks|кліки|คลิก|نقرات الرابط|clicks (destination)|destination clicks|outbound clicks|"
    "clicks to landing page|"
    "landing page clicks|link-klicks|länkklick|linkklik|lenkeklikk|linkklikken|klikken op link|kliknięcia linku|"
    "bağlantı tıklamaları|clics en el enlace|cliques no link|clicks|click|klick|swipe ups|swipes|taps|klicks|clics|"
    "clics (destination)|clics (destino)|cliques (destino)|clic (destinazione)|klicks (ziel)|"
    "clic|cliques|klikken|aantal klikken|kliknięcia|klickningar|klikk|klik|klikkaukset|klikit|kliknutí|prokliky|"
    "tıklama|tıklamalar|kattintások|clicuri|клики|クリック|クリック数|클릭|클릭수|点击|点击次数|点击量|lượt nhấp|"
    "số lượt nhấp|metrics clicks|ad clicks|clks|النقرات|קליקים|הקלקות|κλικ|inline link clicks",
    spend="spend|advertiser cost|advertiser cost (adv currency)|المبلغ الذي تم إنفاقه|الإنفاق|التكلفة|עלות|κόστος|"
    "total gastado|total dépensé|totale speso|netto-kosten|nettokosten|werbekosten|mediakosten|media-kosten|"
    "net cost|net spend|dépenses nettes|coste neto|costo netto|витрати|ค่าใช้จ่าย|"
    "spent|speso|gastos|gastado|dépense totale|dépenses totales|inversión|importe|budget spent|"
    "media spend total|amount|betrag|montant|gesamtausgaben|spenderat belopp|brugt beløb|beløp brukt|"
    "uitgegeven bedrag|besteed bedrag|wydana kwota|vynaložená částka|gasto total|valor gasto|montante gasto|"
    "importe total|cost|amount spent|total spent|media cost|media spend|ad spend|adspend|total cost|total spend|"
    "investment|kosten|ausgaben|ausgegebener betrag|kosten netto|coût|coûts|dépenses|dépense|montant dépensé|coste|"
    "costo|gasto|importe gastado|importo speso|spesa|custo|investimento|valor usado|uitgaven|besteed|koszt|wydatki|"
    "kostnad|kostnader|omkostning|omkostninger|forbrug|kustannus|kulut|cena|náklady|útrata|maliyet|harcama|"
    "harcanan tutar|költség|cost total|расход|расходы|потраченная сумма|сумма затрат|затраты|стоимость|費用|消化金額|"
    "コスト|비용|지출금액|费用|花费|消耗|chi phí|biaya|jumlah yang dibelanjakan|metrics cost micros|cost micros|"
    "metrics costmicros|local spend amount|revenue adv currency|total media cost advertiser currency",
    conversions="conversions|конверсії|คอนเวอร์ชัน|التحويلات|המרות|μετατροπές|"
    "conversion|conv.|total conversions|results|result|konversionen|conversiones|conversioni|"
    "conversões|conversies|konwersje|konverteringar|konverteringer|konversiot|konverze|dönüşüm|dönüşümler|konverziók|"
    "conversii|конверсии|コンバージョン|전환|전환수|转化|转化次数|转化数|chuyển đổi|konversi|key events|"
    "metrics conversions|orders|purchases|sales count|leads|installs|sign ups|signups|bestellungen|käufe|achats|"
    "compras|acquisti|pedidos|ventas|aankopen|zakupy|köp|køb|kjøp|ostot|nákupy|satın almalar|заказы|покупки|"
    "7 day total orders (#)|14 day total orders (#)|total orders (#)",
    revenue="revenue|bevétel|tuotto|myynti|дохід|الإيرادات|قيمة التحويل|הכנסות|έσοδα|gmv|"
    "sale value|revenus|revenu|recettes|conversions value|purchase revenue|order value|total value|"
    "conversion revenue|conversion value|conv. value|total conversion value|purchase value|purchases value|sales|"
    "total sales|turnover|umsatz|conversion-wert|conv.-wert|valeur de conversion|chiffre d'affaires|ingresos|"
    "valor de conversión|valore di conversione|ricavi|fatturato|receita|valor de conversão|conv.waarde|"
    "conversiewaarde|omzet|wartość konwersji|przychód|konverteringsvärde|intäkter|omsætning|omsetning|tržby|"
    "hodnota konverze|gelir|dönüşüm değeri|доход|ценность конверсии|売上|コンバージョン値|매출|전환값|转化价值|收入|"
    "doanh thu|pendapatan|metrics conversions value|7 day total sales|14 day total sales|total revenue|checkout value",
    currency="currency|ccy|valuutta|monedă|สกุลเงิน|currency code|account currency|account currency code|"
    "advertiser currency|währung|"
    "währungscode|devise|code devise|moneda|código de moneda|valuta|valutacode|codice valuta|moeda|código da moeda|"
    "waluta|kod waluty|měna|para birimi|pénznem|валюта|通貨|通貨コード|통화|货币|货币代码|币种|幣別|"
    "mata uang|العملة|מטבע|νόμισμα|"
    "customer currency code",
    platform="platform|csatorna|canalul|แพลตฟอร์ม|ช่องทาง|المنصة|القناة|פלטפורמה|ערוץ|πλατφόρμα|κανάλι|"
    "datenquelle|data source name|source de données|fuente de datos|fonte de dados|origen de datos|"
    "werbeplattform|channel|source|data source|datasource|network|ad platform|media source|publisher|kanal|plattform|"
    "canal|plateforme|plataforma|canale|piattaforma|kanaal|kanał|kanava|zdroj|платформа|канал|источник|媒体|媒体平台|"
    "매체|サービス",
    age="age|age range|age bracket|age bucket|alter|altersgruppe|âge|edad|età|idade|leeftijd|wiek|ålder|alder|ikä|"
    "věk|yaş|возраст|年齢|연령|年龄|umur|usia|độ tuổi",
    gender="gender|sex|geschlecht|sexe|genre|sexo|género|sesso|genere|gênero|geslacht|płeć|kön|køn|kjønn|sukupuoli|"
    "pohlaví|cinsiyet|пол|性別|성별|性别|jenis kelamin|giới tính",
    country="country|country/region|region|country code|land|region/land|pays|país|paese|kraj|maa|země|ülke|страна|"
    "国|국가|国家/地区|negara|quốc gia",
    device="device|device type|device category|impression device|device platform|gerät|gerätetyp|appareil|"
    "dispositivo|apparaat|urządzenie|enhet|enhed|laite|zařízení|cihaz|устройство|デバイス|기기|设备|perangkat|"
    "thiết bị|segments device",
    placement="placement|platzierung|emplacement|ubicación|posizionamento|posicionamento|plaatsing|miejsce docelowe|"
    "placering|plassering|sijoittelu|umístění|yerleşim|место размещения|プレースメント|게재 위치|版位|penempatan|"
    "vị trí quảng cáo|ad placement|app placement",
    network="network (with search partners)|werbenetzwerk|réseau|red|rete|rede|netwerk|sieć|nätverk|netværk|ağ|сеть|"
    "ネットワーク|네트워크|投放网络",
    segment="search term|keyword|suchbegriff|keyword text|mot clé|palabra clave|zoekwoord|zoekterm|parola chiave|"
    "palavra-chave|słowo kluczowe|sökord|søgeord|avainsana|klíčové slovo|anahtar kelime|ключевое слово|キーワード|"
    "키워드|关键字|hour of day|conversion action",
)  # fmt: skip
"""Field -> what it is called, the surest first."""

NOT_ADDED = re.compile(
    r"\b(?:genomsnitt\w*|gennemsnit\w*|gjennomsnitt\w*|durchschnitt\w*|moyen\w*|promedi\w*|medio|méd\w*|keski\w*|średni\w*|"
    r"ctr|cpc|cpm|cpa|cpl|cpt|cpi|cpv|cvr|cr|roas|acos|ecpm|ecpc|tta|ttr|rate|ratio|avg|average|per|pct|percent|share|id|ids|"
    r"frequency|position|quote|taux|tasa|tasso|taxa|durchschn|moy|gem|śr|ort|средн|budget|orçamento|presupuesto|bid|max|target|"
    r"score|rank|reach|reichweite|year|jahr)\b|%|/|率|률|율",
    re.IGNORECASE,
)  # fmt: skip
"""Headers of what is a ratio, a limit, an id or a number of people: never added up, so never imported."""


@lru_cache(maxsize=1)
def _fields() -> Mapping[str, str]:
    return {header: field for field, headers in reversed(list(WORDS.items())) for header in headers}


@lru_cache(maxsize=4_096)
def field_of(header: str) -> str | None:
    """The field that a header plainly names, in any language; None where it does not.

    >>> field_of("Kosten"), field_of("Cost / conv.")
    ('spend', None)
    """
    return _fields().get(normal_header(split_currency(header)[0]))


_CONVERTED = re.compile(
    r"\bconverted|umgerechnet|converti[des]|convertit|omgerekend|przelicz|dönüştürülen|換算|환산", re.IGNORECASE
)
"""Words of a manager's columns of converted amounts, which stand beside the account's own and are never read."""


def names_currency(header: str) -> bool:
    """Whether a header has the word for currency in it, whatever amounts it is of, save converted ones.

    >>> names_currency("Revenue Currency"), names_currency("Umsatzwährung"), names_currency("Converted currency code")
    (True, True, False)
    """
    normal = normal_header(header)
    return not _CONVERTED.search(normal) and any(word in normal for word in WORDS["currency"])


_FILLING = frozenset(
    {"code", "codes", "kod", "de", "del", "di", "do", "da", "la", "le", "der", "des", "iso", "account", "konto",
     "compte", "cuenta", "conta"}
)  # fmt: skip
"""Words beside the one for currency that say nothing of which amounts it is of."""


def is_currency_of_all(header: str) -> bool:
    """Whether a header names currencies and nothing that they would be of alone.

    >>> is_currency_of_all("Code de devise"), is_currency_of_all("Umsatzwährung")
    (True, False)
    """
    normal = normal_header(header)
    for word in sorted(WORDS["currency"], key=len, reverse=True):
        normal = normal.replace(word, "")
    return names_currency(header) and set(re.findall(r"\w+", normal)) <= _FILLING


_MONEY = re.compile(
    r"\b(?:value|values|wert|valeur|valor|valore|waarde|wartość|värde|värdi|værdi|verdi|revenue|umsatz|cost|spend|kosten)\b"
    r"|価値|价值|값",
    re.IGNORECASE,
)
"""Words of headers that name money, whatever else they name."""

_PART = re.compile(r"view[- ]through|click[- ]through|post[- ]?(?:view|click)|assisted", re.IGNORECASE)
"""Words of headers that name a part of a count."""

_SOLD = ("sales", "vendite", "ventas", "vendas", "ventes", "verkäufe", "verkoop")
"""What is sold: money, or where another column is the money, how often."""


def _is_sold(header: str) -> bool:
    """Whether a header is nothing but the word for what is sold, and the window in which it was."""
    return re.sub(r" ?\(.*\)$", "", header) in _SOLD


def guess(headers: Sequence[str], numeric: Sequence[bool], dated: Sequence[bool]) -> dict[str, int]:
    """Field -> column, as far as headers and cells say: the surest word of a field first, each column once.

    Args:
        numeric, dated: whether the column's cells are numbers, or days.
    """
    normal = [normal_header(split_currency(header)[0]) for header in headers]
    columns: dict[str, int] = {}
    for field, words in WORDS.items():
        places = [normal.index(word) for word in words if word in normal]
        fitting = [place for place in places if place not in columns.values() and _fits(field, place, numeric, dated)]
        if fitting:
            columns[field] = fitting[0]
    for field, words in WORDS.items():
        if field not in columns and field not in SPLITS:
            fits = [_fits(field, i, numeric, dated) and _means(field, header) for i, header in enumerate(normal)]
            place = _containing(words, normal, columns, fits)
            columns |= {} if place is None else {field: place}
    if "date" not in columns and any(dated):
        columns["date"] = first = list(dated).index(True)
        if dated[first + 1 : first + 2] == [True] and first + 1 not in columns.values():
            columns["date_end"] = first + 1
    sold = [i for i, header in enumerate(normal) if _is_sold(header) and numeric[i] and i not in columns.values()]
    if "conversions" not in columns and "revenue" in columns and sold:
        columns["conversions"] = sold[0]
    texts = ["" if number or day else header for header, number, day in zip(normal, numeric, dated, strict=True)]
    return columns | text_columns(texts, columns)


def _fits(field: str, place: int, numeric: Sequence[bool], dated: Sequence[bool]) -> bool:
    """Whether a column's cells can be this field's."""
    if field in ("date", "date_end"):
        return dated[place]
    return numeric[place] or field.endswith("_id") if is_number(field) or field.endswith("_id") else not numeric[place]


def _means(field: str, header: str) -> bool:
    """Whether a header that has a word of a field in it can mean the field: a conversion's value is no conversion."""
    if field in ("conversions", "clicks", "impressions"):
        return not _MONEY.search(header) and not _PART.search(header)
    return field != "revenue" or not re.search(r"\bcost\b|kosten", header)


def counts_conversions(header: str) -> bool:
    """Whether a header has a word for conversions in it, and names no ratio, no money and no part of them.

    >>> counts_conversions("Actions (Conversions)"), counts_conversions("Conversions value")
    (True, False)
    """
    return mentions("conversions", header) and _means("conversions", normal_header(header))


def mentions(field: str, header: str) -> bool:
    """Whether a header has a word of a field in it, whatever else it says, and is no ratio.

    >>> mentions("spend", "Cost of media EUR"), mentions("spend", "Cost per click")
    (True, False)
    """
    return _mentions(WORDS[field], normal_header(header))


def _mentions(words: Sequence[str], header: str) -> bool:
    long = (word for word in words if len(word) > 3)
    return not NOT_ADDED.search(header) and any(
        re.search(rf"(?:^|\W){re.escape(word)}(?:\W|$)", header) for word in long
    )


def _containing(
    words: Sequence[str], normal: Sequence[str], columns: Mapping[str, int], fits: Sequence[bool]
) -> int | None:
    """The column whose header has one of the words in it, and is no ratio: the shortest such header."""
    matches = [
        (_is_sold(header), len(header), place)
        for place, header in enumerate(normal)
        if fits[place] and place not in columns.values() and _mentions(words, header)
    ]
    return min(matches)[-1] if matches else None
