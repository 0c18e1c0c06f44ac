"""What columns of an ad's headline and of its text are called, in many languages and on every platform.

A responsive ad has up to fifteen headlines and several texts, each in a column of its own, numbered or not; all of them
are its text. A word counts only where it is the whole header. Must not know any platform, nor what a text does.
"""

import re
from collections.abc import Collection, Sequence
from functools import lru_cache

from reflection.ingest.dialects.dialect import normal_header, table

TEXTS = ("headline", "body")
"""Fields that an ad's texts are read into; further parts are ``headline.2``, ``body.2`` and so on."""

MOST_PARTS = 20
"""Columns of one field that are read: more than any platform has."""

WORDS = table(
    headline="headline|ad headline|long headline|short headline|headline text|title|ad title|creative title|titlepart|"
    "title part|message headline|ad headlines|headlines|überschrift|anzeigentitel|anzeigenüberschrift|titel|"
    "langer anzeigentitel|kurzer anzeigentitel|titel der anzeige|titelteil|titre|titre de l'annonce|titre long|"
    "titre court|titre de la publicité|título|titular|título del anuncio|título largo|título corto|título do anúncio|"
    "título longo|título curto|titolo|titolo dell'annuncio|titolo dell'inserzione|titolo annuncio|titolo lungo|"
    "titolo breve|kop|koptekst|advertentiekop|advertentietitel|lange kop|korte kop|nagłówek|tytuł|nagłówek reklamy|"
    "tytuł reklamy|długi nagłówek|krótki nagłówek|rubrik|annonsrubrik|lång rubrik|overskrift|annonceoverskrift|"
    "annonseoverskrift|otsikko|mainoksen otsikko|nadpis|nadpis reklamy|titulek|başlık|reklam başlığı|uzun başlık|"
    "заголовок|заголовок объявления|длинный заголовок|見出し|広告見出し|長い広告見出し|長い見出し|タイトル|"
    "広告タイトル|제목|광고 제목|광고제목|긴 광고 제목|标题|广告标题|長標題|標題|廣告標題|tiêu đề|dòng tiêu đề|judul|"
    "judul iklan",
    body="body|ad body|body text|creative body|primary text|ad text|text|ad copy|description|ad description|"
    "description line|descriptions|introduction text|introductory text|ad introduction text|ad introduction|"
    "intro text|post text|caption|ad caption|beschreibung|textzeile|beschreibungszeile|beschreibungstext|"
    "anzeigenbeschreibung|primärer text|haupttext|anzeigentext|fließtext|einleitungstext|beitragstext|texte|"
    "texte principal|texte de l'annonce|texte de la publicité|texte d'introduction|ligne de description|"
    "description de l'annonce|descripción|texto|texto principal|texto del anuncio|texto introductorio|"
    "línea de descripción|descripción del anuncio|descrição|texto do anúncio|texto introdutório|linha de descrição|"
    "descrição do anúncio|descrizione|testo|testo principale|testo dell'annuncio|testo dell'inserzione|"
    "testo introduttivo|riga descrittiva|descrizione dell'annuncio|beschrijving|tekst|primaire tekst|advertentietekst|"
    "introductietekst|beschrijvingsregel|opis|tekst główny|główny tekst|tekst reklamy|wiersz opisu|beskrivning|"
    "primär text|primärtext|annonstext|beskrivelse|primær tekst|primærtekst|annoncetekst|annonsetekst|kuvaus|"
    "ensisijainen teksti|mainosteksti|popis|hlavní text|text reklamy|açıklama|ana metin|reklam metni|açıklama satırı|"
    "описание|текст|основной текст|текст объявления|説明文|説明|メインテキスト|広告文|テキスト|本文|설명|설명문구|"
    "기본 문구|기본 텍스트|광고 문구|正文|描述|广告描述|广告文案|文案|广告语|說明|廣告文案|主要文字|mô tả|"
    "văn bản chính|deskripsi|teks utama|teks iklan",
)
"""Field -> what its columns are called."""

_NUMBERED = re.compile(r"^(?P<stem>.*?)(?: ?[#_-]? ?(?P<number>\d{1,2}))?$")
_ASIDE = re.compile(r" ?\([^()\d]*\)$")
"""What Meta adds in brackets: (ad settings)."""


@lru_cache(maxsize=1)
def _fields() -> dict[str, str]:
    return {word: field for field, words in WORDS.items() for word in words}


def text_part(header: str) -> tuple[str, int] | None:
    """The field that a header plainly names, and the number it gives its part (0: none); None where it names no text.

    >>> text_part("Anzeigentitel 3"), text_part("Body (ad settings)"), text_part("Headline 1 position")
    (('headline', 3), ('body', 0), None)
    """
    match = _NUMBERED.match(_ASIDE.sub("", normal_header(header)))
    field = _fields().get(match["stem"]) if match else None
    return (field, int(match["number"] or 0)) if match and field else None


def text_columns(headers: Sequence[str], columns: dict[str, int]) -> dict[str, int]:
    """Columns of texts that no field has yet: in the order of their numbers, beside what is there as the first part."""
    places: dict[str, list[tuple[int, int]]] = {field: [] for field in TEXTS}
    for index, header in enumerate(headers):
        part = text_part(header) if header and index not in columns.values() else None
        if part:
            places[part[0]].append((part[1], index))
    texts: dict[str, int] = {}
    for field, parts in places.items():
        first = [columns[field]] if field in columns else []
        for number, index in enumerate([*first, *(index for _, index in sorted(parts))][:MOST_PARTS], 1):
            texts[field if number == 1 else f"{field}.{number}"] = index
    return texts


def is_text_part(name: str) -> bool:
    """Whether a field is a further part of a text, as `text_columns` names them."""
    return re.fullmatch(rf"(?:{'|'.join(TEXTS)})\.\d{{1,2}}", name) is not None


def parts_of(field: str, names: Collection[str]) -> list[str]:
    """The fields among `names` that hold parts of a text, the first first."""
    further = [f"{field}.{number}" for number in range(2, MOST_PARTS + 1)]
    return [name for name in (field, *further) if name in names]
