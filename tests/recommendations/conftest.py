"""What these tests advise from: knowledge made to order."""

import pytest

from reflection.domain.knowledge import Knowledge


@pytest.fixture
def knowledge(video_works: Knowledge) -> Knowledge:
    """Video works, image does not, Google is promising."""
    return video_works
