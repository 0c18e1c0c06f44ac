"""The rows of imports that are kept: for later files of the same campaigns, and to make these anew when one is undone.

What a campaign is follows from the rows of the imports in force and from nothing else, so an undo leaves what there
would be had that import never come. Must not know stores or how files are read.
"""

import base64
import datetime as dt
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from reflection.domain.campaign import Campaign
from reflection.domain.planner_forecast import is_reference
from reflection.ingest.building.campaigns import draft_id
from reflection.ingest.building.day_sets import ReportedRows, day_set
from reflection.ingest.campaigns_from_rows import Making, campaigns_of
from reflection.ingest.jobs.register import Days, KeptFile
from reflection.ingest.options import Forecast, ForecastQuery

if TYPE_CHECKING:
    from reflection.ingest import ImportReport

Forecasts = Callable[[ForecastQuery], Forecast | None]


def days_of(reports: Sequence["ImportReport"]) -> list[Days]:
    """What an import is remembered by: the days of its files, by dialect and platform, and their rows."""
    days: dict[tuple[str, str], Days] = {}
    for report in reports:
        if report.snapshot is None or not report.campaigns:
            continue
        place = report.dialect, report.platform
        item = days.get(place, Days(*place, []))
        rows = [*item.rows, *report.snapshot.as_list()]
        days[place] = replace(item, rows=rows, files=(*item.files, *_files_of(report)))
    return list(days.values())


def _files_of(report: "ImportReport") -> tuple[KeptFile, ...]:
    one = report.reported
    if one is None:
        return ()
    rows, kinds = one.of_campaigns()
    return (KeptFile(rows, one.counted, one.as_of.isoformat(), dict(report.making), kinds),)


def known_rows(earlier: Sequence[Days], dialect: str) -> list[ReportedRows]:
    """The rows that imports of a dialect kept, the latest last."""
    return [_reported(file) for item in earlier if item.dialect == dialect for file in item.files if file.rows]


def _reported(file: KeptFile) -> ReportedRows:
    as_of = dt.date.fromisoformat(file.as_of)
    if isinstance(file.rows, str):
        return ReportedRows.unpacked(base64.b64decode(file.rows), file.counted, as_of)
    return ReportedRows.together(file.rows, file.kinds, file.counted, as_of)


def made_anew(left: Sequence[Days], ids: Collection[str], forecasts: Forecasts | None) -> dict[str, Campaign]:
    """Some campaigns as the rows of the imports that are left make them, by id; those of which none are left lack."""
    campaigns: dict[str, Campaign] = {}
    for dialect in sorted({item.dialect for item in left}):
        files = [file for item in left if item.dialect == dialect for file in item.files if file.rows]
        rows = list(map(_reported, files))
        for place in range(len(files) - 1, -1, -1):
            own = _of_file(rows[place], rows[:place], files[place], set(ids) - campaigns.keys(), forecasts)
            campaigns.update({one.campaign_id: one for one in own})
    return campaigns


def _of_file(
    now: ReportedRows, earlier: Sequence[ReportedRows], file: KeptFile, ids: Collection[str],
    forecasts: Forecasts | None,
) -> Sequence[Campaign]:  # fmt: skip
    """The campaigns of a file's rows, of those that are asked for."""
    making = Making.read(file.making, now.as_of)
    making = replace(making, options=replace(making.options, forecasts=forecasts))
    drafts = [draft for draft in making.drafts(now.frame) if draft_id(making.dialect, draft) in ids]
    if not drafts:
        return ()
    days = day_set(now, earlier)
    every = making.drafts(days.frame)
    return campaigns_of(making, days.frame, every, "day", torn=days.torn, own=drafts).campaigns


def with_plan_of(campaign: Campaign, current: Campaign) -> Campaign:
    """A campaign made anew, with what somebody expected of it: a plan was for the campaign, not for its rows."""
    if current.planner is None or is_reference(current.planner):
        return campaign
    return campaign.model_copy(update={"planner": current.planner, "expected_metrics": current.expected_metrics})
