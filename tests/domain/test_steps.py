"""Work ends at the first step after who asked for it left, whichever step that is; what stores goes on."""

from contextvars import copy_context

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reflection.domain.steps import NobodyWaits, in_steps, step, to_the_end, work_until


@given(st.integers(0, 20), st.integers(0, 25))
def test_work_ends_at_the_first_step_after_who_asked_left(steps: int, leaving_after: int) -> None:
    done = list[int]()

    def work() -> str:
        done.extend(in_steps(range(steps)))
        return "an answer"

    if leaving_after >= steps:
        assert work_until(lambda: len(done) >= leaving_after, work) == "an answer"
    else:
        with pytest.raises(NobodyWaits):
            work_until(lambda: len(done) >= leaving_after, work)
    assert done == list(range(min(steps, leaving_after)))


def test_what_is_done_to_the_end_has_no_steps_and_the_next_work_has() -> None:
    def stores() -> str:
        to_the_end()
        step()
        return "stored"

    assert work_until(lambda: True, stores) == "stored"
    with pytest.raises(NobodyWaits):
        work_until(lambda: True, step)


def test_work_that_nobody_asked_for_goes_on() -> None:
    copy_context().run(step)
    assert list(in_steps("abc")) == list("abc")
