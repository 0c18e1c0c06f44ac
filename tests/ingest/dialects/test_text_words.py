"""Headlines and texts of ads are read from every platform's export, in every language, however many parts they have."""

from collections.abc import Callable
from pathlib import Path

import pytest

from reflection.domain.campaign import Campaign
from reflection.ingest.dialects.column_mapping import load_mapping
from reflection.ingest.options import ImportOptions
from reflection.ingest.pipeline import read_export

Writer = Callable[..., Path]


def _campaign(path: Path, options: ImportOptions | None = None) -> Campaign:
    (campaign,) = read_export(path, options).campaigns
    return campaign


def _said(campaign: Campaign) -> dict[str, tuple[str, str]]:
    return {one.id: (one.headline, one.primary_text) for one in campaign.creatives}


EXPORTS = {
    "Google, responsive ads": (
        "Campaign|Ad group|Ad type|Headline 1|Headline 2|Headline 2 position|Description 1|Impr.|Clicks|Avg. CPC|Cost|"
        "Conversions",
        "Autumn|Shoes|Responsive search ad|{}|Free returns|--|All sizes|1000|50|1.00|50.00|5",
        ("{} | Free returns", "All sizes"),
    ),
    "Google, German": (
        "Kampagne|Anzeigengruppe|Anzeigentitel 1|Anzeigentitel 2|Textzeile 1|Beschreibung 3|Impr.|Klicks|Kosten|"
        "Währungscode|Durchschn. CPC|Conversions",
        "Herbst|Schuhe|{}|Gratis Rückversand|Alle Größen|Nur heute|1000|50|50,25|EUR|1,00|5,00",
        ("{} | Gratis Rückversand", "Alle Größen | Nur heute"),
    ),
    "Google, Japanese": (
        "キャンペーン|広告 ID|広告見出し 1|広告見出し 2|説明文 1|表示回数|クリック数|費用|"
        "コンバージョン|通貨コード|平均クリック単価",
        "秋|{}|{}|送料無料|全サイズ|1000|50|5000|5|JPY|100",
        ("{} | 送料無料", "全サイズ"),
    ),
    "Google, French": (
        "Campagne|Groupe d'annonces|Titre 1|Titre 2|Description 1|Impr.|Clics|Coût|Code de la devise|CPC moy.|"
        "Conversions",
        "Automne|Souliers|{}|Retours gratuits|Toutes tailles|1000|50|50,25|EUR|1,00|5,00",
        ("{} | Retours gratuits", "Toutes tailles"),
    ),
    "Meta, ad settings": (
        "Campaign name|Ad name|Headline (ad settings)|Body (ad settings)|Amount spent (EUR)|Impressions|Link clicks|"
        "Reporting starts|Reporting ends|Purchases",
        "Autumn|{}|{}|All sizes|50.25|1000|50|2026-09-01|2026-09-30|5",
        ("{}", "All sizes"),
    ),
    "Meta, Spanish": (
        "Nombre de la campaña|Nombre del anuncio|Título|Texto principal|Importe gastado (EUR)|Impresiones|"
        "Clics en el enlace|Inicio del informe|Fin del informe|Compras",
        "Otoño|{}|{}|Todas las tallas|50,25|1000|50|2026-09-01|2026-09-30|5",
        ("{}", "Todas las tallas"),
    ),
    "Meta, Italian": (
        "Nome della campagna|Nome dell'inserzione|Titolo|Testo principale|Importo speso (EUR)|Impression|Clic sul link|"
        "Inizio report|Fine report|Acquisti",
        "Autunno|{}|{}|Tutte le taglie|50,25|1000|50|2026-09-01|2026-09-30|5",
        ("{}", "Tutte le taglie"),
    ),
    "Meta, Dutch": (
        "Campagnenaam|Naam advertentie|Kop|Primaire tekst|Besteed bedrag (EUR)|Weergaven|Linkklikken|Start rapportage|"
        "Einde rapportage|Aankopen",
        "Herfst|{}|{}|Alle maten|50,25|1000|50|2026-09-01|2026-09-30|5",
        ("{}", "Alle maten"),
    ),
    "Meta, Portuguese": (
        "Nome da campanha|Nome do anúncio|Título|Texto principal|Valor usado (BRL)|Impressões|Cliques no link|"
        "Início dos relatórios|Término dos relatórios|Compras",
        "Outono|{}|{}|Todos os tamanhos|50,25|1000|50|2026-09-01|2026-09-30|5",
        ("{}", "Todos os tamanhos"),
    ),
    "LinkedIn": (
        "Start Date (in UTC)|Campaign Group Name|Campaign Name|Creative Name|Ad Headline|Ad Introduction Text|"
        "Impressions|Clicks to Landing Page|Total Spent|Conversions|Currency",
        "9/13/2026|Autumn|Shoes|{}|{}|All sizes|1000|50|50.25|5|EUR",
        ("{}", "All sizes"),
    ),
    "Microsoft": (
        "Gregorian date|Campaign name|Ad group|Title part 1|Title part 2|Ad description|Ad description 2|Impressions|"
        "Clicks|Spend|Conversions|Currency code",
        "9/13/2026|Autumn|Shoes|{}|Free returns|All sizes|Today|1000|50|50.25|5|EUR",
        ("{} | Free returns", "All sizes | Today"),
    ),
    "TikTok": (
        "By Day|Campaign name|Ad name|Ad text|Impressions|Clicks (destination)|Cost|Conversions|Currency",
        "2026-09-13|Autumn|{}|{}|1000|50|50.25|5|EUR",
        ("{}", ""),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", EXPORTS)
def test_the_texts_of_two_ads_are_read(write: Writer, name: str) -> None:
    header, line, (headline, body) = EXPORTS[name]
    words = ("Which shoe?", "Every shoe")
    rows = [header.split("|"), *(line.replace("{}", word).split("|") for word in words)]

    stated = any(code in header + line for code in ("EUR", "JPY", "BRL"))
    campaign = _campaign(write(rows), None if stated else ImportOptions(currency="EUR"))

    said = _said(campaign)
    assert sorted(said.values()) == sorted((headline.format(word), body) for word in words)
    assert {row.creative for row in campaign.breakdown} == set(said)
    assert all(row.metrics.impressions == 1000 for row in campaign.breakdown)


META = ["Campaign name", "Ad name", "Headline", "Text", "Amount spent (EUR)", "Impressions", "Link clicks", "Day",
        "Purchases"]  # fmt: skip


def _meta(ad: str, headline: str, text: str, day: str = "2026-09-01") -> list[str]:
    return ["Autumn", ad, headline, text, "10.50", "1000", "50", day, "5"]


def test_one_name_with_several_texts_is_several_ads_and_with_one_text_it_stays_itself(write: Writer) -> None:
    rows = [META, _meta("dynamic", "Which?", "a"), _meta("dynamic", "Every one", "a"), _meta("plain", "Which?", "a")]
    rows += [_meta("plain", "", "", "2026-09-02")]

    campaign = _campaign(write(rows))

    assert _said(campaign) == {
        "dynamic · Every one | a": ("Every one", "a"),
        "dynamic · Which? | a": ("Which?", "a"),
        "plain": ("Which?", "a"),
    }
    assert sum(row.metrics.impressions or 0 for row in campaign.breakdown) == 4000


def test_an_ad_without_a_name_is_its_text_and_without_a_text_is_nobody(write: Writer) -> None:
    campaign = _campaign(write([META, _meta("", "Which?", ""), _meta("", "", "")]))

    assert _said(campaign) == {"Which?": ("Which?", "")}
    assert [row.creative for row in campaign.breakdown] == ["Which?"]
    assert campaign.actual_metrics.impressions == 2000


@pytest.mark.parametrize(
    "text", ["x" * 10_000, "=cmd|' /C calc'!A0", "<script>alert(1)</script>", "a\nb \u202e\u200b", "🔥" * 50, "--", "0"]
)
def test_hostile_texts_are_texts_or_nothing(write: Writer, text: str) -> None:
    campaign = _campaign(write([META, _meta("", text, text), _meta("", "Which?", "")]))

    assert campaign.actual_metrics.impressions == 2000
    assert all(len(one.id) <= 200 and len(one.headline) <= 5_000 for one in campaign.creatives)
    assert ("Which?", "") in _said(campaign).values()


def test_what_a_search_ad_shows_in_place_of_what_was_searched_for(write: Writer) -> None:
    campaign = _campaign(write([META, _meta("one", "{KeyWord:Red shoes}?", ""), _meta("two", "Blue", "")]))

    assert _said(campaign)["one"] == ("Red shoes?", "")


def test_columns_about_texts_are_no_texts(write: Writer) -> None:
    header = [*META[:2], "Headline 1 position", "Text quality", *META[4:]]

    campaign = _campaign(write([header, _meta("one", "1", "good"), _meta("two", "2", "poor")]))

    assert set(_said(campaign).values()) == {("", "")}


def test_notes_of_a_file_of_several_platforms_name_no_ads(write: Writer) -> None:
    header = ["Platform", "Date", "Campaign", "Description", "Impressions", "Clicks", "Spend", "Conversions"]
    rows = [header] + [
        [platform, "2026-09-01", platform, f"note {platform}", "1000", "50", "10.50", "5"]
        for platform in ("Meta", "Google", "TikTok")
    ]

    campaigns = read_export(write(rows), ImportOptions(currency="EUR")).campaigns

    assert [campaign.creatives for campaign in campaigns] == [()] * 3


def test_a_mapping_names_as_many_parts_as_there_are(write: Writer) -> None:
    rows = [["Projekt", "Kosten", "Views", "Klicks", "H1", "H2"], ["Herbst", "10.50", "1000", "50", "Which?", "Every"]]
    columns = {"campaign": "Projekt", "spend": "Kosten", "impressions": "Views", "clicks": "Klicks"}
    mapping = load_mapping({"platform": "Meta", "columns": {**columns, "headline": "H1", "headline.2": "H2"}})

    campaign = _campaign(write(rows), ImportOptions(currency="EUR", mapping=mapping))

    assert _said(campaign) == {"Which? | Every": ("Which? | Every", "")}
