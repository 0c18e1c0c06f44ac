"""What every finding has in common."""

import pytest

from reflection.inference.findings.common import finding_id, impact, is_favorable


def test_a_claim_has_one_id_and_another_claim_another():
    assert finding_id("a", "b") == finding_id("a", "b")
    assert len({finding_id("a", "b"), finding_id("ab"), finding_id("a", "b", "c"), finding_id("b", "a")}) == 4
    assert finding_id("a").startswith("fnd_")


def test_more_is_good_unless_it_is_a_cost():
    assert is_favorable("ctr", 1.2)
    assert is_favorable("cpa", 0.8)
    assert not is_favorable("cpm", 1.2)


def test_impact_grows_with_size_certainty_and_reach():
    assert impact(1.5, 0.5, 0.0) > impact(1.2, 0.5, 0.0) > impact(1.2, 0.1, 0.0) > impact(1.2, 0.1, 0.5)
    assert impact(1.5, 0.5, 0.0) == pytest.approx(impact(1 / 1.5, 0.5, 0.0))
    assert impact(2.0, -1.0, 0.0) == 0.0
    assert impact(2.0, 7.0, 0.0) == impact(2.0, 1.0, 0.0)
