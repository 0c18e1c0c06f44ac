"""What an import does with the engine, on real files: done, gone on with after a stop, replaced, taken back."""

import csv
import io
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from reflection.domain.campaign import Campaign
from reflection.domain.steps import NobodyWaits, work_until
from reflection.errors import ImportFileError, NotFound, StorageFull
from reflection.ingest import ImportOptions
from reflection.ingest.jobs import service
from reflection.ingest.jobs.register import Claim
from reflection.ingest.jobs.undo import revision_to_restore
from reflection.ingest.reading import blocks
from reflection.settings import Settings
from reflection.wiring import Application, build

W = "default"
BATCH = 20
"""Campaigns of a batch in the tests that need more than one."""

FILES = Path(__file__).parents[2] / "ingest" / "files" / "exports"
TIKTOK = FILES / "tiktok_en_day_total_row.csv"
HEADER = ["Day", "Campaign name", "Ad set name", "Ad name", "Amount spent (EUR)", "Impressions", "Link clicks",
          "Results", "Result indicator"]  # fmt: skip
PURCHASE = "actions:offsite_conversion.fb_pixel_purchase"


def meta(*rows: tuple[str, str, int], name: str = "meta.csv") -> tuple[str, bytes]:
    """A Meta export of (day, campaign, conversions)."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(HEADER)
    for day, campaign, conversions in rows:
        writer.writerow([day, campaign, "Students", "Ad 1", "100.00", "10000", "200", conversions, PURCHASE])
    return name, out.getvalue().encode()


class Office:
    """Imports of one application, in short."""

    def __init__(self, application: Application) -> None:
        self.application = application
        self.imports = application.imports

    def begin(self, *sources: Any, **options: Any) -> str:
        chosen = ImportOptions(**options)
        return self.imports.begin(W, self.imports.read(W, sources, chosen), chosen)

    def put(self, *sources: Any, **options: Any) -> dict[str, Any]:
        return self.imports.run(W, self.begin(*sources, **options))

    def conversions(self) -> dict[str, float]:
        """Conversions of every stored campaign."""
        stored = self.application.store.campaigns(W)
        bodies = [Campaign.model_validate_json(item.campaign_json) for item in stored]
        return {body.campaign_id: body.actual_metrics.conversions for body in bodies}


@pytest.fixture
def office(tmp_path: Path, settings_in: Callable[..., Settings]) -> Iterator[Office]:
    """Without vectors: nothing here is searched."""
    with build(settings_in(tmp_path, embedding_model="none")) as application:
        yield Office(application)


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "BATCH", BATCH)


def codes(answer: dict[str, Any]) -> set[str]:
    return {note["code"] for note in answer["findings"]}


def only(answer: dict[str, Any]) -> dict[str, int]:
    return {name: count for name, count in answer["outcome"].items() if count}


def test_the_real_export_becomes_campaigns_with_its_totals(office: Office, samples: Path) -> None:
    answer = office.put(samples / "meta_export" / "ads_manager_monthly_cad.csv", group_by="month")

    assert (answer["state"], only(answer), answer["progress"]) == ("done", {"new": 4}, {"done": 4, "total": 4})
    assert (answer["platform"], answer["currency"], answer["period"]) == ("Meta", "CAD", ["2025-06-01", "2025-09-30"])
    assert answer["totals"]["spend"] == 230_701.49
    assert sum(office.conversions().values()) == answer["totals"]["conversions"] == 2_916.0
    assert set(office.conversions()) == set(answer["campaigns"])


@pytest.mark.parametrize("path", sorted(FILES.glob("*.csv")), ids=lambda path: path.stem)
def test_every_dialect_goes_in_and_out_again_without_a_trace(office: Office, path: Path) -> None:
    answer = office.put(path)
    taken = office.imports.undo(W, answer["import_id"])

    assert answer["outcome"]["new"] == len(answer["campaigns"])
    assert taken["state"] == "undone"
    assert taken["outcome"]["retracted"] == len(answer["campaigns"])
    assert office.conversions() == {}
    assert office.application.learner.learn_now(W).campaigns == 0


def test_the_same_file_twice_changes_nothing(office: Office) -> None:
    first = office.put(TIKTOK)
    before = [(item.campaign_id, item.revision) for item in office.application.store.campaigns(W)]
    seq = office.application.store.last_seq(W)

    second = office.put(TIKTOK)

    assert second["import_id"] == first["import_id"]
    assert only(second) == {"unchanged": len(first["campaigns"])}
    assert "nothing_new" in codes(second)
    assert [(item.campaign_id, item.revision) for item in office.application.store.campaigns(W)] == before
    assert office.application.store.last_seq(W) == seq
    assert len(office.imports.recent(W)) == 1
    assert only(office.imports.undo(W, first["import_id"]))["retracted"] == len(first["campaigns"])


def test_other_options_are_another_import_of_the_same_file(office: Office, samples: Path) -> None:
    path = samples / "meta_export" / "ads_manager_monthly_cad.csv"

    assert office.begin(path, group_by="month") != office.begin(path, group_by="campaign")


def test_a_later_file_replaces_and_the_difference_is_shown(office: Office) -> None:
    office.put(meta(("2026-09-01", "Autumn", 10), ("2026-09-01", "Winter", 5)))
    later = office.put(meta(("2026-09-01", "Autumn", 14), ("2026-09-01", "Winter", 5)))

    assert only(later) == {"replaced": 1, "unchanged": 1} or only(later) == {"replaced": 2}
    assert "restated" in codes(later)
    restated = next(note for note in later["findings"] if note["code"] == "restated")
    assert "conversions was 10.00, is 14.00" in restated["message"]
    changes = {change["campaign_id"]: change["difference"] for change in later["changes"]}
    assert changes["meta_autumn"] == {"conversions": [10.0, 14.0]}
    assert sorted(office.conversions().values()) == [5.0, 14.0]


@pytest.mark.parametrize(("group_by", "kept"), [("campaign", [15]), ("month", [5, 10])])
def test_months_of_a_campaign_in_files_of_one_import_are_put_together(
    office: Office, group_by: str, kept: list[float]
) -> None:
    august, september = meta(("2026-08-01", "Autumn", 10)), meta(("2026-09-01", "Autumn", 5), name="september.csv")

    answer = office.put(august, september, group_by=group_by)

    assert sorted(office.conversions().values()) == kept
    assert "days_left_out" not in codes(answer)
    assert answer["totals"]["conversions"] == 15


def test_taking_back_a_later_file_gives_back_what_was_there_before(office: Office) -> None:
    first = office.put(meta(("2026-09-01", "Autumn", 10)))
    later = office.put(meta(("2026-09-01", "Autumn", 14), ("2026-09-01", "Winter", 5)))

    taken = office.imports.undo(W, later["import_id"])

    assert taken["outcome"]["restored"] == 1
    assert taken["outcome"]["retracted"] == 1
    assert list(office.conversions().values()) == [10.0]
    history = office.application.store.revisions(W, first["campaigns"][0])
    assert [row["revision"] for row in history] == [1, 2, 3]
    assert history[0]["content_hash"] == history[2]["content_hash"]


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_imports_of_the_same_days_can_be_taken_back_in_any_order(office: Office, order: tuple[int, ...]) -> None:
    ids = [office.put(meta(("2026-09-01", "Autumn", count)))["import_id"] for count in (10, 14, 18)]
    left = {0: 10.0, 1: 14.0, 2: 18.0}

    for number in order:
        office.imports.undo(W, ids[number])
        del left[number]
        assert list(office.conversions().values()) == ([left[max(left)]] if left else [])


def test_imports_that_replaced_each_other_in_turn_leave_nothing(office: Office) -> None:
    files = [meta(("2026-09-01", "Autumn", count)) for count in (10, 14, 10)]
    ids = [office.put(file)["import_id"] for file in files]
    assert ids[0] == ids[2]
    assert list(office.conversions().values()) == [10.0]

    office.imports.undo(W, ids[0])
    assert list(office.conversions().values()) == [14.0]
    office.imports.undo(W, ids[1])
    assert office.conversions() == {}


def test_taking_back_twice_is_taking_back_once(office: Office) -> None:
    answer = office.put(TIKTOK)

    first = office.imports.undo(W, answer["import_id"])
    seq = office.application.store.last_seq(W)

    assert office.imports.undo(W, answer["import_id"]) == first
    assert office.application.store.last_seq(W) == seq


def test_an_import_that_was_taken_back_can_be_done_again(office: Office) -> None:
    answer = office.put(TIKTOK)
    before = office.conversions()
    office.imports.undo(W, answer["import_id"])

    again = office.put(TIKTOK)

    assert again["state"] == "done"
    assert "nothing_new" not in codes(again)
    assert office.conversions() == before
    office.imports.undo(W, again["import_id"])
    assert office.conversions() == {}


def test_what_somebody_changed_since_or_another_import_says_too_stays(office: Office) -> None:
    first = office.put(meta(("2026-09-01", "Autumn", 10), ("2026-09-01", "Winter", 5)))
    same = office.put(meta(("2026-09-01", "Winter", 5), name="again.csv"))
    autumn = next(name for name in first["campaigns"] if name not in same["campaigns"])
    stored = office.application.store.campaign(W, autumn)
    assert stored is not None
    mine = Campaign.model_validate_json(stored.campaign_json).model_copy(update={"objective": "Mine"})
    office.application.engine.analyze(mine)

    taken = office.imports.undo(W, first["import_id"])

    assert taken["outcome"]["kept"] == 2 or same["outcome"]["replaced"] == 1
    assert set(office.conversions()) == set(first["campaigns"])


def test_a_campaign_that_was_there_before_any_import_gets_its_content_back(office: Office) -> None:
    answer = office.put(meta(("2026-09-01", "Autumn", 10)))
    office.imports.undo(W, answer["import_id"])
    mine = Campaign.model_validate_json(
        office.application.store.revisions(W, answer["campaigns"][0])[0]["body"]
    ).model_copy(update={"objective": "Mine"})
    office.application.engine.analyze(mine)

    answer = office.put(meta(("2026-09-01", "Autumn", 10)))
    office.imports.undo(W, answer["import_id"])

    stored = office.application.store.campaign(W, mine.campaign_id)
    assert stored is not None
    assert stored.content_hash == mine.content_hash()


@pytest.mark.usefixtures("small_batches")
@pytest.mark.parametrize("stops_after", [0, 1])
def test_a_stopped_import_is_gone_on_with_by_another_process(office: Office, stops_after: int) -> None:
    names = [("2026-09-01", f"Campaign {number:03d}", 5) for number in range(BATCH + 7)]
    import_id = office.begin(meta(*names))
    asked = itertools.count()
    stopped = office.imports.run(W, import_id, lambda done, total: next(asked) < stops_after)

    assert (stopped["state"], stopped["progress"]["done"]) == ("running", stops_after * BATCH)
    assert len(office.application.store.campaigns(W)) == stops_after * BATCH

    assert office.imports.work()
    assert not office.imports.work()
    done = office.imports.show(W, import_id)
    assert (done["state"], only(done)) == ("done", {"new": len(names)})


@pytest.mark.usefixtures("small_batches")
def test_a_half_done_import_can_be_taken_back(office: Office) -> None:
    names = [("2026-09-01", f"Campaign {number:03d}", 5) for number in range(BATCH + 7)]
    import_id = office.begin(meta(*names))
    asked = itertools.count()
    office.imports.run(W, import_id, lambda done, total: next(asked) < 1)

    taken = office.imports.undo(W, import_id)

    assert (taken["state"], taken["outcome"]["retracted"], taken["outcome"]["kept"]) == ("undone", BATCH, 7)
    assert office.conversions() == {}
    assert not office.imports.work()


@pytest.mark.parametrize("dies_in", ["analyze_many", "settle", "note_before"])
def test_a_death_at_any_step_loses_nothing_and_undo_still_knows_what_was_before(
    office: Office, monkeypatch: pytest.MonkeyPatch, dies_in: str
) -> None:
    before = office.put(meta(("2026-09-01", "Autumn", 10)))
    import_id = office.begin(meta(("2026-09-01", "Autumn", 14), ("2026-09-01", "Winter", 5)))
    owner = office.application.engine if dies_in == "analyze_many" else office.imports._register
    with monkeypatch.context() as patch:
        patch.setattr(owner, dies_in, _die)
        with pytest.raises(KeyboardInterrupt):
            office.imports.run(W, import_id)

    done = office.imports.run(W, import_id)

    assert done["state"] == "done"
    assert sorted(office.conversions().values()) == [5.0, 14.0]
    office.imports.undo(W, import_id)
    assert office.conversions() == {before["campaigns"][0]: 10.0}


def _die(*_: Any, **__: Any) -> None:
    raise KeyboardInterrupt


def test_a_full_disk_stops_an_import_instead_of_refusing_its_campaigns(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_id = office.begin(TIKTOK)

    def full(*_: Any, **__: Any) -> None:
        raise StorageFull("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(office.application.store, "save_analysis", full)
        with pytest.raises(StorageFull):
            office.imports.run(W, import_id)

    assert office.imports.show(W, import_id)["state"] == "running"
    assert only(office.imports.run(W, import_id))["new"] > 0


def test_a_file_that_cannot_be_read_leaves_nothing(office: Office) -> None:
    with pytest.raises(ImportFileError) as refused:
        office.put(("notes.csv", b"dear diary\n"))

    assert refused.value.hint
    assert office.imports.recent(W) == []


def test_reading_ends_between_two_blocks_or_campaigns_when_nobody_waits_for_it(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blocks, "BLOCK", 500)
    name, body = meta(*(("2026-03-01", f"Campaign {number}", number) for number in range(20)))
    steps = itertools.count()
    work_until(lambda: next(steps) < 0, lambda: office.imports.read(W, [(name, body)]))
    made = next(steps)
    assert made > 20 + len(body) // 500

    for last in range(0, made, 7):
        left = itertools.count(1)
        with pytest.raises(NobodyWaits):
            work_until(
                lambda left=left, last=last: next(left) > last,  # type: ignore[misc]
                lambda: office.imports.read(W, [(name, body)]),
            )


def test_campaigns_of_two_platforms_with_one_name_are_both_taken(office: Office) -> None:
    office.put(meta(("2026-09-01", "Brand", 10)))
    google = office.put(FILES / "google_en_day.csv")

    assert "two_sources" not in codes(google)
    assert google["outcome"]["new"] == len(google["campaigns"])


def test_an_unknown_import_is_not_found(office: Office) -> None:
    for verb in (office.imports.show, office.imports.undo, office.imports.run, office.imports.progress):
        with pytest.raises(NotFound):
            verb(W, "imp_none")


def test_imports_of_one_workspace_are_unknown_in_another(office: Office) -> None:
    answer = office.put(TIKTOK)

    assert office.imports.recent("acme") == []
    with pytest.raises(NotFound):
        office.imports.undo("acme", answer["import_id"])


HISTORY = {1: "h0", 2: "h1", 3: "h2", 4: "h1"}


def claim(content: str, *before: str, in_force: bool = True) -> Claim:
    return Claim(f"imp_{content}", "c", content, before, in_force)


@pytest.mark.parametrize(
    ("taken", "others", "revision"),
    [
        (claim("h1"), [], 0),
        (claim("h1", "h0"), [], 1),
        (claim("h1", "h1"), [], None),
        (claim("h2", "h1"), [claim("h1", "h0")], 4),
        (claim("h2", "h1"), [claim("h1", "h0", in_force=False)], 1),
        (claim("h2", "h1"), [claim("h1", in_force=False)], 0),
        (claim("h1", "h2"), [claim("h2", "h1")], 3),
        (claim("h1", "h2"), [claim("h2", "h1", in_force=False)], 0),
        (claim("h2", "h1"), [claim("h1", "h0", "h2", in_force=False)], 1),
        (claim("h2", "h1"), [claim("h1", "h1", in_force=False)], 4),
    ],
)
def test_a_campaign_goes_back_past_what_was_taken_back(taken: Claim, others: list[Claim], revision: int | None) -> None:
    assert revision_to_restore(taken, others, HISTORY) == revision


def test_a_claim_not_looked_at_yet_brought_nothing() -> None:
    assert revision_to_restore(Claim("imp", "c", "h1"), [], HISTORY) is None
