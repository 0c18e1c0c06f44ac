"""Which event an indicator names, and whether it is somebody's conversion."""

import pytest

from reflection.ingest.building.conversion_events import CONVERSION_EVENTS, event_of

LEAD = "actions:onsite_conversion.lead_grouped"


@pytest.mark.parametrize(
    ("indicator", "event"),
    [("actions:link_click", "link_click"), ("actions:offsite_conversion.fb_pixel_purchase", "purchase"),
     ("offsite_conversion.fb_pixel_purchase", "purchase"), (LEAD, "lead_grouped"),
     ("actions:offsite_conversion.custom.1234", "custom"), ("actions:video_view", "video_view"),
     ("actions:offsite_conversion.fb_pixel_complete_registration", "complete_registration"), ("reach", "reach")],
)  # fmt: skip
def test_an_indicator_names_an_event(indicator: str, event: str) -> None:
    assert event_of(indicator) == event


def test_clicks_and_views_are_no_conversions() -> None:
    assert not {"link_click", "landing_page_view", "video_view", "post_engagement", "reach"} & CONVERSION_EVENTS
