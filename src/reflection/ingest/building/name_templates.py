"""Names with a convention, read through a template such as `{campaign} - {angle}` or `{year}_{platform}_{type}`.

A template matches whole names or not at all; a name that does not match keeps no attributes. Also makes campaign ids
and shortens names beyond the campaign's bounds. This file must not know files or numbers.
"""

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from reflection.domain.campaign import PLACEHOLDERS
from reflection.errors import ImportFileError

_FIELD = re.compile(r"\{([a-z][a-z0-9_]*)\}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]+")
MAX_NAME = 200


@dataclass(frozen=True, slots=True)
class Templates:
    """Naming conventions of a workspace; '' where there is none.

    The default reads what the creative director's bulk upload writes; it applies only where the name really begins
    with its campaign's name. Fields of a campaign's own name: objective, platform, audience, creative and type are
    used as such, others become attributes of its audience.
    """

    audience: str = "{campaign} - {angle}"
    creative: str = "{campaign} - {concept}"
    campaign: str = ""


def parse_name(template: str, name: str, campaign: str = "") -> dict[str, str]:
    """The fields of a name, without `campaign`; empty where the template does not match.

    >>> parse_name("{year}_{platform}_{audience}_{type}", "2026_Meta_Students_Video")
    {'year': '2026', 'platform': 'Meta', 'audience': 'Students', 'type': 'Video'}
    >>> parse_name("{campaign} - {angle}", "Autumn - curiosity", "Autumn")
    {'angle': 'curiosity'}

    Raises:
        ImportFileError: a template without fields, or one that names a field twice.
    """
    if not template:
        return {}
    match = _pattern(template, campaign).match(name.strip())
    if not match:
        return {}
    fields = {key: value.strip() for key, value in match.groupdict().items() if key != "campaign"}
    return {key: value for key, value in fields.items() if value and value.casefold() not in PLACEHOLDERS}


@lru_cache(maxsize=4096)
def _pattern(template: str, campaign: str) -> re.Pattern[str]:
    fields = _FIELD.findall(template)
    if not fields or len(set(fields)) != len(fields):
        raise ImportFileError(
            f"'{template}' is no name template.",
            hint="Write fields in braces, each once: '{campaign} - {angle}'.",
        )
    parts: list[str] = []
    for index, part in enumerate(_FIELD.split(template)):
        if index % 2 == 0:
            parts.append(re.escape(part))
        elif part == "campaign" and campaign:
            parts.append(f"(?P<campaign>{re.escape(campaign)})")
        else:
            parts.append(f"(?P<{part}>.+{'' if part == fields[-1] else '?'})")
    return re.compile("^" + "".join(parts) + "$", re.DOTALL)


@lru_cache(maxsize=16_384)
def real_name(name: str | None) -> str | None:
    """A name a campaign accepts: no control characters, bounded; None for blanks and placeholders."""
    if name is None:
        return None
    clean = _CONTROL.sub(" ", name).strip()
    if not clean or clean.casefold() in PLACEHOLDERS:
        return None
    if len(clean) > MAX_NAME:
        clean = f"{clean[: MAX_NAME - 10].rstrip()} #{_digest(clean)[:8]}"
    return clean


def campaign_id(*parts: str) -> str:
    """A stable id from its parts: readable, and distinct where shortening or folding would make two alike.

    >>> campaign_id("meta", "Autumn | DE", "2026-09")
    'meta_autumn-de-6ab9'
    """
    return "_".join(_slug(part) for part in parts if part)


def distinct(key: str) -> str:
    """A key told apart from others that differ in case only."""
    return f"{key} {_digest(key)[:8]}"


def _slug(text: str) -> str:
    folded = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(letter for letter in folded if not unicodedata.combining(letter))
    slug = re.sub(r"[^a-z0-9.]+", "-", plain).strip("-.")[:60]
    return slug if slug == text.casefold() else f"{slug}-{_digest(text)[:8]}".strip("-")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
