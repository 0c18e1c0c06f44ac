"""Drafts to campaigns: bounded, strict, with audiences, creatives and breakdown; what does not fit is said.

A cell that cannot stand as a breakdown row (clicks above impressions, a placeholder for a name) stays in the totals.
This file must not know files or platforms.
"""

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from reflection.domain.campaign import (
    MAX_AUDIENCES,
    MAX_CELLS,
    MAX_CREATIVES,
    PLACEHOLDERS,
    Audience,
    BreakdownRow,
    Campaign,
    ConversionsInDoubt,
    Creative,
)
from reflection.domain.metrics import AMOUNTS, COUNTS
from reflection.domain.validation import field_errors
from reflection.ingest.building.drafts import Cell, Draft, Sums
from reflection.ingest.building.expected import References, as_metrics, whole_counts
from reflection.ingest.building.name_templates import Templates, campaign_id, distinct, parse_name, real_name
from reflection.ingest.import_report import Finding, Reject, finding

DEFAULT_OBJECTIVE = "unspecified"
DEFAULT_TYPE = "unspecified"
REMEMBERED = 16_384
"""Audiences and creatives of an import that are kept to be used again."""

_BREAKDOWN = TypeAdapter(tuple[BreakdownRow, ...])


@dataclass(frozen=True, slots=True)
class BuildResult:
    """A campaign, or why there is none, and what was left out of its breakdown."""

    campaign: Campaign | None
    reject: Reject | None
    findings: tuple[Finding, ...]


def draft_id(dialect: str, draft: Draft, *, with_period: bool = True) -> str:
    """The campaign's id: dialect, key and month; the same file again gives the same ids.

    Without its period it is the id of the real campaign, which all its months share.
    """
    own = draft.key.startswith(f"{draft.platform} / ")  # a column names the platform: it is part of the key
    platform = "" if own else draft.platform if dialect == "mapping" else dialect.removesuffix("_api")
    key = distinct(draft.key) if draft.has_twin else draft.key
    parts = [platform, key, (draft.currency or "") if draft.shares_key else ""]
    parts.append(draft.label if with_period else "")
    return campaign_id(*parts)


def build(draft: Draft, references: References, dialect: str, templates: Templates, zone: dt.tzinfo) -> BuildResult:
    """One campaign from its draft; `references` are asked for its expected figures only if it can be one."""
    line = draft.lines[0] if draft.lines else 0
    if problem := _impossible(draft):
        return BuildResult(None, Reject(line, problem, draft.name), ())
    identity = draft_id(dialect, draft)
    cells, notes = _fitting_cells(draft, identity)
    fields = parse_name(templates.campaign, draft.name)
    start, end = _instants(draft, zone)
    try:
        expected = references.of(identity, draft)
        campaign = Campaign(
            campaign_id=identity,
            platform=fields.get("platform") or real_name(draft.platform) or "unspecified",
            objective=fields.get("objective") or real_name(draft.objective) or DEFAULT_OBJECTIVE,
            expected_metrics=expected.metrics,
            actual_metrics=as_metrics(draft.sums),
            audiences=_audiences(cells, draft, templates, fields),
            creatives=_creatives(cells, draft, templates, fields),
            timestamp=end or dt.datetime(1970, 1, 1, tzinfo=dt.UTC),
            breakdown=_BREAKDOWN.validate_python([_row(cell) for cell in cells], strict=False),
            planner=expected.planner,
            currency=draft.currency,
            period_start=start,
            period_end=end,
            source=f"{dialect} import: {real_name(draft.name) or draft.key}"[:200],
            name=real_name(draft.name),
            account_id=real_name(draft.account_id),
            unit_id=draft_id(dialect, draft, with_period=False) if draft.label else None,
            conversion_kind=real_name(draft.conversion_kind),
            mature_on=draft.mature_on,
            conversions_in_doubt=_doubt(draft),
        )
    except ValidationError as error:
        wrong = field_errors(error.errors(include_url=False, include_input=False))
        return BuildResult(None, Reject(line, wrong.message, draft.name), notes)
    return BuildResult(campaign, None, notes)


def _doubt(draft: Draft) -> ConversionsInDoubt | None:
    if draft.doubt is None or draft.sums.conversions is None:
        return None
    first, last, spend = draft.doubt
    return ConversionsInDoubt(first=first, last=last, spend=spend)


def _row(cell: Cell) -> dict[str, Any]:
    """A cell as a row of the breakdown, not yet validated: all of them are at once, which is many times faster."""
    return {"audience": cell.audience, "creative": cell.creative, "metrics": whole_counts(cell.sums)}


def _impossible(draft: Draft) -> str:
    sums = draft.sums
    if sums.clicks is not None and sums.impressions is not None and sums.clicks > sums.impressions:
        return f"{sums.clicks:,.0f} clicks exceed {sums.impressions:,.0f} impressions"
    below = [name for name in COUNTS if (getattr(sums, name) or 0.0) < 0]
    adds = "adds" if len(below) == 1 and below[0] in AMOUNTS else "add"
    hint = "; take refunds off the sales that they belong to" if below else ""
    return f"its {' and '.join(below)} {adds} up to less than zero{hint}" if below else ""


def _fitting_cells(draft: Draft, identity: str) -> tuple[list[Cell], tuple[Finding, ...]]:
    """Cells that can be breakdown rows: named, delivered, possible, within the campaign's bounds."""
    delivered = [cell for cell in draft.cells if cell.sums.delivered()]
    valid = [cell for cell in delivered if (cell.audience or cell.creative) and _possible(cell.sums)]
    notes: list[Finding] = []
    if len(valid) < len(delivered):
        notes.append(
            finding(
                "breakdown_partial", "warning",
                f"{len(delivered) - len(valid)} of {len(delivered)} audience x creative cells of {identity} have a "
                "placeholder for a name or more clicks than impressions; they stay in the totals only.",
                draft.lines, [identity],
            )
        )  # fmt: skip
    breakdown = _bounded(valid)
    if len(breakdown) < len(valid):
        notes.append(
            finding(
                "breakdown_bounded", "warning",
                f"{identity} has {len(valid):,} cells; the {len(breakdown):,} with the highest spend are its "
                "breakdown, the rest stays in the totals.", (), [identity],
            )
        )  # fmt: skip
    without_revenue = any(cell.sums.revenue is None for cell in breakdown)
    unknown = {name for name in COUNTS if getattr(draft.sums, name) is None}
    unknown |= {"revenue"} if without_revenue else set()
    if unknown:
        nothing = dict.fromkeys(unknown)
        breakdown = [replace(cell, sums=replace(cell.sums, **nothing)) for cell in breakdown]
    return breakdown, tuple(notes)


def _possible(sums: Sums) -> bool:
    """Whether nothing is below zero, and no more was clicked than shown."""
    counts = (sums.impressions, sums.clicks, sums.conversions, sums.spend, sums.revenue)
    impressions = math.inf if sums.impressions is None else sums.impressions
    return all(count is None or count >= 0 for count in counts) and (sums.clicks or 0.0) <= impressions


def _bounded(cells: Sequence[Cell]) -> list[Cell]:
    """As many cells, highest spend first, as a campaign may have audiences, creatives and rows."""
    audiences: set[str] = set()
    creatives: set[str] = set()
    breakdown: list[Cell] = []
    for cell in cells:
        more = audiences | ({cell.audience} if cell.audience else set())
        ads = creatives | ({cell.creative} if cell.creative else set())
        if len(more) <= MAX_AUDIENCES and len(ads) <= MAX_CREATIVES and len(breakdown) < MAX_CELLS:
            audiences, creatives = more, ads
            breakdown.append(cell)
    return breakdown


def _audiences(
    cells: Sequence[Cell], draft: Draft, templates: Templates, fields: dict[str, str]
) -> tuple[Audience, ...]:
    extra = {
        field: value
        for field, value in fields.items()
        if field not in ("platform", "objective", "audience", "creative", "type")
    }
    audiences: dict[str, Audience] = {}
    for cell in cells:
        if cell.audience and cell.audience not in audiences:
            names = templates.audience, draft.name, tuple(extra.items())
            audiences[cell.audience] = _audience(cell.audience, cell.traits, *names)
    if not audiences and (name := real_name(fields.get("audience"))):
        return (Audience(name=name, attributes={**_short(extra)}),)
    return tuple(sorted(audiences.values(), key=lambda audience: audience.name))


def _creatives(
    cells: Sequence[Cell], draft: Draft, templates: Templates, fields: dict[str, str]
) -> tuple[Creative, ...]:
    creatives: dict[str, Creative] = {}
    for cell in cells:
        if cell.creative and cell.creative not in creatives:
            parts = cell.creative_name, cell.creative_type or fields.get("type", ""), cell.headline, cell.body
            creatives[cell.creative] = _creative(cell.creative, *parts, templates.creative, draft.name)
    if not creatives and (name := real_name(fields.get("creative") or fields.get("type"))):
        return (Creative(id=name, type=(fields.get("type") or DEFAULT_TYPE).casefold()),)
    return tuple(sorted(creatives.values(), key=lambda creative: creative.id))


@lru_cache(maxsize=REMEMBERED)
def _audience(
    audience: str, traits: tuple[tuple[str, str], ...], template: str, campaign: str, extra: tuple[tuple[str, str], ...]
) -> Audience:
    """One audience; the same in every month of its campaign, so made once."""
    own = {name: value for name, value in traits if value.casefold() not in PLACEHOLDERS}
    parsed = parse_name(template, audience.split(" · ")[0], campaign)
    return Audience(name=audience, attributes={**_short({**dict(extra), **parsed, **own})})


@lru_cache(maxsize=REMEMBERED)
def _creative(
    creative: str, name: str, kind: str, headline: str, body: str, template: str, campaign: str
) -> Creative:  # fmt: skip
    """One creative; the same in every month of its campaign, so made once. `kind` where its name says none."""
    parsed = parse_name(template, name or creative, campaign)
    kind = parsed.pop("type", "") or kind
    label = real_name(name)
    return Creative(
        id=creative,
        type=(real_name(kind) or DEFAULT_TYPE).casefold(),
        headline=headline[:5_000],
        primary_text=body[:5_000],
        attributes=_short({**({"name": label} if label and label != creative else {}), **parsed}),
    )


def _short(attributes: dict[str, str]) -> dict[str, str]:
    return {name: clean for name, value in list(attributes.items())[:50] if (clean := real_name(value))}


def _instants(draft: Draft, zone: dt.tzinfo) -> tuple[dt.datetime | None, dt.datetime | None]:
    """The first instant of the first day and the last second of the last."""
    if draft.first is None or draft.last is None:
        return None, None
    start = dt.datetime.combine(draft.first, dt.time(), zone)
    return start, dt.datetime.combine(draft.last, dt.time(23, 59, 59), zone)
