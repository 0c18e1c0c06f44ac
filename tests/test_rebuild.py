"""Everything that is made from the rows can be made again, soon enough to be done while people wait."""

import shutil
import sys
import time
from collections.abc import Iterator

import pytest

from reflection.domain.answers import Answer
from reflection.domain.campaign import Campaign
from reflection.settings import Settings
from reflection.wiring import build

FAST, CAMPAIGNS, SECONDS = 60, 10_000, 60.0
FILES = 4
QUESTION = "short video for students in summer"


def _campaigns(sample: Campaign, count: int) -> Iterator[Campaign]:
    for number in range(count):
        creatives = tuple(
            one.model_copy(update={"id": f"crt_{number}_{place}"}) for place, one in enumerate(sample.creatives)
        )
        objective = ("Leads", "Sales", "Reach")[number % 3]
        yield sample.model_copy(update={"campaign_id": f"c{number:05}", "objective": objective, "creatives": creatives})


def _rebuilt(settings: Settings, sample: Campaign, count: int) -> float:
    """Store campaigns, throw away what was made from their rows, make it again; the seconds that took."""
    mirror = settings.database_path.parent / "vectors.json"
    settings = settings.model_copy(update={"vector_backend": "json", "vector_fallback_path": mirror})
    with build(settings) as application:
        answers = list(application.engine.analyze_many(_campaigns(sample, count), following=True))
        assert [type(answer) for answer in answers] == [Answer] * count
        application.backfill.catch_up("default")
        application.publisher.publish_pending()
        before = application.memory.search("default", QUESTION, limit=10)
        assert (len(before.items), before.index, before.degraded) == (10, "json", [])

        shutil.rmtree(settings.output_dir)
        mirror.write_bytes(mirror.read_bytes()[:1000])
        application.memory.index.reset()
        began = time.perf_counter()
        application.rebuild()
        seconds = time.perf_counter() - began

        assert application.memory.search("default", QUESTION, limit=10) == before
        folders = [folder for folder in settings.output_dir.iterdir() if folder.is_dir()]
        assert len(folders) == count
        assert sum(len(list(folder.glob("*.json"))) for folder in folders) == FILES * count
    return seconds


def test_what_is_made_from_the_rows_is_made_again_the_same(settings: Settings, sample: Campaign) -> None:
    _rebuilt(settings, sample, FAST)


@pytest.mark.torture(part="soak")
def test_ten_thousand_campaigns_are_made_again_within_a_minute(settings: Settings, sample: Campaign) -> None:
    seconds = _rebuilt(settings, sample, CAMPAIGNS)
    sys.stdout.write(f"{CAMPAIGNS} campaigns, their files and their vectors made again in {seconds:.1f} s\n")
    assert seconds < SECONDS
