"""The thread behind the server: goes on after errors, and stops when told."""

import threading
import time

from reflection.engine.background import REST, Background


def _wait_until(condition, seconds=60.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.002)


def _never(name, error):
    raise AssertionError(name) from error


def test_work_is_repeated_until_it_is_stopped():
    done = []
    thread = Background("worker", lambda: done.append(1), _never, poll=0.001)
    thread.start()
    _wait_until(lambda: len(done) >= 3)
    thread.stop()
    after = len(done)
    time.sleep(0.02)
    assert len(done) == after


def test_an_error_is_reported_by_name_and_the_work_goes_on():
    calls, errors = [], []

    def work():
        calls.append(1)
        if len(calls) == 1:
            raise OSError("disk on fire")

    thread = Background("learner", work, lambda name, error: errors.append((name, str(error))), poll=0.001)
    thread.start()
    _wait_until(lambda: len(calls) >= 2)
    thread.stop()
    assert errors == [("learner", "disk on fire")]


def test_starting_twice_runs_one_thread():
    running = threading.Event()
    thread = Background("only-one", running.set, _never, poll=0.01)
    thread.start()
    thread.start()
    assert running.wait(60)
    assert sum(item.name == "only-one" for item in threading.enumerate()) == 1
    thread.stop()


def test_it_can_be_started_again_after_stopping():
    done = []
    thread = Background("again", lambda: done.append(1), _never, poll=0.001)
    thread.stop()
    for _ in range(2):
        before = len(done)
        thread.start()
        _wait_until(lambda before=before: len(done) > before)
        thread.stop()


def test_stopping_waits_for_the_work_in_hand():
    begun, finished = threading.Event(), []

    def work():
        begun.set()
        time.sleep(0.05)
        finished.append(1)

    thread = Background("slow", work, _never, poll=10)
    thread.start()
    assert begun.wait(60)
    thread.stop()
    assert finished == [1]


def test_long_work_is_followed_by_a_longer_rest():
    begun = []

    def work():
        begun.append(time.monotonic())
        time.sleep(0.03)

    thread = Background("resting", work, _never, poll=0.0)
    thread.start()
    _wait_until(lambda: len(begun) >= 2)
    thread.stop()
    assert begun[1] - begun[0] >= 0.03 * (1 + REST) * 0.9


def test_waking_it_ends_the_rest_and_starts_it_where_nobody_did():
    done = []
    thread = Background("sleeper", lambda: done.append(1), _never, poll=60)
    for times in (1, 2):
        thread.wake()
        _wait_until(lambda times=times: len(done) == times)
    thread.stop()


def test_waking_does_not_start_what_was_stopped():
    done = []
    thread = Background("stopped", lambda: done.append(1), _never, poll=0.001)
    thread.stop()
    thread.wake()
    assert not any(item.name == "stopped" for item in threading.enumerate())
    assert done == []


def test_stopping_does_not_wait_for_the_rest_to_end():
    done = []
    thread = Background("resting long", lambda: done.append(1), _never, poll=60)
    thread.start()
    _wait_until(lambda: done)
    began = time.monotonic()
    thread.stop()
    assert time.monotonic() - began < 30


def test_stopping_waits_no_longer_than_it_is_told_and_says_whether_it_ended():
    begun, release = threading.Event(), threading.Event()

    def work():
        begun.set()
        release.wait(30)

    thread = Background("endless", work, _never, poll=10)
    thread.start()
    assert begun.wait(60)
    thread.leave()
    assert not thread.going_on()
    assert not thread.stop(0.01)
    release.set()


def test_work_that_is_measured_by_the_processor_does_not_rest_for_its_waiting():
    begun, time_used = [], iter([0.0, 0.0])
    waiting = threading.Event()

    def work():
        begun.append(1)
        waiting.wait(0.2)

    thread = Background("learner", work, _never, poll=0.001, rest=3_600, clock=lambda: next(time_used, 0.0))
    thread.start()
    _wait_until(lambda: len(begun) >= 2)
    thread.stop()


def test_a_clock_that_is_set_forward_does_not_still_it():
    years = iter([0.0, *[3e10 * number for number in range(1, 100)]])
    done = threading.Event()
    background = Background("learner", done.set, _never, poll=0.001, rest=1.0, clock=lambda: next(years))
    background.start()
    assert done.wait(30)
    done.clear()
    background.wake()
    assert done.wait(30), "the thread has ended"
    assert background.stop(30)
