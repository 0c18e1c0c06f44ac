"""What people can say about an import, as each door calls it: one catalogue, so a finding names what its reader has.

Findings and refusals are written for the terminal (`Say --currency EUR`). Over HTTP the same remedy is a field of the
form (`currency=EUR`), and the page puts the name of its own control in the field's place (`controls` in `texts.en.js`).
Must not know what is said, nor HTTP.
"""

import re
from collections.abc import Mapping
from typing import Any

FIELDS: Mapping[str, tuple[str, str]] = {
    "currency": ("currency", r"[A-Z]{3}"),
    "conversions": ("conversions", r"NAME|TYPE"),
    "date-order": ("date_order", r"mdy|dmy"),
    "locale": ("locale", r"[a-z]{2}(?:[_-][A-Za-z]+)?"),
    "platform": ("platform", r"[a-z0-9_]+"),
    "timezone": ("timezone", r"[A-Z]\w+/\w+"),
    "group-by": ("group_by", r"month|campaign"),
    "campaign": ("campaign", r"NAME"),
    "expected": ("plan", r"PLAN\.csv"),
    "mapping": ("mapping", r"[\w.]+\.json"),
    "plan-mapping": ("plan_mapping", r"[\w.]+\.json"),
    "as-of": ("as_of", r"\d{4}-\d\d-\d\d"),
}
"""Option of the command line -> the field of `POST /v1/imports`, and how a value is written that may follow it."""

ONLY_THERE = (" (--suggest-mapping prints it)",)
"""What only the command line has: the others are told the same without it."""

_FLAGS = "|".join(
    rf"--(?P<{name.replace('-', '_')}>{name})(?![\w-])(?: (?P<{name.replace('-', '_')}_value>{value})(?![\w/]))?"
    for name, (_, value) in sorted(FIELDS.items(), key=lambda item: -len(item[0]))
)
_FLAG = re.compile(_FLAGS)
_ACCEPT = re.compile(r"'reflection accept ([^']+)'")


def over_http(text: str) -> str:
    """A sentence for the terminal as those read it who send files over HTTP.

    >>> over_http("Say --currency EUR (or whichever it is), or leave --locale out.")
    'Say `currency=EUR` (or whichever it is), or leave `locale` out.'
    """
    for aside in ONLY_THERE:
        text = text.replace(aside, "")
    return _ACCEPT.sub(r"`POST /v1/campaigns/\1/accept`", _FLAG.sub(_as_field, text))


def verdict_over_http(verdict: Mapping[str, Any]) -> dict[str, Any]:
    """The verdict on an import with its findings, rejects and those of its files as they are told over HTTP."""
    answer = dict(verdict)
    if "findings" in answer:
        answer["findings"] = [{**note, "message": over_http(note["message"])} for note in answer["findings"]]
    if "rejects" in answer:
        answer["rejects"] = [{**row, "reason": over_http(row["reason"])} for row in answer["rejects"]]
    if "files" in answer:
        answer["files"] = [verdict_over_http(file) for file in answer["files"]]
    return answer


def _as_field(match: re.Match[str]) -> str:
    name = next(key for key, value in match.groupdict().items() if value and not key.endswith("_value"))
    field, _ = FIELDS[match[name]]
    value = match[f"{name}_value"]
    return f"`{field}={value}`" if value else f"`{field}`"
