"""Money and conversions by month, added up by the database: one row for each month, currency and kind.

Functions on a connection somebody else opened. A figure is added where it was given, and how many gave it is counted
beside it. Must not write, nor know rates or what a kind means.
"""

from collections.abc import Collection, Mapping

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.engine import Connection

from reflection.store.campaigns_read import plain
from reflection.store.database.statements import Addends, JsonNumber, JsonText, total
from reflection.store.row_values import Row
from reflection.store.tables.campaigns import campaigns


def newest_day(connection: Connection, workspace: str) -> str | None:
    """Day of the newest campaign's timestamp (UTC); None where there is none."""
    newest = select(func.max(campaigns.c.timestamp)).where(campaigns.c.workspace == workspace)
    instant: str | None = connection.execute(newest).scalar_one()
    return None if instant is None else instant[:10]


def month_sums(connection: Connection, workspace: str, since: str, without: Collection[str]) -> list[Row]:
    """Sums of campaigns from a day on, without some: {month, currency, conversion_kind, objective, campaigns, spend,
    priced, conversions, counted, spend_of_counted}; `priced` gave a spend, `counted` a spend and conversions.
    """
    spend, conversions = _figure("spend"), _figure("conversions")
    paid = or_(spend > 0, conversions == 0)  # what came without spend has no cost
    both = and_(spend.is_not(None), conversions.is_not(None), paid)
    sums = {"spend": spend, "conversions": case((both, conversions)), "spend_of_counted": case((both, spend))}
    counts = {"priced": spend, "counted": case((both, conversions))}
    return _by_month(connection, workspace, sums, counts, without, campaigns.c.timestamp >= since)


def ratio_sums(connection: Connection, workspace: str, counts: tuple[str, ...], without: Collection[str]) -> list[Row]:
    """Sums of two figures over the campaigns that say both, without some: {month, currency, conversion_kind, objective,
    platform, campaigns, above, below, events}. What came without spend is left out where spend is one of them.

    Args:
        counts: the two, and what is counted to know how surely.
    """
    above, below, events = (_figure(name) for name in counts)
    conditions = [figure.is_not(None) for figure in (above, below)] + [_figure("spend") > 0] * ("spend" in counts)
    sums = {"above": above, "below": below, "events": events}
    return _by_month(connection, workspace, sums, {}, without, *conditions, by=(campaigns.c.platform,))


def _by_month(
    connection: Connection,
    workspace: str,
    sums: Mapping[str, ColumnElement[float]],
    counts: Mapping[str, ColumnElement[float]],
    without: Collection[str],
    *only: ColumnElement[bool],
    by: tuple[ColumnElement[str], ...] = (),
) -> list[Row]:
    """Sums of figures by month, currency, kind, objective and more, and how many campaigns gave those counted."""
    month, currency = func.substr(campaigns.c.timestamp, 1, 7), JsonText(campaigns.c.body, "$.currency")
    groups = (month, currency, campaigns.c.conversion_kind, campaigns.c.objective, *by)
    statement = (
        select(
            month.label("month"),
            currency.label("currency"),
            campaigns.c.conversion_kind,
            campaigns.c.objective,
            *by,
            func.count().label("campaigns"),
            *(Addends(figure).label(name) for name, figure in sums.items()),
            *(func.count(figure).label(name) for name, figure in counts.items()),
        )
        .where(campaigns.c.workspace == workspace, *only)
        .group_by(*groups)
        .order_by(*(group.nulls_first() for group in groups))
    )
    if without:
        statement = statement.where(campaigns.c.campaign_id.not_in(sorted(without)))
    rows = [plain(row) for row in connection.execute(statement).mappings()]
    return [{**row, **{name: total(row[name]) for name in sums}} for row in rows]


def _figure(name: str) -> ColumnElement[float]:
    return JsonNumber(campaigns.c.body, f"$.actual_metrics.{name}")
