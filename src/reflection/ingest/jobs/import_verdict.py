"""The answer to an import: the verdict on its files, what became of its campaigns, and its name.

One shape for the command line and the API. Values in, values out; reads and stores nothing.
"""

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from reflection.domain.metrics import AMOUNTS, COUNTS
from reflection.ingest.jobs.register import CHANGES, DONE, REFUSED, REPLACED, ImportEntry

if TYPE_CHECKING:
    from reflection.ingest import ImportOptions, ImportReport
    from reflection.ingest.import_report import CampaignDay
    from reflection.ingest.recognition import Input

NOT_IN_THE_NAME = frozenset({"as_of", "forecasts", "previous", "known", "limits"})
"""Options that say when and beside what a file is read, not what is made of it."""


def import_id(reports: Sequence["ImportReport"], options: "ImportOptions | None") -> str:
    """The name of an import: the same files read in the same way are the same import."""
    lines = [] if options is None else [
        f"{field.name}={_option_text(getattr(options, field.name))}"
        for field in fields(options)
        if field.name not in NOT_IN_THE_NAME
    ]  # fmt: skip
    parts = [*(report.sha256 for report in reports), *lines]
    return "imp_" + hashlib.sha256("\0".join(parts).encode()).hexdigest()[:24]


def names_of(sources: Sequence["Input"]) -> str:
    """What files are called, of their folders nothing; also of such as could not be read."""
    names = (
        source[0] if isinstance(source, tuple) else source if isinstance(source, (str, Path)) else source.name
        for source in sources
    )
    return ", ".join(Path(name).name for name in names)


def verdict(reports: Sequence["ImportReport"]) -> dict[str, Any]:
    """The verdict on one file, or on several together; `files` has each one's own."""
    files = [report.as_dict() for report in reports]
    performance = [body for body in files if body["kind"] == "performance"] or files
    whole = dict(performance[0]) if len(performance) == 1 else _together(performance)
    if len(files) > 1:
        whole["findings"] = [note for body in files for note in body["findings"]]
        whole["rejects"] = [reject for body in files for reject in body["rejects"]]
        whole["files"] = files
        whole["totals"] = _totals(reports, whole["totals"])
    return whole


def nameless(entry: ImportEntry) -> list[tuple[str, "list[CampaignDay]"]]:
    """The files of an import that named no campaign and brought some nevertheless, each with its platform's days."""
    from reflection.ingest.checks.overlaps import NAMELESS

    if NAMELESS.encode() not in entry.verdict:
        return []
    whole = orjson.loads(entry.verdict)
    return [
        (f"the import of {body['name']}", [(part, "", first, last) for part in body["platform"].split(", ")])
        for body in whole.get("files", [whole])
        if body["campaigns"] and body["period"] and any(note["code"] == NAMELESS for note in body["findings"])
        for first, last in [map(dt.date.fromisoformat, body["period"])]
    ]


def _totals(reports: Sequence["ImportReport"], added: dict[str, Any]) -> dict[str, Any]:
    """The sums of the files, of a day that several say once; `added` are those of all rows."""
    from reflection.ingest.building.day_sets import ReportedRows, union

    kinds: dict[tuple[str, str], list[ReportedRows]] = {}
    for report in reports:
        if report.reported is not None and report.reported.dated:
            kinds.setdefault((report.dialect, report.reported.counted), []).append(report.reported)
    totals = dict(added)
    for files in (files for files in kinds.values() if len(files) > 1):
        once = union(files)
        for name in (name for name in COUNTS if totals[name] is not None):
            twice = sum(float(file.frame[name].sum()) for file in files) - float(once[name].sum())
            totals[name] = type(totals[name])(round(totals[name] - twice, 6))
    return totals


def answer_of(entry: ImportEntry, details: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    """An import as it is answered: its verdict, its state, what became of its campaigns."""
    return {
        **progress_of(entry),
        **orjson.loads(entry.verdict),
        "changes": [
            {"campaign_id": row["campaign_id"], "difference": orjson.loads(row["detail"] or "{}")}
            for row in details
            if row["change"] == REPLACED
        ],
        "refused": [
            {"campaign_id": row["campaign_id"], "reason": row["detail"]} for row in details if row["change"] == REFUSED
        ],
    }


def progress_of(entry: ImportEntry) -> dict[str, Any]:
    """State and progress of an import; `outcome` counts campaigns by what became of them."""
    return {
        "import_id": entry.import_id,
        "state": entry.state,
        "created_at": entry.created_at,
        "updated_at": entry.updated_at,
        "progress": {"done": entry.total if entry.state == DONE else entry.done, "total": entry.total},
        "outcome": {name: entry.counts.get(name, 0) for name in CHANGES},
    }


def _together(performance: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Sums and spans over files; amounts of different currencies are never added."""
    currencies = {body["currency"] for body in performance}
    days = sorted(day for body in performance for day in body["period"] or ())
    totals = {
        name: None if name in AMOUNTS and len(currencies) > 1 else _sum([body["totals"][name] for body in performance])
        for name in COUNTS
    }
    joined = {
        name: _joined(body[name] for body in performance)
        for name in ("name", "kind", "platform", "dialect", "recognised_by", "encoding", "granularity", "timezone")
    }
    return {
        **joined,
        "conversions": _joined(body["conversions"] for body in performance),
        "rows": sum(body["rows"] for body in performance),
        "totals": totals,
        "currency": currencies.pop() if len(currencies) == 1 else None,
        "period": [days[0], days[-1]] if days else None,
        "campaigns": list(dict.fromkeys(name for body in performance for name in body["campaigns"])),
        "sha256": _joined(body["sha256"] for body in performance),
    }


def _sum(values: Sequence[float | None]) -> float | None:
    """None where one of the files does not say."""
    present = [value for value in values if value is not None]
    return sum(present) if len(present) == len(values) else None


def _joined(texts: Any) -> str:
    return ", ".join(dict.fromkeys(text for text in texts if text))


def _option_text(value: Any) -> str:
    """An option as text; a plan file by what is in it."""
    if isinstance(value, Path):
        return hashlib.sha256(value.read_bytes()).hexdigest() if value.is_file() else str(value)
    if isinstance(value, frozenset):
        return repr(sorted(value))
    return repr(value)
