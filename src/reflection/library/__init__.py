"""The library door: the whole engine in one object, for notebooks, scripts and tests of other programs.

    >>> import tempfile
    >>> from reflection import Engine
    >>> spring_sale = {
    ...     "campaign_id": "spring_sale", "platform": "Meta", "objective": "Sales",
    ...     "expected_metrics": {"impressions": 10000, "clicks": 200, "conversions": 10, "spend": 500.0},
    ...     "actual_metrics": {"impressions": 12000, "clicks": 330, "conversions": 11, "spend": 480.0},
    ...     "timestamp": "2026-03-29T10:00:00+00:00",
    ... }
    >>> with tempfile.TemporaryDirectory() as folder, Engine(f"{folder}/campaigns.db", output=folder) as engine:
    ...     analysis = engine.analyze(spring_sale)
    >>> print(f"CTR {analysis['comparison_report']['deltas']['ctr_diff']['pct_diff']:+.1f} %")
    CTR +37.5 %

Learning runs inline: after a batch, and before anything is read that depends on it. Knows wiring and settings;
must not know statistics, SQL or business rules.
"""

import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

import orjson

from reflection.domain.campaign import Campaign
from reflection.domain.validation import read
from reflection.domain.workspaces import DEFAULT_WORKSPACE
from reflection.engine.campaign_list import ListRequest
from reflection.engine.engine import Refusal
from reflection.errors import InvalidInput
from reflection.ingest.jobs.weekdays import beside_fit, weekdays
from reflection.library.experiments import ExperimentDoor
from reflection.library.planning import Planning, plain
from reflection.reports.service import campaign_report, portfolio_report
from reflection.settings import Settings, place
from reflection.wiring import build

CampaignLike = Campaign | Mapping[str, Any] | str | bytes


class Engine(Planning):
    """One engine on one database; close it, or use it in a `with` statement.

    Args:
        database: the SQLite file, made when it does not exist, or the address of a Postgres database. None as set.
        workspace: which workspace everything happens in.
        output: folder of the artifacts and weights.json; None takes MARKO_OUTPUT_DIR.
        settings: everything else, such as ``insights_model``; overrides the environment and `.env`.

    Raises:
        ConfigurationError: a setting is wrong.
    """

    def __init__(
        self,
        database: str | Path | None = None,
        *,
        workspace: str = DEFAULT_WORKSPACE,
        output: str | Path | None = None,
        **settings: Any,
    ) -> None:
        if database is not None:
            settings |= place(database)
        if output is not None:
            settings["output_dir"] = Path(output)
            settings.setdefault("weights_path", Path(output) / "weights.json")
        self._application = build(Settings.load(**settings))
        self._workspace = workspace
        self._unlearnt = False
        self.experiments = ExperimentDoor(self._application.experiments, workspace, self.learn)

    def analyze(self, campaign: CampaignLike) -> dict[str, Any]:
        """Analyse and remember one campaign (a `Campaign`, a mapping, or JSON), as POST /analyze-campaign.

        Raises:
            InvalidInput: the campaign cannot be accepted; nothing was stored.
        """
        answer = self._application.engine.analyze(read(Campaign, campaign), workspace=self._workspace)
        self._unlearnt = self._unlearnt or not answer.replayed
        return _json(answer.body)

    def analyze_many(
        self, campaigns: Iterable[CampaignLike], progress: Callable[[int], None] | None = None
    ) -> Iterator[dict[str, Any] | Refusal]:
        """Analyse a stream; one that is refused is given back as `Refusal` and does not stop the rest.

        Learns once at the end. `progress` is called with the number done so far.

        Raises:
            InvalidInput: an item is no campaign at all.
        """
        valid = (read(Campaign, campaign) for campaign in campaigns)
        for done, result in enumerate(self._application.engine.analyze_many(valid, workspace=self._workspace), start=1):
            self._unlearnt = True
            if progress is not None:
                progress(done)
            yield result if isinstance(result, Refusal) else _json(result.body)
        self.learn()

    def learn(self) -> None:
        """Take in what was analysed since the last time, by whomever, and publish weights.json and the artifacts."""
        self._application.learner.learn_now(self._workspace)
        self._unlearnt = False
        self._publish()

    def import_files(
        self, *files: str | Path, plan: str | Path | None = None, mapping: str | Path | None = None, **reading: Any
    ) -> dict[str, Any]:
        """Import exports of ad platforms as one import, and learn; the verdict, as `reflection import --json`.

        Args:
            plan: a file with expected figures; `mapping`: a column mapping (JSON) for any table.
            reading: how rows are to be read, such as ``group_by="month"``; as the fields of POST /v1/imports.

        Raises:
            InvalidInput: a file or an option cannot be read; nothing was stored.
        """
        from reflection.ingest import load_mapping
        from reflection.ingest.jobs.request import ReadingOptions

        columns = load_mapping(Path(mapping)) if mapping is not None else None
        options = read(ReadingOptions, reading).options(mapping=columns, plan=Path(plan) if plan is not None else None)
        imports = self._application.imports
        reports = imports.read(self._workspace, [Path(file) for file in files], options, alerting=True)
        answer = imports.run(self._workspace, imports.begin(self._workspace, reports, options))
        self.learn()
        return plain(answer)

    def insights(self, limit: int = 20, **filters: Any) -> list[dict[str, Any]]:
        """What was learnt, then what campaigns say of themselves, by priority.

        Args:
            filters: kind, platform, objective, since (with offset), past, as GET /insights has them.
        """
        self._catch_up()
        return self._application.engine.insights(workspace=self._workspace, limit=limit, **filters)

    def patterns(self, limit: int = 20, **filters: Any) -> list[dict[str, Any]]:
        """Findings by impact; filters as of `insights`, `kind` being a category."""
        self._catch_up()
        return self._application.engine.patterns(workspace=self._workspace, limit=limit, **filters)

    def recommend(
        self, platform: str | None = None, objective: str | None = None, goal: str | None = None
    ) -> dict[str, Any]:
        """What to do next, and what to plan with; `goal` is a kind of conversion, the largest without it."""
        self._catch_up()
        service = self._application.recommendations
        return plain(service.recommend(workspace=self._workspace, platform=platform, objective=objective, goal=goal))

    recommendations = recommend

    def search(self, question: str, **filters: Any) -> dict[str, Any]:
        """Campaigns and learnings by plain words or an id: {items, index, degraded, as_of, pending}.

        Args:
            filters: platform, objective, start, end, kind (``campaign`` or ``learning``), limit.
        """
        self._catch_up()
        freshness = self._application.engine.freshness(workspace=self._workspace)
        return plain(self._application.memory.search(self._workspace, question, **filters)) | freshness

    def report(
        self,
        campaign_id: str | None = None,
        *,
        start: date | None = None,
        end: date | None = None,
        kind: Literal["html", "pdf", "md", "json"] = "html",
    ) -> bytes:
        """The report on one campaign, or on all campaigns from a day to a day, as a file's bytes.

        Raises:
            NotFound: there is no such campaign.
            InvalidInput: neither a campaign nor both days are given.
            ReportsMissing: HTML or PDF without the `reports` extra.
        """
        self._catch_up()
        parts = (self._application.store, self._application.recommendations)
        if campaign_id is not None:
            return campaign_report(*parts, self._workspace, campaign_id, kind)
        if start is None or end is None:
            raise InvalidInput("name a campaign, or the first and the last day")
        return portfolio_report(*parts, self._workspace, start, end, kind)

    def effects(self, **filters: Any) -> dict[str, Any]:
        """Effects of signals as multiplicative lift; filters as GET /v1/effects."""
        self._catch_up()
        page = self._application.engine.effects(workspace=self._workspace, **filters)
        return plain(beside_fit(page, self._application.days.get(self._workspace, "weekdays", weekdays)))

    def evidence(self, signal: str, **filters: Any) -> dict[str, Any]:
        """A page of the campaigns for and against a signal's effect.

        Args:
            filters: metric, goal, limit, cursor, as GET /v1/effects/{signal}/evidence has them.

        Raises:
            NotFound: no campaign has this signal.
        """
        self._catch_up()
        return plain(self._application.engine.effect_evidence(signal, workspace=self._workspace, **filters))

    def campaigns(self, **filters: Any) -> dict[str, Any]:
        """A page of stored campaigns, the newest first: {items, next_cursor, as_of, pending, held}.

        Args:
            filters: platform, objective, state, kind, search, since, until, limit, cursor, as GET /v1/campaigns has
                them (there `q` is the search).

        Raises:
            InvalidInput: a cursor that is not ours.
        """
        self._catch_up()
        return plain(self._application.engine.campaigns(ListRequest(**filters), workspace=self._workspace))

    def held(self) -> dict[str, str]:
        """Campaigns that are kept out of learning as a likely fault of tracking: id -> why."""
        self._catch_up()
        return self._application.engine.held(workspace=self._workspace)

    def accept(self, campaign_id: str) -> dict[str, Any]:
        """Learn from a campaign although it looks like a fault: {campaign_id, accepted, learning, note}.

        Raises:
            NotFound: there is no such campaign.
        """
        self._catch_up()
        self._unlearnt = True
        return self._application.engine.accept(campaign_id, workspace=self._workspace)

    def unaccept(self, campaign_id: str) -> dict[str, Any]:
        """Take an acceptance back; the campaign is judged by its figures again.

        Raises:
            NotFound: there is no such campaign.
        """
        self._unlearnt = True
        return self._application.engine.unaccept(campaign_id, workspace=self._workspace)

    def show(self, campaign_id: str) -> dict[str, Any]:
        """The analysis of a campaign: compared when it came, told from what is known today.

        Raises:
            NotFound: there is no such campaign.
        """
        return _json(self._application.engine.show(campaign_id, workspace=self._workspace))

    def delete(self, campaign_id: str) -> bool:
        """Forget a campaign and retract what it taught; False if there was none."""
        deleted = self._application.engine.delete(campaign_id, workspace=self._workspace)
        self._unlearnt = self._unlearnt or deleted
        return deleted

    def close(self) -> None:
        """Learn what is pending, publish, and close the database."""
        try:
            self._catch_up()
            self._publish()
        finally:
            self._application.close()

    def _publish(self) -> None:
        if problem := self._application.publisher.publish_and_say():
            warnings.warn(problem, RuntimeWarning, stacklevel=3)  # no error: what was asked for is done

    def _catch_up(self) -> None:
        """Learn what this engine has analysed, and what others left behind where that is worth a fit."""
        if self._unlearnt or self._application.learner.due(self._workspace):
            self.learn()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()
        else:  # an error is on its way out; learning can wait for the next opening
            self._application.close()


def _json(body: bytes) -> dict[str, Any]:
    value: dict[str, Any] = orjson.loads(body)
    return value
