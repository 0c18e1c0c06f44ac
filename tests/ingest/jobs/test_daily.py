"""Spend a day: the latest file counts, missing days are gaps and not zeros, money of two currencies stays apart."""

from reflection.ingest.jobs.daily import daily_spend
from reflection.ingest.jobs.register import Days


def row(day: str, spend: float | None, name: str = "brand", last: str = "", platform: str = "Meta") -> list[object]:
    return [name, day, last or day, 100, 10, 1.0, spend, None, platform]


def test_days_are_added_up_and_a_day_nobody_reported_is_a_gap() -> None:
    days = [row("2026-01-01", 5.0), row("2026-01-01", 2.5, "video"), row("2026-01-04", 0.0), row("2026-01-05", None)]

    assert daily_spend([Days("meta", "Meta", days, "EUR")]) == {
        "items": [
            {
                "platform": "Meta",
                "currency": "EUR",
                "days": [
                    {"day": "2026-01-01", "spend": 7.5, "campaigns": 2, "restated": False},
                    {"day": "2026-01-04", "spend": 0.0, "campaigns": 1, "restated": False},
                    {"day": "2026-01-05", "spend": None, "campaigns": 1, "restated": False},
                ],
                "gaps": [("2026-01-02", "2026-01-03")],
            }
        ]
    }


def test_a_later_file_restates_a_day() -> None:
    files = [Days("meta", "Meta", [row("2026-01-01", spend), row("2026-01-02", 1.0)], "EUR") for spend in (5.0, 6.0)]
    (item,) = daily_spend(files)["items"]

    assert [(day["spend"], day["restated"]) for day in item["days"]] == [(6.0, True), (1.0, False)]


def test_rows_of_longer_periods_say_nothing_of_single_days() -> None:
    assert daily_spend([Days("meta", "Meta", [row("2026-01-01", 5.0, last="2026-01-31")])]) == {"items": []}
    assert daily_spend([]) == {"items": []}


def test_currencies_are_never_added_and_mixed_files_say_no_amount() -> None:
    files = [
        Days("meta", "Meta", [row("2026-01-01", 5.0)], "EUR"),
        Days("meta", "Meta", [row("2026-01-01", 900.0)], "USD"),
        Days("google", "Google", [row("2026-01-01", 7.0, platform="Google")], None, mixed=True),
    ]
    items = daily_spend(files)["items"]

    assert [(item["platform"], item["currency"], item["days"][0]["spend"]) for item in items] == [
        ("Meta", "USD", 900.0), ("Meta", "EUR", 5.0), ("Google", None, None),
    ]  # fmt: skip


def test_only_the_last_days_are_told() -> None:
    days = [row(f"2026-01-{day:02}", 1.0) for day in range(1, 31)]
    (item,) = daily_spend([Days("meta", "Meta", days)], days=7)["items"]

    assert [day["day"] for day in item["days"]] == [f"2026-01-{day}" for day in range(24, 31)]
