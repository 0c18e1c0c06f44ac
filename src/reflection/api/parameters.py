"""Parameters that several routes have: ids that callers choose, read as the door reads them in a body, and filters.

White space around an id is cut there, so it is cut here: whoever sent an id finds the thing by what was sent. Must not
know what has the id.
"""

from typing import Annotated

from fastapi import Path, Query
from pydantic import AfterValidator

_CUT = AfterValidator(str.strip)
PRINTABLE = r"^[^\x00-\x1f\x7f]+$"
CampaignId = Annotated[str, _CUT, Path(min_length=1, max_length=300)]
PlannedCampaign = Annotated[str, _CUT, Query(min_length=1, max_length=300, pattern=PRINTABLE)]
ExperimentId = Annotated[str, _CUT, Path(max_length=100)]
Filter = Annotated[str | None, Query(min_length=1, max_length=200, pattern=PRINTABLE)]
