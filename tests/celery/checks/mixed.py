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
    until(lambda: len(notes.labels("end")) == 40, within=30)
    assert len(notes.labels()) == 40
    assert {note["node"] for note in notes.all()} == {ours.name, pythons.name}
    answers = stage.app.control.ping(timeout=2, limit=2)
    assert {name for answer in answers for name in answer} == {ours.name, pythons.name}


def a_message_handed_back_by_one_runs_on_the_other(stage):
    notes = stage.notes()
    for first, second in ((stage.python, stage.worker), (stage.worker, stage.python)):
        one = first()
        result = stage.send("record", notes.path, first.__name__, countdown=5)
        until(lambda: stage.waiting() == 0)
        time.sleep(0.5)
        assert one.stop() == 0
        other = second()
        assert result.get(timeout=30) == first.__name__
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
    until(lambda: len(notes.labels()) == 2, within=40)
