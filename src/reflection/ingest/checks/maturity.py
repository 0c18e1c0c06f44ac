"""When the figures of a day are complete: partial days, and conversions that come in for a window after the click.

A platform's window is that of its usual reports; the file's own attribution setting, or the user, says better. Must not
know files, nor what waiting means for learning.
"""

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from reflection.domain.number_of import number_of
from reflection.ingest.building.campaigns import draft_id
from reflection.ingest.building.drafts import Draft
from reflection.ingest.import_report import Finding, Granularity, finding

_WINDOWS = {
    "meta": 7, "google": 30, "tiktok": 7, "linkedin": 30, "microsoft": 30, "pinterest": 30, "snapchat": 28,
    "amazon": 14, "apple": 30, "cm360": 30,
}  # fmt: skip
_DEFAULT_WINDOW = 7
_CLICK_WINDOW = re.compile(r"(\d{1,2})[- ]?(?:day|tage?|jours?|días?|giorni|dias?|日)", re.IGNORECASE)


def without_partial_day(
    frame: pl.DataFrame, as_of: dt.date | None, granularity: Granularity
) -> tuple[pl.DataFrame, list[Finding]]:
    """Rows of whole days; those of the day the export was made wait, their impressions as well as their conversions.

    A longer period that the day ends cannot be split: it is kept, and its finding says what waits.
    """
    over = ((pl.col("first") == pl.col("last")) & (pl.col("last") == pl.lit(as_of, dtype=pl.Date))).fill_null(False)
    waiting = frame.filter(over)["line"].to_list()
    if as_of is None or not waiting:
        return frame, []
    rows = "hours" if granularity == "hour" else "rows"
    message = (
        f"{as_of} was not over when this was exported: its {len(waiting)} {rows} are left out whole. Import the day "
        f"again from {as_of + dt.timedelta(days=1)} on, or say --as-of with the day of the export if it was later."
    )
    return frame.filter(~over), [finding("partial_day", "warning", message, waiting)]


def with_maturity(drafts: Sequence[Draft], frame: pl.DataFrame, dialect: str, window: int | None) -> list[Draft]:
    """Each draft with the day its attribution window has closed; None where it has no dates.

    Args:
        window: days after which the user takes conversions as complete; None for those of the file or its platform.
    """
    stated = window or _stated_window(frame)
    return [
        replace(draft, mature_on=draft.last + dt.timedelta(days=stated or usual_window(draft.platform, dialect)))
        if draft.last
        else draft
        for draft in drafts
    ]


def complete_by(drafts: Sequence[Draft], as_of: dt.date | None) -> dt.date | None:
    """The last day whose conversions are all there when the export was made; None where nobody says when that was."""
    windows = [draft.mature_on - draft.last for draft in drafts if draft.mature_on and draft.last]
    return None if as_of is None or not windows else as_of - max(windows)


def findings(drafts: Sequence[Draft], dialect: str, as_of: dt.date | None) -> list[Finding]:
    """Campaigns whose last days can still gain conversions on the day the export was made, and until when."""
    waiting = {
        draft_id(dialect, draft): draft.mature_on
        for draft in drafts
        if draft.mature_on and as_of and draft.mature_on > as_of
    }
    if not waiting:
        return []
    first, last = min(waiting.values()), max(waiting.values())
    until = f"{first}" if first == last else f"{first} (the last of them {last})"
    message = (
        f"{number_of(len(waiting), 'campaign')} can still gain conversions after {as_of}: what is made of them "
        f"(CVR, CPA, ROAS, order value) is not judged or learnt before {until}; CPM and CTR are, at once. Import the "
        "days again then: the later file replaces this one."
    )
    return [finding("conversions_immature", "warning", message, (), list(waiting))]


def _stated_window(frame: pl.DataFrame) -> int | None:
    """Days of the longest attribution window in the file; None where it names none."""
    texts = frame["attribution"].drop_nulls().unique().to_list() if "attribution" in frame.columns else []
    return max((int(number) for text in texts for number in _CLICK_WINDOW.findall(text)), default=None)


def usual_window(platform: str, dialect: str = "") -> int:
    """The platform's own window, whoever wrote the file."""
    own = _WINDOWS.get(dialect.removesuffix("_api"))
    return own or _WINDOWS.get(platform.casefold().split(" ")[0], _DEFAULT_WINDOW)
