"""How a worker ends."""

import json
import signal
import time

from stage import QUEUES, until


def a_warm_shutdown_finishes_what_runs_and_hands_back_the_rest(stage):
    for end in ("signal", "control"):
        notes = stage.notes()
        worker = stage.worker(concurrency=1)
        results = [stage.send("record", notes.path, str(n), 1.5) for n in range(4)]
        until(notes.labels)
        time.sleep(0.3)
        if end == "signal":
            assert worker.stop() == 0
        else:
            stage.app.control.broadcast("shutdown", destination=[worker.name])
            assert worker.ends() == 0
        assert notes.labels("end") == ["0"]
        for message in map(json.loads, stage.redis.lrange(QUEUES, 0, -1)):
            assert message["headers"]["redelivered"] is True, message
            assert message["properties"]["delivery_info"]["redelivered"] is True, message
        assert stage.becomes(results[0].id, "SUCCESS")["result"] == "0"
        other = stage.worker(concurrency=1)
        until(lambda: len(notes.labels("end")) == 4)
        assert notes.labels() == ["0", "1", "2", "3"], "in their order, and once"
        assert other.stop() == 0


def a_second_signal_ends_at_once_and_what_ran_runs_again(stage):
    notes = stage.notes()
    worker = stage.worker(concurrency=1)
    stage.send("record", notes.path, "a", 12)
    until(notes.labels)
    worker.child.send_signal(signal.SIGINT)
    time.sleep(0.5)
    began = time.time()
    worker.stop(signal.SIGINT)
    assert time.time() - began < 9
    stage.worker(visibility_timeout=3)
    until(lambda: notes.labels("end"), within=90)
    assert notes.labels() == ["a", "a"]


def a_soft_shutdown_waits_for_what_runs_before_it_is_given_back(stage):
    notes = stage.notes()
    worker = stage.worker(soft_shutdown_timeout=5)
    short = stage.send("record", notes.path, "short", 1.5)
    stage.send("record", notes.path, "long", 12)
    until(lambda: len(notes.labels()) == 2)
    assert worker.stop(signal.SIGQUIT) == 1
    assert notes.labels("end") == ["short"]
    assert stage.document(short.id)["status"] == "SUCCESS"
    stage.worker()
    until(lambda: sorted(notes.labels("end")) == ["long", "short"], within=90)
    assert sorted(notes.labels()) == ["long", "long", "short"]
