"""Google's reports of assets: what is counted for every asset is never added up."""

from dataclasses import asdict

import pytest

from reflection.errors import ImportFileError
from reflection.ingest import read_export

HEADER = "Asset details report\nAll time\nAsset,Asset type,Day,Campaign,Currency code,Cost,Impr.,Clicks,Conversions\n"
ASSETS = "Red shoes,Headline,2026-09-01,Brand,EUR,100.00,1000,50,5.00\n"
ASSETS += "Buy now,Headline,2026-09-01,Brand,EUR,100.00,1000,50,5.00\n"
OWN = " --, --,2026-09-01,Brand,EUR,100.00,1000,50,5.00\n"


def test_rows_of_assets_beside_their_campaign_are_left() -> None:
    report = read_export(("assets.csv", (HEADER + OWN + ASSETS).encode()))

    assert (report.totals.conversions, report.totals.spend) == (5, 100)
    assert [note.rows for note in report.findings if note.code == "asset_rows"] == [(5, 6)]


def test_assets_alone_are_refused_with_what_to_export() -> None:
    with pytest.raises(ImportFileError, match="counted for every asset that was shown") as refusal:
        read_export(("assets.csv", (HEADER + ASSETS + "Total: Assets,,,,EUR,200.00,2000,100,10.00\n").encode()))
    assert "report of campaigns" in refusal.value.hint


def test_asset_groups_are_shares_and_stay() -> None:
    text = "Day,Campaign,Asset group,Currency code,Cost,Impr.,Clicks,Conversions\n"
    text += "2026-09-01,Max,A,EUR,100.00,1000,50,5.00\n2026-09-01,Max,B,EUR,50.00,500,20,1.00\n"

    assert read_export(("groups.csv", text.encode())).totals.spend == 150


@pytest.mark.parametrize(
    "header",
    [
        "天,广告系列,广告组,货币代码,费用,展示次数,点击次数,平均每次点击费用,转化次数,转化价值",
        "일,캠페인,광고그룹,통화 코드,비용,노출수,클릭수,평균 CPC,전환수,전환 가치",
        "Dag,Campagne,Advertentiegroep,Valutacode,Kosten,Vertoningen,Klikken,Gem. CPC,Conversies,Conv.waarde",
        "Dzień,Kampania,Grupa reklam,Kod waluty,Koszt,Wyświetlenia,Kliknięcia,Śr. CPC,Konwersje,Wartość konwersji",
        "Gün,Kampanya,Reklam grubu,Para birimi,Maliyet,Gösterim,Tıklamalar,Ort. TBM,Dönüşümler,Dönüşüm değeri",
        "Jour,Campagne,Groupe d'annonces,Code de la devise,Coût,Impr.,Clics,CPC moy.,Conversions,Valeur de conv.",
        "Día,Campaña,Grupo de anuncios,Código de moneda,Coste,Impr.,Clics,CPC med.,Conversiones,Valor de conv.",
        "Giorno,Campagna,Gruppo di annunci,Codice valuta,Costo,Impr.,Clic,CPC medio,Conversioni,Valore conv.",
        "Dia,Campanha,Grupo de anúncios,Código da moeda,Custo,Impr.,Cliques,CPC médio,Conversões,Valor da conv.",
    ],
)
def test_google_is_read_in_the_languages_of_its_interface(header: str) -> None:
    rows = "2026-09-01,Brand,A,EUR,100.50,1000,50,2.01,5.00,300.00\n"
    report = read_export(("report.csv", f"{header}\n{rows}".encode()))

    assert (report.dialect, report.currency) == ("google", "EUR")
    assert tuple(asdict(report.totals).values()) == (1000, 50, 5.0, 100.5, 300.0)
    assert [cell.audience for cell in report.campaigns[0].breakdown] == ["A"]
