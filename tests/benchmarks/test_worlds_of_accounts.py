"""The worlds in which something is true of all campaigns are as they say."""

import dataclasses

from benchmarks.worlds_of_accounts import A_MONTH, WORLDS, evidence


def test_a_fall_is_planted_in_the_rows_since_then_alone():
    world = WORLDS["CVR x0.7 for all"]
    fell, same = evidence(world, 1), evidence(dataclasses.replace(world, fall=1.0), 1)
    before = world.since * A_MONTH

    assert fell[:before] == same[:before]
    assert sum(row.actual.conversions or 0 for row in fell) < 0.9 * sum(row.actual.conversions or 0 for row in same)
