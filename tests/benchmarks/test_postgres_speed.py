"""What the rounds of the benchmark on Postgres are added up to, and what its closing sentence says of them."""

from types import ModuleType


def test_rounds_are_added_up_and_held_against_what_was_asked(postgres_speed: ModuleType, streams: ModuleType) -> None:
    def met(milliseconds: float, rate: float, fresh: float) -> object:
        streams_met = [streams.Stream([milliseconds / 1000] * 4, rate, 0), streams.Stream([0.5] * 2, rate, 1)]
        return postgres_speed.Met(streams_met, [fresh] * 4)

    table = {
        (postgres_speed.FILE, 1): met(40, 20, 2.0), (postgres_speed.FILE, 8): met(200, 40, 2.0),
        (postgres_speed.SERVER, 1): met(50, 18, 2.5), (postgres_speed.SERVER, 8): met(220, 36, 2.5),
        (postgres_speed.FLEET, 1): met(60, 18, 2.5), (postgres_speed.FLEET, 8): met(210, 54, 2.5),
    }  # fmt: skip

    _, _, *rows = postgres_speed._lines(table)

    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]
    assert cells[2] == [postgres_speed.SERVER, "1", "6", "50.0", "500.0", "1.25", "18.0", "1.00", "1", "2.5", "2.5"]
    assert cells[3][7] == "2.00"
    assert postgres_speed._verdict(table) == (
        "Postgres takes 1.25 times SQLite's p50 with one client (asked: at most 1.5), answers 2.00 times as many "
        "requests with 8 (asked: 1.8), and a campaign counts after 2.5 s (SQLite 2.0 s). Two processes and two workers "
        "answer 1.50 times as many as one of each with 8."
    )
