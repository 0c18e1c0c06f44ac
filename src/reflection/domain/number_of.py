"""A number of things as people say it: 1 campaign, 1,200 campaigns.

For sentences that are made where the facts are; those of reports and answers are in `explain`. Must not know what is
counted.
"""


def number_of(number: float, one: str, many: str = "") -> str:
    """``1 campaign``, ``1,200 campaigns``; `many` where it is more than an s ("rows lie" beside "row lies")."""
    return f"{number:,.0f} {one if number == 1 else many or f'{one}s'}"
