"""Whom a campaign meets is read off what people called it."""

import pytest

from reflection.domain.audience_role import ANYBODY, BRAND, RETARGETING, role_of


@pytest.mark.parametrize(
    ("name", "role"),
    [("Google | Brand | exact", BRAND), ("search_brand_de", BRAND), ("Marke exakt", BRAND),
     ("Non-brand search", ANYBODY), ("NonBrand Search", ANYBODY), ("Brand awareness video", ANYBODY),
     ("Brandenburg spring", ANYBODY), ("RTG cart abandoners", RETARGETING), ("Re-targeting 30d", RETARGETING),
     ("meta_remarketing_2026", RETARGETING), ("Lookalike 1 %", ANYBODY), ("Prospecting", ANYBODY)],
)  # fmt: skip
def test_a_name_says_it(name: str, role: str) -> None:
    assert role_of([name], []) == role


def test_audiences_say_it_only_together() -> None:
    assert role_of(["Spring"], ["Website visitors", "Warm list"]) == RETARGETING
    assert role_of(["Spring"], ["Website visitors", "Lookalike"]) == ANYBODY
    assert role_of(["Spring"], []) == ANYBODY
