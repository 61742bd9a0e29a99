"""Our workers and Python's on the same queues."""

import random
import time

from stage import until


def killed_and_started_at_will_nothing_is_lost(stage):
    notes = stage.notes()
    start = [stage.worker, stage.python]
    fleet = [stage.worker(visibility_timeout=5), stage.python()]
    tasks = 60
    for number in range(tasks):
        stage.send("record_late", notes.path, str(number), 0.3)
    for turn in range(3):
        time.sleep(1)
        victim = fleet.pop(random.randrange(len(fleet)))
        victim.kill()
        fleet.append(start[turn % 2]())
    for ours in [stage.worker(visibility_timeout=5), stage.worker(visibility_timeout=5)]:
        fleet.append(ours)
    until(lambda: len(set(notes.labels("end"))) == tasks, within=60)
    doubled = len(notes.labels()) - tasks
    # Each killed worker ran two.
    assert doubled <= 6, sorted(notes.labels())


def both_take_from_one_queue_and_know_what_was_revoked(stage):
    notes = stage.notes()
    ours, pythons = stage.worker(), stage.python()
    for number in range(40):
        stage.send("record", notes.path, str(number), 0.1)
    until(lambda: len(notes.labels("end")) == 40, within=60)
    assert len(notes.labels()) == 40
    assert {note["node"] for note in notes.all()} == {ours.name, pythons.name}
    answers = stage.app.control.ping(timeout=30, limit=2)
    assert {name for answer in answers for name in answer} == {ours.name, pythons.name}


def a_message_handed_back_by_one_runs_on_the_other(stage):
    notes = stage.notes()
    for first, second in ((stage.python, stage.worker), (stage.worker, stage.python)):
        one = first()
        result = stage.send("record", notes.path, first.__name__, countdown=8)
        retried = stage.send("retry", 2, 8)
        until(lambda: stage.waiting() == 0)
        stage.becomes(retried.id, "RETRY")
        time.sleep(0.5)
        assert one.stop() == 0
        assert stage.waiting() == 2
        other = second()
        assert result.get(timeout=60) == first.__name__
        assert retried.get(timeout=60) == 2
        assert other.stop() == 0
    assert notes.labels() == ["python", "worker"]


def what_a_dead_python_worker_left_is_done_by_ours(stage):
    notes = stage.notes()
    python = stage.python(concurrency=1)
    stage.send("record_late", notes.path, "left", 30)
    until(notes.labels)
    python.kill()
    assert stage.redis.hlen("unacked") == 1
    stage.worker(visibility_timeout=3)
    until(lambda: len(notes.labels()) == 2, within=90)


def what_a_killed_worker_of_ours_held_is_done_by_python(stage):
    """With nobody of ours left: what ran, what was fetched, and what waited for its time."""
    notes = stage.notes()
    python = stage.python(visibility_timeout=10)
    ours = stage.worker(visibility_timeout=10)
    labels = [str(number) for number in range(16)]
    for label in labels:
        stage.send("record_late", notes.path, label, 0.4)
    # Sooner than the timeout: what Python's worker holds for longer it puts back itself, and doubles.
    retried = stage.send("retry", 1, 4)
    later = stage.send("record", notes.path, "later", countdown=4)
    until(lambda: ours.name in {note["node"] for note in notes.all()})
    time.sleep(0.5)
    ours.kill()
    until(lambda: set(notes.labels("end")) == {*labels, "later"}, within=90)
    until(lambda: retried.ready() and later.ready(), within=60)
    # It ran two, and those alone run again.
    assert len(notes.labels()) <= len(labels) + 1 + 2, sorted(notes.labels())
    assert python.stop() == 0
    assert not stage.redis.exists(stage.prefix + "unacked")
    # What ours still has of it counts no more.
    stage.worker(visibility_timeout=10)
    time.sleep(16)
    assert len(notes.labels("end")) == len(labels) + 1, sorted(notes.labels("end"))


def what_ours_hold_stays_theirs_while_they_live(stage):
    """However short the visibility timeout of Python's workers beside them is."""
    notes = stage.notes()
    ours = stage.worker(visibility_timeout=6)
    python = stage.python(visibility_timeout=6)
    assert "ok" in stage.tell("cancel_consumer", node=python.name, queue="interop")
    stage.send("record_late", notes.path, "long", 15)
    stage.send("record", notes.path, "later", countdown=10)
    until(lambda: "long" in notes.labels("end"), within=60)
    assert notes.labels() == ["long", "later"]
    assert {note["node"] for note in notes.all()} == {ours.name}
