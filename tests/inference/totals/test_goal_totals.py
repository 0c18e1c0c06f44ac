"""What follows from a fit is kept for as long as a workspace knows the same, and for few workspaces."""

from dataclasses import replace

import numpy as np

from reflection.domain.knowledge import Knowledge
from reflection.inference.totals.goal_totals import WORKSPACES, GoalTotals, LastFits
from reflection.inference.totals.total_effects import CONTEXTS, TotalEffects


def test_the_same_knowledge_is_worked_out_once_a_workspace():
    fits, known = LastFits(GoalTotals), Knowledge(seq=1)

    assert fits.of("one", known) is fits.of("one", known)
    assert fits.of("one", known) is not fits.of("another", known)


def test_what_is_learnt_anew_is_worked_out_anew_though_it_is_equal():
    fits, known = LastFits(GoalTotals), Knowledge(seq=1)
    before = fits.of("one", known)

    assert fits.of("one", replace(known)) is not before


def test_the_workspaces_that_asked_last_are_kept():
    fits, known = LastFits(GoalTotals), Knowledge(seq=1)
    first = fits.of("first", known)
    for number in range(WORKSPACES - 1):
        fits.of(f"other {number}", known)
    assert fits.of("first", known) is first

    for number in range(WORKSPACES):
        fits.of(f"further {number}", known)
    assert fits.of("first", known) is not first


def test_totals_do_not_depend_on_what_was_asked_before(video_works: Knowledge):
    kept = GoalTotals(video_works).effects(video_works.kind)
    for number in range(2 * CONTEXTS):  # more than are kept
        kept.of(video_works.bookables[:1], platform=f"platform:{number}")
    anew = TotalEffects(video_works, video_works.goal_metric)

    for platform in (None, "platform:meta", "platform:3"):
        for one, other in zip(
            kept.of(video_works.bookables, platform=platform),
            anew.of(video_works.bookables, platform=platform),
            strict=True,
        ):
            assert one.total == other.total
            assert np.array_equal(one.draws, other.draws)
