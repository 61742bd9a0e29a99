"""What may happen to a task between being sent and being done."""

import datetime
import json
import time
import uuid

from celery.exceptions import TaskRevokedError
from stage import until


def a_retry_keeps_the_id_and_counts(stage):
    result = stage.send("retry", 2, 2)
    document = stage.becomes(result.id, "RETRY")
    assert "attempt" in str(document["result"]["exc_message"]), document
    assert result.get(timeout=60) == 2
    assert stage.document(result.id)["status"] == "SUCCESS"


def retries_end_after_the_last_that_is_allowed(stage):
    result = stage.send("retry", 9, 0)
    document = stage.becomes(result.id, "FAILURE")
    assert "attempt 3" in str(document["result"]["exc_message"]), document


def a_countdown_and_an_eta_are_waited_for(stage):
    notes = stage.notes()
    began = time.time()
    stage.send("record", notes.path, "countdown", countdown=1.5)
    eta = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=2)
    stage.send("record", notes.path, "eta", eta=eta)
    until(lambda: len(notes.labels("end")) == 2)
    assert notes.labels() == ["countdown", "eta"]
    first, second = notes.times()
    assert 1.4 < first - began < 30 and 1.9 < second - began < 30, (first - began, second - began)


def what_expired_before_it_was_begun_is_revoked(stage):
    notes = stage.notes()
    result = stage.send("record", notes.path, "late", expires=0.5, countdown=1.5)
    document = stage.becomes(result.id, "REVOKED")
    assert document["result"]["exc_type"] == "TaskRevokedError", document
    assert notes.all() == []
    task_id = str(uuid.uuid4())
    heard = stage.results.pubsub()
    heard.subscribe("celery-task-meta-" + task_id)
    heard.get_message(timeout=60)
    stage.send("record", notes.path, "past", expires=-1, task_id=task_id)
    told = json.loads(until(lambda: heard.get_message(timeout=0.2))["data"])
    assert told["status"] == "REVOKED", "it was never begun"
    assert stage.send("record", notes.path, "early", expires=60).get(timeout=60) == "early"


def a_hard_time_limit_ends_a_task(stage):
    result = stage.send("sleep", 30, time_limit=1)
    assert stage.becomes(result.id, "FAILURE")["result"]["exc_type"] == "TimeLimitExceeded"
    assert stage.send("add", 1, 1).get(timeout=60) == 2


def a_soft_time_limit_fails_a_task(stage):
    result = stage.send("sleep", 30, soft_time_limit=1)
    document = stage.becomes(result.id, "FAILURE")
    assert document["result"]["exc_type"] == "SoftTimeLimitExceeded", document
    assert document["result"]["exc_message"] == [], document


def a_task_revoked_before_it_comes_is_not_done(stage):
    notes, task_id = stage.notes(), str(uuid.uuid4())
    stage.app.control.revoke(task_id, [stage.node], reply=True, timeout=30, limit=1)
    result = stage.send("record", notes.path, "a", task_id=task_id)
    stage.becomes(task_id, "REVOKED")
    try:
        result.get(timeout=60)
    except TaskRevokedError:
        pass
    else:
        raise AssertionError("whoever waits hears of it")
    assert notes.all() == []


def a_task_revoked_while_it_waits_for_its_time_is_not_done(stage):
    notes = stage.notes()
    result = stage.send("record", notes.path, "a", countdown=5)
    time.sleep(0.5)
    result.revoke()
    stage.becomes(result.id, "REVOKED")
    assert notes.all() == []


def a_task_is_terminated_while_it_runs(stage):
    notes = stage.notes()
    result = stage.send("record", notes.path, "a", 30)
    until(notes.labels)
    result.revoke(terminate=True)
    document = stage.becomes(result.id, "REVOKED")
    assert document["result"]["exc_message"] in (["terminated"], "terminated"), document
    assert notes.labels("end") == []
    assert stage.send("add", 1, 1).get(timeout=60) == 2


def tasks_are_revoked_by_their_stamps(stage):
    notes, tenant = stage.notes(), str(uuid.uuid4())
    stage.app.control.revoke_by_stamped_headers(
        {"tenant": [tenant]}, [stage.node], reply=True, timeout=30, limit=1
    )
    stamped = {"stamped_headers": ["tenant"], "stamps": {"tenant": [tenant]}}
    result = stage.send("record", notes.path, "a", headers=stamped)
    stage.becomes(result.id, "REVOKED")
    assert notes.all() == []


def a_worker_that_starts_later_knows_what_was_revoked(stage):
    notes, task_id = stage.notes(), str(uuid.uuid4())
    first = stage.worker()
    stage.app.control.revoke(task_id, [first.name], reply=True, timeout=30, limit=1)
    second = stage.worker()
    assert task_id in stage.ask("revoked", node=second.name)
    assert first.stop() == 0
    stage.send("record", notes.path, "a", task_id=task_id)
    stage.becomes(task_id, "REVOKED")
    assert notes.all() == []


def the_more_urgent_goes_first_and_then_whoever_came_first(stage):
    notes = stage.notes()
    for priority in (9, 6, 3, 0):
        for number in range(3):
            stage.send("record", notes.path, f"{priority}-{number}", priority=priority)
    stage.worker(concurrency=1)
    until(lambda: len(notes.labels("end")) == 12)
    assert notes.labels() == [f"{p}-{n}" for p in (0, 3, 6, 9) for n in range(3)]


def a_task_waits_for_its_queue_to_be_served(stage):
    stage.worker(queues="one,two")
    results = [stage.send("add", 1, n, queue=q) for n, q in enumerate(["one", "two", "one"])]
    assert [result.get(timeout=60) for result in results] == [1, 2, 3]
    stage.send("add", 1, 1, queue="three")
    time.sleep(1)
    assert stage.waiting("three") == 1


def a_task_that_outlasts_the_visibility_timeout_runs_once(stage):
    notes = stage.notes()
    for _ in range(2):
        stage.worker(visibility_timeout=5)
    stage.send("record_late", notes.path, "late", 11)
    stage.send("record", notes.path, "early", 11)
    stage.send("record_late", notes.path, "eta", countdown=11)
    until(lambda: len(notes.labels("end")) == 3, within=60)
    time.sleep(3)
    assert sorted(notes.labels()) == ["early", "eta", "late"], notes.labels()


def what_ran_in_a_killed_process_runs_again_however_it_is_acknowledged(stage):
    notes = stage.notes()
    first = stage.worker(visibility_timeout=3)
    for task in ("record", "record_late"):
        stage.send(task, notes.path, task, 4)
    until(lambda: len(notes.labels()) == 2)
    first.kill()
    stage.worker(visibility_timeout=3)
    until(lambda: len(notes.labels("end")) == 2, within=90)
    assert sorted(notes.labels()) == ["record", "record", "record_late", "record_late"]
