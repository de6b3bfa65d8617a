"""The order of a run: what can begin, what is passed over, how much is left."""

import pytest

from helpers.pipeline.schedule import Schedule

#: Two roads from one beginning to one end, the second much the longer.
NEEDS = {"derive": [], "height": ["derive"], "qol": ["derive"], "collect": ["height", "qol"], "publish": ["collect"]}
SECONDS = {"derive": 2.0, "height": 1.0, "qol": 9.0, "collect": 4.0, "publish": 3.0}


def schedule(*stale: str, seconds=SECONDS) -> Schedule:
    return Schedule(NEEDS, set(stale), seconds)


def order(run: Schedule, *, ran=lambda stage: True) -> list[str]:
    begun = []
    while stage := run.begin():
        begun.append(stage)
        run.end(stage, ran=ran(stage))
    return begun


def test_a_stage_begins_when_all_it_needs_has_ended_the_longest_way_first():
    run = schedule(*NEEDS)
    assert run.begin() == "derive"
    assert run.begin() is None
    run.end("derive", ran=True)
    assert [run.begin(), run.begin(), run.begin()] == ["qol", "height", None]
    run.end("height", ran=True)
    assert run.begin() is None
    run.end("qol", ran=True)
    assert run.begin() == "collect"


def test_what_is_up_to_date_is_passed_over_and_what_follows_a_stage_that_ran_is_not():
    run = schedule("height")
    assert order(run) == ["height", "collect", "publish"]
    assert run.outcome.skipped == ["derive", "qol"]


def test_a_stage_that_did_nothing_carries_nothing_along():
    run = schedule("height")
    assert order(run, ran=lambda stage: False) == ["height"]
    assert run.outcome.ran == {}
    assert set(run.outcome.skipped) == set(NEEDS)


def test_nothing_begins_where_nothing_is_stale():
    run = schedule()
    assert run.begin() is None
    assert set(run.outcome.skipped) == set(NEEDS)
    assert run.outcome.ran == {}


@pytest.mark.parametrize(("cores", "left"), [(1, 19.0), (2, 18.0), (8, 18.0)])  # all the work; the longest way
def test_what_is_left_is_the_work_over_the_cores_or_the_longest_way(cores, left):
    assert schedule(*NEEDS).seconds_left(cores) == pytest.approx(left)


def test_nothing_is_said_of_what_is_left_before_every_stage_has_been_timed():
    run = schedule("qol", seconds={"derive": 2.0})
    assert run.begin() == "qol"
    assert run.progress(2, {"qol": "5/22"}) == "qol 5/22 cells; 2 of 5 stages"


def test_the_progress_names_stages_their_cells_and_what_is_left():
    run = schedule("qol")
    run.begin()
    assert run.progress(2, {"qol": "5/22"}) == "qol 5/22 cells; 1 of 5 stages; about 16 s left"
