"""Days are a set: in whatever files they come, in whatever order, and whatever is taken back, each counts once."""

import datetime as dt
import itertools
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from reflection.domain.campaign import Campaign
from reflection.ingest import ImportOptions, read_exports
from reflection.ingest.jobs.service import Imports
from reflection.settings import Settings
from reflection.store.imports import ImportRows
from reflection.wiring import Application, build

W = "default"
HEADER = "Campaign name,Ad set name,Day,Amount spent (EUR),Impressions,Link clicks,Purchases\n"
START = dt.date(2026, 9, 1)
Days = Mapping[tuple[str, int], int]
"""Campaign and day -> clicks."""


def export(days: Days, name: str = "week.csv") -> tuple[str, bytes]:
    """A Meta export of campaigns' days, two ad sets each."""
    rows = [
        f"{campaign},{people},{START + dt.timedelta(days=day)},10.5,1000,{clicks},1\n"
        for (campaign, day), clicks in sorted(days.items())
        for people in ("New", "Known")
    ]
    return name, (HEADER + "".join(rows)).encode()


def options(made_on: int = 60, **more: Any) -> ImportOptions:
    """Read as exported so many days after the first."""
    return ImportOptions(as_of=START + dt.timedelta(days=made_on), **more)


def facts(campaigns: list[Campaign]) -> dict[str, tuple[object, ...]]:
    return {one.campaign_id: (one.actual_metrics, one.breakdown, one.period_start, one.period_end) for one in campaigns}


@pytest.fixture(scope="module")
def application(
    tmp_path_factory: pytest.TempPathFactory, settings_in: Callable[..., Settings]
) -> Iterator[Application]:
    with build(settings_in(tmp_path_factory.mktemp("days"), embedding_model="none")) as application:
        yield application


NUMBERS = itertools.count()


class Desk:
    """Imports of a workspace of its own."""

    def __init__(self, application: Application) -> None:
        self.application, self.workspace = application, f"w{next(NUMBERS)}"

    def put(self, *files: tuple[str, bytes], **more: Any) -> dict[str, Any]:
        chosen, imports = options(**more), self.application.imports
        begun = imports.begin(self.workspace, imports.read(self.workspace, files, chosen), chosen)
        return imports.run(self.workspace, begun)

    def undo(self, answer: Mapping[str, Any]) -> dict[str, Any]:
        return self.application.imports.undo(self.workspace, answer["import_id"])

    def facts(self) -> dict[str, tuple[object, ...]]:
        stored = self.application.store.campaigns(self.workspace)
        return facts([Campaign.model_validate_json(item.campaign_json) for item in stored])


def merged(*files: Days) -> Days:
    """What the last of several exports says of each day."""
    days: dict[tuple[str, int], int] = {}
    for file in files:
        days.update(file)
    return days


def expected(*files: Days, group_by: str = "campaign") -> dict[str, tuple[object, ...]]:
    """The campaigns of one file of all days."""
    whole = merged(*files)
    return facts(list(read_exports([export(whole)], options(group_by=group_by))[0].campaigns)) if whole else {}


EXPORTS = st.lists(
    st.dictionaries(st.tuples(st.sampled_from("AB"), st.integers(20, 45)), st.integers(1, 50), min_size=1, max_size=12),
    min_size=2, max_size=4,
)  # fmt: skip


@settings(max_examples=8, phases=[Phase.explicit, Phase.generate])
@given(EXPORTS, st.randoms(use_true_random=False), st.sampled_from(["campaign", "month"]))
def test_the_order_of_imports_does_not_matter(application: Application, files, random, group_by) -> None:
    """Of a day that several exports say the latest export counts, whenever it is imported."""
    desk, order = Desk(application), list(range(len(files)))
    random.shuffle(order)
    for number in order:
        desk.put(export(files[number]), made_on=60 + number, group_by=group_by)

    assert desk.facts() == expected(*files, group_by=group_by)


@settings(max_examples=8, phases=[Phase.explicit, Phase.generate])
@given(EXPORTS, st.randoms(use_true_random=False), st.sampled_from(["campaign", "month"]))
def test_an_undo_leaves_what_there_would_be_without_the_import(
    application: Application, files, random, group_by
) -> None:
    desk = Desk(application)
    answers = [desk.put(export(days), made_on=60 + number, group_by=group_by) for number, days in enumerate(files)]
    left = dict(enumerate(files))
    for number in random.sample(range(len(files)), len(files)):
        if answers[number]["import_id"] in {answers[other]["import_id"] for other in left if other != number}:
            return  # the same file twice is one import
        desk.undo(answers[number])
        del left[number]
        assert desk.facts() == expected(*left.values(), group_by=group_by)


@settings(max_examples=8, phases=[Phase.explicit, Phase.generate])
@given(EXPORTS)
def test_files_of_one_import_are_one_set_and_their_totals_count_once(application: Application, files) -> None:
    desk = Desk(application)
    answer = desk.put(*[export(days, f"week{number}.csv") for number, days in enumerate(files)])

    assert desk.facts() == expected(*files)
    if len({export(days) for days in files}) == len(files):
        assert answer["totals"]["clicks"] == 2 * sum(merged(*files).values())
    assert answer["totals"]["spend"] == pytest.approx(21.0 * len(merged(*files)))


class WholeRegister:
    """A register that gives all days whichever campaigns are asked for, and counts the rows that it is asked for."""

    def __init__(self, register: Any) -> None:
        self._register, self.rows = register, 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._register, name)

    def days(self, workspace: str, campaigns: Collection[str] | None = None) -> list[Any]:
        of_these = self._register.days(workspace, campaigns)
        self.rows += sum(len(one.rows) + sum(map(_height, one.files)) for one in of_these)
        return self._register.days(workspace)


def _height(file: Any) -> int:
    return sum(len(columns[0]) for columns in file.rows.values())


def reader(application: Application, register: Any) -> Imports:
    """The imports of an application, with another register."""
    return Imports(
        application.engine, application.store, register, clock=lambda: dt.datetime(2027, 1, 1, tzinfo=dt.UTC)
    )


@settings(max_examples=12, phases=[Phase.explicit, Phase.generate])
@given(EXPORTS, st.randoms(use_true_random=False), st.sampled_from(["campaign", "month"]))
def test_reading_what_a_file_can_touch_gives_what_reading_all_gives(
    application: Application, files, random, group_by
) -> None:
    """In any order, with another platform's file of the same campaigns beside, and one that counts something else."""
    desk, order = Desk(application), list(range(len(files) - 1))
    random.shuffle(order)
    name, body = export(files[0], "leads.csv")
    desk.put((name, body.replace(b"Purchases", b"Leads")))
    for number in order:
        desk.put(export(files[number]), made_on=60 + number, group_by=group_by)
    register, chosen = ImportRows(application.database), options(70, group_by=group_by)
    last = [export(files[-1])]

    flat = reader(application, register).read(desk.workspace, last, chosen)
    whole = reader(application, WholeRegister(register)).read(desk.workspace, last, chosen)

    assert [one.campaigns for one in flat] == [one.campaigns for one in whole]
    assert [one.rejects for one in flat] == [one.rejects for one in whole]
    assert [note for one in flat for note in one.findings] == [note for one in whole for note in one.findings]


def test_an_import_reads_the_rows_of_its_own_campaigns_however_many_came_before(application: Application) -> None:
    desk, register = Desk(application), WholeRegister(ImportRows(application.database))
    desk.put(export({("evergreen", 0): 10}))
    rows = []
    for week in range(4):
        register.rows = 0
        reader(application, register).read(desk.workspace, [export({("evergreen", 40): 10, ("new", 40): 5})], options())
        rows.append(register.rows)
        desk.put(export({(f"of week {week}", 7 * week + day): 10 for day in range(7)}))

    assert rows == [2 * 3] * 4  # a day of one campaign and its two ad sets: asked by its key, and by its name


def test_two_halves_of_a_month_are_a_month_and_it_is_said(application: Application) -> None:
    desk = Desk(application)
    desk.put(export({("A", day): 10 for day in range(15)}))
    answer = desk.put(export({("A", day): 10 for day in range(15, 30)}))

    note = next(note for note in answer["findings"] if note["code"] == "days_joined")
    assert "15 campaign-days that week.csv says nothing of" in note["message"]
    assert "from 2026-09-01 to 2026-09-30" in note["message"]
    assert not {"days_left_out", "overlaps_earlier"} & {note["code"] for note in answer["findings"]}
    assert desk.facts() == expected({("A", day): 10 for day in range(30)})


def test_a_month_in_one_row_replaces_its_days_and_a_day_of_it_alone_is_refused(application: Application) -> None:
    month = HEADER.replace("Day", "Reporting starts,Reporting ends") + "A,New,2026-09-01,2026-09-30,630,60000,600,60\n"
    desk = Desk(application)
    desk.put(export({("A", day): 10 for day in range(15)}))
    desk.put(("month.csv", month.encode()))
    (whole,) = desk.facts().values()
    assert whole[0].spend == 630.0

    answer = desk.put(export({("A", 3): 10}), made_on=70)
    (after,) = desk.facts().values()
    assert after == whole
    assert "splits its days in another way" in answer["rejects"][0]["reason"]


def test_files_that_count_something_else_are_not_put_together(application: Application) -> None:
    name, body = export({("A", day): 10 for day in range(15, 30)})
    desk = Desk(application)
    desk.put(export({("A", day): 10 for day in range(15)}))
    answer = desk.put((name, body.replace(b"Purchases", b"Leads")))

    assert {fact[0].spend for fact in desk.facts().values()} == {15 * 21.0}
    assert "days_left_out" in {note["code"] for note in answer["findings"]}


def test_the_plan_of_a_campaign_stays_when_half_of_its_days_are_taken_back(
    application: Application, tmp_path: Path
) -> None:
    plan = tmp_path / "plan.csv"
    plan.write_text("campaign,impressions,clicks,conversions,spend,planner\nA,60000,900,60,600,Ann\n")
    desk = Desk(application)
    first = desk.put(export({("A", day): 10 for day in range(15)}), expected=plan)
    desk.put(export({("A", day): 10 for day in range(15, 30)}), expected=plan)
    desk.undo(first)

    (stored,) = application.store.campaigns(desk.workspace)
    assert Campaign.model_validate_json(stored.campaign_json).planner == "Ann"
    assert desk.facts() == expected({("A", day): 10 for day in range(15, 30)})


def test_what_somebody_else_changed_stays_when_an_import_is_taken_back(application: Application) -> None:
    desk = Desk(application)
    first = desk.put(export({("A", day): 10 for day in range(15)}))
    desk.put(export({("A", day): 10 for day in range(15, 30)}))
    (stored,) = application.store.campaigns(desk.workspace)
    mine = Campaign.model_validate_json(stored.campaign_json).model_copy(update={"objective": "Mine"})
    application.engine.analyze(mine, workspace=desk.workspace)

    assert desk.undo(first)["outcome"]["kept"] == 1
    (stored,) = application.store.campaigns(desk.workspace)
    assert Campaign.model_validate_json(stored.campaign_json).objective == "Mine"


def test_what_was_there_with_the_same_content_stays_when_the_import_is_taken_back(application: Application) -> None:
    desk, days = Desk(application), {("A", day): 10 for day in range(15)}
    (mine,) = read_exports([export(days)], options())[0].campaigns
    application.engine.analyze(mine, workspace=desk.workspace)

    assert desk.undo(desk.put(export(days)))["outcome"]["kept"] == 1
    assert desk.facts() == expected(days)
