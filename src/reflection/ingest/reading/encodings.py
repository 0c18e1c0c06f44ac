"""Which text encoding a file is written in, and whether it is text at all: one pass over its bytes.

Order: byte-order mark; UTF-16 by its pattern of zero bytes; strict UTF-8 over the whole file; else a detector for
scripts outside Western Europe, where words are of one; else cp1252, which is what Excel writes there, alone
or beside lines in UTF-8. The pass also refuses lines longer than
the limit (a 1 GB file of one line is known after its first megabyte) and takes the SHA-256 that names the file. This
file must not know cells or advertising.
"""

import codecs
import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import charset_normalizer

from reflection.errors import ImportFileError
from reflection.ingest.reading.archives import Source

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer as Buffer

_BLOCK = 1 << 18
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_NON_LATIN = frozenset(
    {"cp932", "shift_jis", "euc_jp", "gb18030", "gbk", "gb2312", "big5", "cp949", "euc_kr", "cp1251", "cp1253",
     "cp1255", "cp1256", "koi8_r", "cp874"}
)  # fmt: skip
"""Encodings a detector is believed on; its distinctions among Western ones are guesses (cp1250 for cp1252)."""

_ALPHABETS = frozenset({"cp1251", "koi8_r", "cp1253", "cp1255", "cp1256"})
"""Those of alphabets, whose words have no Latin letters in them; in Japanese and Chinese they stand side by side."""

_LETTERS = re.compile(r"[^\W\d_]+")
MOST_MIXED = 0.1
"""So many words may be of two alphabets, by a slip of the keyboard."""

_OTHER_TEXT = re.compile(r"\ufeff?\s*<(?:!doctype|html|\?xml|table|body)\b", re.IGNORECASE)
"""How texts begin that are no tables: web pages, XML."""

MIXED = "utf-8 and cp1252"
"""Files joined of lines in both, or saved back in part: the bytes that are no UTF-8 are cp1252."""

_UTF8_LETTER = re.compile(rb"[\xc3-\xc5][\x80-\xbf]|\xe2[\x80-\x84][\x80-\xbf]")
"""Letters and signs of Western languages in UTF-8, which make no word in cp1252."""

MOST_CHAOS = 0.1
"""How unlike a text what a detector reads may be, to be believed on a few words."""


@dataclass(frozen=True, slots=True)
class TextProfile:
    """How to decode a file, how many bytes it has unpacked, and its SHA-256 in hexadecimal."""

    encoding: str
    size: int
    sha256: str


def profile(source: Source) -> TextProfile:
    """Read the file once and say how to decode it.

    Raises:
        ImportFileError: binary content, an undecodable byte, a line beyond the limit, or the guards of `files`.
    """
    digest = hashlib.sha256()
    size = line = 0
    head = b""
    decoder: codecs.IncrementalDecoder | None = None
    encoding = ""
    suspect = b""
    with source.open() as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
            line = _longest_line(source, block, line)
            if not size:
                head = block
                encoding = _by_mark(head) or "utf-8"
                decoder = codecs.getincrementaldecoder(encoding)("strict")
            size += len(block)
            if decoder is not None:
                decoder, suspect = _decode(decoder, block, suspect)
    if decoder is not None and not _ends_well(decoder):
        decoder, suspect = None, head
    if decoder is None:
        if encoding != "utf-8":
            raise ImportFileError(f"{source.name} begins like {encoding} but is not; it may be cut off.")
        encoding = _single_byte(source, suspect or head)
    _refuse_binary(source, head, encoding)
    return TextProfile("utf-8" if encoding == "utf-8-sig" else encoding, size, digest.hexdigest())


def _search(name: str) -> codecs.CodecInfo | None:
    """The codec of `MIXED`, for whoever opens a text in it."""
    if name != MIXED.replace(" ", "_").replace("-", "_"):
        return None
    utf8 = codecs.lookup("utf-8")

    class Decoder(codecs.BufferedIncrementalDecoder):
        """UTF-8 with the bytes that are none in cp1252."""

        def _buffer_decode(self, data: "Buffer", errors: str, final: bool) -> tuple[str, int]:
            return codecs.utf_8_decode(data, _AS_CP1252, final)

    return codecs.CodecInfo(
        utf8.encode, lambda data, _="strict": codecs.utf_8_decode(data, _AS_CP1252, True),
        incrementalencoder=utf8.incrementalencoder, incrementaldecoder=Decoder, name=MIXED,
    )  # fmt: skip


def _as_cp1252(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("cp1252"), error.end


_AS_CP1252 = "reflection.cp1252"
codecs.register_error(_AS_CP1252, _as_cp1252)
codecs.register(_search)


def codec_name(encoding: str) -> str:
    """The codec that reads `encoding` and drops a byte-order mark."""
    return "utf-8-sig" if encoding == "utf-8" else encoding


def _by_mark(head: bytes) -> str:
    for mark, name in _BOMS:
        if head.startswith(mark):
            return name
    even, odd = head[0:4_000:2].count(0), head[1:4_000:2].count(0)
    pairs = max(1, min(len(head), 4_000) // 2)
    if odd > pairs * 0.6 and even < pairs * 0.1:
        return "utf-16-le"
    if even > pairs * 0.6 and odd < pairs * 0.1:
        return "utf-16-be"
    return ""


def _decode(
    decoder: codecs.IncrementalDecoder, block: bytes, suspect: bytes
) -> tuple[codecs.IncrementalDecoder | None, bytes]:
    """Go on strictly; at the first failure keep the block it happened in, for the detector."""
    try:
        decoder.decode(block)
    except UnicodeError:
        return None, suspect or block
    return decoder, suspect


def _ends_well(decoder: codecs.IncrementalDecoder) -> bool:
    try:
        decoder.decode(b"", final=True)
    except UnicodeError:
        return False
    return True


def _single_byte(source: Source, sample: bytes) -> str:
    matches = charset_normalizer.from_bytes(sample[:65_536])
    best = matches.best()
    if best is not None and _mixes_scripts(sample, best.encoding):
        best = None
    likely = [match for match in matches if match.encoding in _NON_LATIN and match.chaos <= MOST_CHAOS]
    if _is_dense(sample) and likely:  # no Western text is: the likeliest of the others, however few its words
        return likely[0].encoding
    western = not any(byte in sample for byte in (0x81, 0x8D, 0x8F, 0x90, 0x9D))  # unused in cp1252
    if best is not None and best.encoding in _NON_LATIN and (best.coherence > 0.2 or not western):
        return best.encoding
    if not western:
        raise ImportFileError(
            f"{source.name} is in no text encoding that is known here.",
            hint="Save it as UTF-8 (CSV UTF-8 in Excel).",
        )
    return MIXED if any(_UTF8_LETTER.search(line) and _is_utf8(line) for line in sample.split(b"\n")) else "cp1252"


def _mixes_scripts(sample: bytes, encoding: str) -> bool:
    """Whether words would be of letters of two alphabets, as `Kдufe` for `Käufe`: nobody writes so."""
    if encoding not in _ALPHABETS:
        return False
    words = [word for word in _LETTERS.findall(sample.decode(encoding, "ignore")) if not word.isascii()]
    mixed = sum(any(letter.isascii() for letter in word) for word in words)
    return mixed > len(words) * MOST_MIXED


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _is_dense(sample: bytes) -> bool:
    """Whether letters beyond ASCII are more than half of all letters, as in Cyrillic or Chinese words."""
    high = sum(byte > 127 for byte in sample)
    return high > sum(65 <= byte | 32 <= 122 and byte < 128 for byte in sample)


def _refuse_binary(source: Source, head: bytes, encoding: str) -> None:
    text = head.decode(encoding, errors="ignore")[:4_000]
    if _OTHER_TEXT.match(text):
        raise ImportFileError(f"{source.name} is a web page or XML, not a table.", hint="Save it as CSV or .xlsx.")
    odd = sum(1 for letter in text if letter < " " and letter not in "\r\n\t")
    if "\x00" in text or odd > len(text) * 0.02:
        raise ImportFileError(f"{source.name} is not a table of text.", hint="Give a CSV, TSV or XLSX file.")


def _longest_line(source: Source, block: bytes, running: int) -> int:
    """Length in bytes of the line still open at the end of `block`; refuse one beyond the limit."""
    first = block.find(b"\n")
    if first < 0:
        running += len(block)
    else:
        running = len(block) - block.rfind(b"\n") - 1 if running + first <= source.limits.max_line else running + first
    if running > source.limits.max_line:
        raise ImportFileError(
            f"{source.name} has a line longer than {source.limits.max_line:,} bytes; that is no table of rows."
        )
    return running
