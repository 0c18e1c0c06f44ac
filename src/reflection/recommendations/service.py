"""The verbs of planning and of a recommendation's life: recommend, evaluate, show, record feedback, score.

Beside the engine, which takes campaigns in: this is what goes out before a campaign and is judged after it. Knows
ports, no adapters; what is computed stands in plan_evaluation, ranking, cards, adherence and track_record.
"""

from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from reflection.domain.evidence import Evidence, decode
from reflection.domain.forecast_register import ForecastRequest
from reflection.domain.knowledge import Knowledge
from reflection.domain.list_query import ListQuery
from reflection.domain.maturity import day_of, evidence_by
from reflection.domain.plan import PlanRequest
from reflection.domain.ports import Memory
from reflection.domain.results import SimilarCampaign
from reflection.domain.workspaces import DEFAULT_WORKSPACE
from reflection.errors import NotFound
from reflection.evaluation import track_record
from reflection.forecasting import plan_evaluation, plan_notes
from reflection.forecasting.forecaster import Forecaster
from reflection.forecasting.plan_texts import PlanTexts
from reflection.forecasting.plan_work import check_work
from reflection.inference.totals.goal_totals import LastFits
from reflection.learnings.current import CurrentLearnings
from reflection.recommendations import adherence, cards, holdback, ranking
from reflection.recommendations.advice import Advice
from reflection.recommendations.ranking import RecommendationInput
from reflection.recommendations.stores import AdviceStore, ForecastStore, InsightList

SIMILAR = 5


class RecommendationService:
    """Planning and recommendations of one installation; safe to share between threads.

    Args:
        insights: a page of the list of insights of one state, as `learnings.insights.insights` gives it.
        forecaster: reads the calibration that plans are evaluated with; `texts` reads those of their new creatives.
        holdback: share of planned campaigns that get no advice, so that its effect can be measured; 0 turns it off.
    """

    def __init__(
        self,
        store: ForecastStore,
        rows: AdviceStore,
        memory: Memory,
        insights: InsightList,
        *,
        forecaster: Forecaster,
        texts: PlanTexts,
        holdback: float,
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._rows = rows
        self._memory = memory
        self._forecaster = forecaster
        self._texts = texts
        self._insights = insights
        self._holdback = holdback
        self._clock = clock
        self._advice = LastFits(Advice)
        self._judged: dict[str, tuple[object, dict[str, Any]]] = {}

    def evaluate(self, request: PlanRequest, *, workspace: str) -> dict[str, Any]:
        """Evaluate plans; see `plan_evaluation.evaluate`. `holdback` says how to take part in measuring advice."""
        named = request.named()
        with self._store.snapshot(workspace) as snapshot:
            knowledge, pending = snapshot.knowledge(), snapshot.pending()
            check_work(len(named), knowledge)
            unseen = {key for _, plan in named for key in plan_notes.unseen(knowledge.for_goal(plan), plan)}
            stored_with = snapshot.campaigns_with(sorted(unseen))
            state = self._forecaster.up_to_date(snapshot, knowledge)
        similar = {name: self._similar(workspace, plan.words) for name, plan in named}
        texts, totals = self._texts.of(workspace, named, knowledge), self._advice.of(workspace, knowledge)
        answer = plan_evaluation.evaluate(
            named, knowledge, state, similar, totals=totals, texts=texts, pending=pending, stored_with=stored_with
        )
        return {**answer, "holdback": holdback.invitation(self._holdback)}

    def recommend(
        self,
        *,
        workspace: str = DEFAULT_WORKSPACE,
        platform: str | None = None,
        objective: str | None = None,
        goal: str | None = None,
        seed: int | None = None,
        limit: int = 10,
    ) -> dict[str, Any]:
        """What to do next, from what was learnt; deterministic unless a draw is asked for with `seed`.

        In a workspace with several goals it is about the one asked for, or that of the objective, or the one most money
        is spent on; `goals` has the cards of the others.

        Args:
            goal: a kind of conversion, such as ``lead``.
            limit: most stored insights and patterns that are shown beside the cards.
        """
        query = " ".join(part for part in (platform, objective) if part)
        similar = self._similar(workspace, query) if query else []
        with self._store.snapshot(workspace) as snapshot:
            whole, current = snapshot.knowledge(), CurrentLearnings(snapshot)
            advice = self._advice.of(workspace, whole)
            knowledge = advice.of_goal(goal, objective)
            insights, _ = self._insights(snapshot, whole, ListQuery(limit=limit), current.summaries)
            insights = [row for row in insights if not str(row["id"]).startswith("rec_")]  # the cards say these
            patterns, _ = current.patterns(whole, ListQuery(limit=limit))
            past = current.past(knowledge.goal_metric) if knowledge.kind == whole.kind else {}  # learnt of the largest
            accepted, pending = snapshot.accepted_advice(), snapshot.pending()
        answer = ranking.recommend(
            RecommendationInput(
                knowledge=knowledge,
                now=self._clock(),
                options=advice.options(knowledge.kind, platform, objective),
                platform=platform,
                objective=objective,
                insights=insights,
                patterns=patterns,
                similar=similar,
                past=past,
                accepted=accepted,
                seed=seed,
                pending=pending,
            )
        )
        others = [other for other in whole.every_goal if whole.goals and other.kind != knowledge.kind]
        return {
            **answer,
            "goal": knowledge.goal,
            "goals": [self._beside(other, platform, advice.options(other.kind, platform)) for other in others],
        }

    def _beside(self, knowledge: Knowledge, platform: str | None, options: tuple[cards.Option, ...]) -> dict[str, Any]:
        """What to do next for another goal: {goal, goal_metric} and the `parts` of an answer."""
        answer = ranking.recommend(
            RecommendationInput(knowledge=knowledge, now=self._clock(), platform=platform, options=options)
        )
        parts = ("recommendations", "top_signals", "cards", "tests", "reason")
        reply = {name: answer[name] for name in parts}
        return {"goal": knowledge.kind, "goal_metric": knowledge.goal_metric, **reply}

    def hold_back(self, answer: dict[str, Any], unit: str | None, *, workspace: str) -> dict[str, Any]:
        """An answer of `recommend` for a named planned campaign, `holdback` saying whether it gets the advice.

        The assignment is a function of workspace and campaign, drawn once and logged; the same campaign is never drawn
        again. Without a campaign, or with a hold-back of 0, nothing is held back and nothing is logged.
        """
        if unit is None or self._holdback <= 0:
            return {**answer, "holdback": None}
        treated = self._rows.assign(
            workspace, unit, holdback.draw(workspace, unit) >= self._holdback, 1.0 - self._holdback, self._now()
        )
        assignment = {"unit": unit, "treated": treated, "probability": 1.0 - self._holdback}
        if treated:
            return {**answer, "holdback": assignment}
        reason = "this campaign is held back from advice at random, so that the effect of advice can be measured"
        return {
            **answer, **{name: [] for name in ("cards", "tests", "recommendations", "top_signals", "goals")},
            "next_test": None, "reason": reason, "holdback": assignment,
        }  # fmt: skip

    def show(self, recommendation_id: str, *, workspace: str, unit: str | None = None) -> dict[str, Any]:
        """Freeze what a recommendation claims now, because somebody sees it; idempotent for one state and campaign.

        Raises:
            NotFound: no current recommendation has this id, and none was ever shown.
        """
        knowledge = self._store.knowledge(workspace)
        card = self._card(knowledge, recommendation_id)
        if card is not None:
            self._rows.show(workspace, recommendation_id, unit or "", knowledge.seq, self._now(), card)
        return self.history(recommendation_id, workspace=workspace)

    def record_feedback(
        self, recommendation_id: str, accepted: bool, note: str = "", *, workspace: str
    ) -> dict[str, Any]:
        """Note whether a recommendation was accepted; saying the same again changes nothing.

        Feedback on a recommendation that was never noted as shown freezes its claim first.

        Raises:
            NotFound: there never was such a recommendation.
        """
        if not self._rows.displays(workspace, recommendation_id):
            self.show(recommendation_id, workspace=workspace)
        self._rows.say(workspace, recommendation_id, accepted, note, self._now())
        return self.history(recommendation_id, workspace=workspace)

    def history(self, recommendation_id: str, *, workspace: str) -> dict[str, Any]:
        """What a recommendation claimed, whom it was shown, what was said, and what came of it.

        One that was not shown yet is `proposed`, with what it claims now; `as_of` and `pending` are today's. `seq` of
        what was shown is the state of knowledge it claimed from: the first that this was shown at is 1, the next 2.

        Raises:
            NotFound: no current recommendation has this id, and none was ever shown.
        """
        rows = self._rows.displays(workspace, recommendation_id)
        with self._store.snapshot(workspace) as snapshot:
            knowledge, freshness = snapshot.knowledge(), snapshot.freshness()
        claim = rows[-1]["claim"] if rows else self._card(knowledge, recommendation_id)
        if claim is None:
            raise NotFound(
                f"there is no recommendation '{recommendation_id}'", hint="GET /v1/recommendations lists what there is"
            )
        states = {seq: number for number, seq in enumerate(sorted({row["seq"] for row in rows}), start=1)}
        answers = self._rows.feedback(workspace, recommendation_id)
        measured = self._board(workspace)["advice"]["outcomes"]
        outcomes = [row for row in measured if row["recommendation_id"] == recommendation_id]
        state = "measured" if outcomes else "shown" if rows else "proposed"
        if answers and not outcomes:
            state = "accepted" if answers[-1]["accepted"] else "rejected"
        return {
            "recommendation_id": recommendation_id,
            **freshness,
            "state": state,
            "claim": claim,
            "shown": [
                {"unit": row["unit"] or None, "seq": states[row["seq"]], "shown_at": row["shown_at"]} for row in rows
            ],
            "feedback": answers,
            "outcomes": outcomes,
        }

    def register(self, request: ForecastRequest, *, workspace: str) -> dict[str, Any]:
        """Append forecasts to the register; one that is there already is not added again."""
        added = self._store.add_forecasts(workspace, [forecast.row() for forecast in request.forecasts])
        return {"received": len(request.forecasts), "added": added}

    def track_record(self, *, workspace: str) -> dict[str, Any]:
        """The scoreboard, as of the last campaign, with the last outcomes of advice; see `track_record.scoreboard`."""
        with self._store.snapshot(workspace) as snapshot:
            pending = snapshot.pending()
        board = self._board(workspace)
        advice = {name: part for name, part in board["advice"].items() if name != "outcomes"}
        recent = board["advice"]["outcomes"][-track_record.RECENT :]
        return {**board, "pending": pending, "advice": {**advice, "recent": recent}}

    def _board(self, workspace: str) -> dict[str, Any]:
        knowledge = self._store.knowledge(workspace)
        key = (self._store.last_seq(workspace), knowledge.epoch, knowledge.seq, len(self._rows.assignments(workspace)))
        cached = self._judged.get(workspace)
        if cached is None or cached[0] != key:
            cached = (key, self._scored(workspace, knowledge))
            self._judged[workspace] = cached
        return cached[1]

    def _scored(self, workspace: str, knowledge: Knowledge) -> dict[str, Any]:
        actuals: dict[str, Evidence] = {  # totals alone are judged; the cells of all campaigns would be gigabytes
            campaign_id: replace(evidence_by(decode(payload), day_of(knowledge.as_of)), cells=())
            for campaign_id, payload in self._store.live_evidence(workspace)
            if campaign_id not in knowledge.held  # a fault of tracking is nobody's error of forecast
        }
        board = track_record.scoreboard(
            self._rows.register(workspace),
            actuals,
            goal_metric=knowledge.goal_metric,
            established=self._rows.established(workspace),
            assignments=[
                assigned
                for assigned in self._rows.assignments(workspace)
                if not knowledge.goals or _same_goal(knowledge, actuals.get(assigned["unit"]))
            ],
        )
        if self._holdback <= 0:
            board["holdback"]["reason"] = holdback.NOTHING_HELD_BACK
        return {**board, "as_of": knowledge.as_of, "campaigns": len(actuals)}

    def _card(self, knowledge: Knowledge, recommendation_id: str) -> dict[str, Any] | None:
        """The current card with an id, of whatever goal and in whatever context it was made."""
        most = adherence.MOST_TRIED // len(knowledge.every_goal)
        for goal in knowledge.every_goal[::-1]:
            one = knowledge.of_kind(goal.kind)
            named = adherence.proposals(one, [recommendation_id], adherence.contexts_of(one), most)
            if recommendation_id in named:
                options = cards.build(one, *named[recommendation_id][2])
                known = (option.card for option in options if option.known)
                card = next((card for card in known if card.id == recommendation_id), None)
                if card is not None:
                    return asdict(card)
        return None

    def _similar(self, workspace: str, text: str) -> list[SimilarCampaign]:
        _, vector = self._memory.embed(text)
        return self._memory.similar(workspace, text, vector, limit=SIMILAR)

    def _now(self) -> str:
        return self._clock().isoformat(timespec="milliseconds")


def _same_goal(knowledge: Knowledge, campaign: Evidence | None) -> bool:
    """Whether a campaign, if it has run, counts what the largest goal counts: others cannot be compared with it."""
    return campaign is None or knowledge.kind_for(campaign) == knowledge.kind
