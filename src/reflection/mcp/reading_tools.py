"""The eight tools that read: their arguments, the route each one asks, the short form of its answer.

Docstrings are what an agent reads before it chooses: one or two sentences each, since all of them are read at once.
"""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Literal

from mcp.server.mcpserver import Context
from pydantic import Field

from reflection.domain.creative_text import TEXT_GROUP
from reflection.domain.metrics import ModelledMetric
from reflection.mcp import views
from reflection.mcp.in_process import Routes, segment

Json = dict[str, Any]
RoutesOf = Callable[[Context], Routes]
Tool = Callable[..., Awaitable[Json]]

Many = Annotated[int, Field(ge=1, le=50)]
Few = Annotated[int, Field(ge=1, le=20)]
Day = Annotated[str, Field(description="YYYY-MM-DD", pattern=r"^\d{4}-\d{2}-\d{2}$")]
Plans = Annotated[list[Json], Field(min_length=1, max_length=20, description="as POST /v1/plans/evaluate takes them")]
Allocate = Annotated[Json | None, Field(description="{budget, bounds: {plan_id: {min, max}}}; names plans by plan_id")]


class ReadingTools:
    """The tools, asking the routes of whoever calls."""

    def __init__(self, routes_of: RoutesOf) -> None:
        self._routes_of = routes_of

    def all(self) -> tuple[Tool, ...]:
        """Every tool, in the order in which they are offered."""
        return (
            self.what_works,
            self.recall,
            self.explain_learning,
            self.list_campaigns,
            self.retrospective,
            self.evaluate_plans,
            self.recommend,
            self.track_record,
        )

    async def what_works(
        self,
        ctx: Context,
        metric: ModelledMetric | None = None,
        group: str | None = None,
        platform: str | None = None,
        goal: str | None = None,
        include_noise: bool = False,
        limit: Many = 20,
        cursor: str | None = None,
    ) -> Json:
        """What moves results beyond chance: effects as factors (1.0 = average) with 90 % intervals.

        `include_noise` adds what cannot be told from chance; `group="creative.text"`: what headlines and texts do.
        """
        routes = self._routes_of(ctx)
        if group == TEXT_GROUP:
            some = {"metric": metric, "findings_only": not include_noise, "limit": limit}
            return views.text_effects(await routes.get("/v1/creative-effects", **some))
        page = await routes.get(
            "/v1/effects",
            metric=metric,
            group=group,
            platform=platform,
            goal=goal,
            findings_only=not include_noise,
            joined=True,
            limit=limit,
            cursor=cursor,
        )
        return views.what_works(page)

    async def recall(
        self,
        ctx: Context,
        question: str,
        kind: Literal["campaign", "learning"] | None = None,
        platform: str | None = None,
        since: Day | None = None,
        limit: Few = 5,
    ) -> Json:
        """Earlier campaigns and learnings that fit a question in plain words, with how they turned out."""
        result = await self._routes_of(ctx).get(
            "/v1/memory/search",
            q=question,
            kind=kind,
            platform=platform,
            limit=limit,
            **{"from": None if since is None else f"{since}T00:00:00Z"},
        )
        return views.recall(result)

    async def explain_learning(self, ctx: Context, learning_id: str, as_of: str | None = None) -> Json:
        """One learning: its claim and state, the campaigns for and against it, its history and reviews."""
        return views.learning(await self._routes_of(ctx).get(f"/v1/learnings/{segment(learning_id)}", as_of=as_of))

    async def list_campaigns(
        self,
        ctx: Context,
        platform: str | None = None,
        objective: str | None = None,
        start: Day | None = None,
        end: Day | None = None,
        state: Literal["held", "pending", "learnt", "accepted"] | None = None,
        text: str | None = None,
        limit: Many = 20,
        cursor: str | None = None,
    ) -> Json:
        """Stored campaigns, the newest first; `state="held"` lists those kept out of learning as likely faults."""
        page = await self._routes_of(ctx).get(
            "/v1/campaigns",
            platform=platform,
            objective=objective,
            state=state,
            q=text,
            since=None if start is None else f"{start}T00:00:00Z",
            until=None if end is None else f"{end}T23:59:59.999999Z",
            limit=limit,
            cursor=cursor,
        )
        return views.campaign_list(page)

    async def retrospective(self, ctx: Context, campaign_id: str) -> Json:
        """How a campaign did against its forecast: five lines, what moved (better, worse or noise), and why."""
        routes, path = self._routes_of(ctx), f"/v1/campaigns/{segment(campaign_id)}"
        report = await routes.get(f"{path}/report", format="json")
        return views.retrospective(report, await routes.get(path))

    async def evaluate_plans(self, ctx: Context, plans: Plans, allocate: Allocate = None) -> Json:
        """What 1 to 20 planned campaigns will probably do: intervals, odds of target and of beating the average.

        `identified` false means the data cannot tell. `allocate` {budget, bounds} also spreads money over the plans;
        `extrapolated` amounts are guesses. Nothing is stored.
        """
        routes = self._routes_of(ctx)
        answer = views.plans(await routes.post("/v1/plans/evaluate", {"plans": plans}))
        if allocate is None:
            return answer
        return answer | views.allocation(await routes.post("/v1/plans/allocate", {"plans": plans, **allocate}))

    async def recommend(
        self, ctx: Context, platform: str | None = None, objective: str | None = None, campaign_id: str | None = None
    ) -> Json:
        """What to do next, by lane, with odds, money and evidence, and the test that would settle most."""
        answer = await self._routes_of(ctx).get(
            "/v1/recommendations", platform=platform, objective=objective, campaign_id=campaign_id
        )
        return views.recommendations(answer)

    async def track_record(self, ctx: Context, issuer: str | None = None) -> Json:
        """How right past forecasts, findings and advice were; an issuer's name gives each platform."""
        return views.track_record(await self._routes_of(ctx).get("/v1/track-record"), issuer)
