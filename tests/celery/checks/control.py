"""Remote control, by the real client."""

import os
import time
import uuid

from stage import until

INFO = {
    "id", "name", "args", "kwargs", "type", "hostname", "time_start", "acknowledged",
    "delivery_info", "worker_pid",
}  # fmt: skip


def is_of_a_task(info, worker, result):
    assert INFO <= set(info), INFO - set(info)
    assert info["id"] == result.id and info["hostname"] == worker.name, info


def workers_answer_to_their_names_and_to_patterns(stage):
    def ping(**how):
        return stage.app.control.broadcast("ping", reply=True, timeout=1, **how)

    answer = [{stage.node: {"ok": "pong"}}]
    until(lambda: ping() == answer)
    until(lambda: ping(destination=[stage.node]) == answer)
    assert ping(destination=["nobody@nowhere"]) == []
    until(lambda: ping(pattern="sha*", matcher="glob") == answer)
    assert ping(pattern="^zzz", matcher="pcre") == []
    # Other clients may be waiting for their replies just now.
    replies = stage.app.control.mailbox.reply_queue.name
    assert not stage.redis.exists(replies), stage.redis.lrange(replies, 0, -1)


def what_runs_and_what_waits_is_told(stage):
    worker = stage.worker(concurrency=1)
    running = stage.send("sleep", 60)
    stage.becomes(running.id, "STARTED")
    waiting, later = stage.send("add", 1, 1), stage.send("add", 1, 1, countdown=60)
    (active,) = stage.ask("active", node=worker.name)
    is_of_a_task(active, worker, running)
    assert isinstance(active["time_start"], float) and active["name"] == "interop.sleep"
    (reserved,) = until(lambda: stage.ask("reserved", node=worker.name))
    is_of_a_task(reserved, worker, waiting)
    (scheduled,) = until(lambda: stage.ask("scheduled", node=worker.name))
    is_of_a_task(scheduled["request"], worker, later)
    assert set(scheduled) >= {"eta", "priority"}, scheduled
    queried = stage.ask("query_task", running.id, node=worker.name)
    state, info = queried[running.id]
    assert state == "active"
    is_of_a_task(info, worker, running)
    assert stage.ask("query_task", "nobody", node=worker.name) == {}
    running.revoke(terminate=True)
    stage.becomes(running.id, "REVOKED")


def tasks_queues_and_numbers_are_told(stage):
    stage.send("add", 1, 1).get(timeout=60)
    names = [line.split(" ")[0] for line in stage.ask("registered")]
    assert names == sorted(names) and {"interop.add", "interop.retry"} <= set(names)
    (queue,) = stage.ask("active_queues")
    assert queue["name"] == queue["routing_key"] == queue["exchange"]["name"] == "interop"
    stats = stage.ask("stats")
    assert stats["total"]["interop.add"] >= 1 and isinstance(stats["uptime"], int)
    assert stats["pool"]["max-concurrency"] == 8 and stats["broker"]["transport"] == "redis"
    assert isinstance(stage.ask("report")["ok"], str)
    assert isinstance(stage.ask("clock")["clock"], int)
    greeted = stage.tell("hello", from_node="other@node", revoked=[])
    assert isinstance(greeted["clock"], int) and "revoked" in greeted


def the_configuration_is_told_without_secrets(stage):
    assert isinstance(stage.ask("conf"), dict)
    assert "password" not in str(stage.ask("conf")).lower()


def queues_are_added_and_cancelled(stage):
    worker = stage.worker()

    def served():
        return {queue["name"] for queue in stage.ask("active_queues", node=worker.name)}

    assert "ok" in stage.tell("add_consumer", node=worker.name, queue="extra")
    until(lambda: served() == {"interop", "extra"})
    assert stage.send("add", 1, 1, queue="extra").get(timeout=60) == 2
    assert "ok" in stage.tell("cancel_consumer", node=worker.name, queue="extra")
    until(lambda: served() == {"interop"})
    time.sleep(3)
    stage.send("add", 1, 1, queue="extra")
    time.sleep(1)
    assert stage.waiting("extra") == 1
    tell = {"queue": "bound", "exchange": "posts", "exchange_type": "direct", "routing_key": "new"}
    assert "ok" in stage.tell("add_consumer", node=worker.name, **tell)
    (bound,) = [q for q in stage.ask("active_queues", node=worker.name) if q["name"] == "bound"]
    assert (bound["exchange"]["name"], bound["routing_key"]) == ("posts", "new"), bound
    posted = stage.app.send_task("interop.add", [1, 1], exchange="posts", routing_key="new")
    assert posted.get(timeout=15) == 2


def a_rate_limit_is_kept_and_taken_back(stage):
    worker, notes = stage.worker(concurrency=4), stage.notes()

    def limit(rate, task="interop.record"):
        return stage.tell("rate_limit", node=worker.name, task_name=task, rate_limit=rate)

    assert "ok" in limit("2/s")
    for number in range(5):
        stage.send("record", notes.path, str(number))
    until(lambda: len(notes.labels("end")) == 5)
    times = notes.times()
    assert 1.8 < max(times) - min(times) < 30, times
    assert "ok" in limit("0")
    assert "error" in limit("1/s", task="no.such") and "error" in limit("1/parsec")


def a_time_limit_holds_for_what_is_begun_from_then_on(stage):
    worker = stage.worker()

    def limit(hard, soft=None, task="interop.sleep"):
        arguments = {"task_name": task, "hard": hard, "soft": soft}
        return stage.tell("time_limit", node=worker.name, **arguments)

    assert "ok" in limit(1)
    result = stage.send("sleep", 30)
    assert stage.becomes(result.id, "FAILURE")["result"]["exc_type"] == "TimeLimitExceeded"
    assert "ok" in limit(None) and "error" in limit(1, task="no.such")


def the_pool_grows_and_shrinks(stage):
    worker = stage.worker(concurrency=2)

    def size():
        pool = stage.ask("stats", node=worker.name)["pool"]
        return max(pool["max-concurrency"], len(pool.get("processes") or []))

    assert "ok" in stage.tell("pool_grow", node=worker.name, n=2)
    until(lambda: size() == 4)
    notes = stage.notes()
    for number in range(4):
        stage.send("record", notes.path, str(number), 30)
    until(lambda: len(notes.labels()) == 4, within=25)
    assert "ok" in stage.tell("pool_shrink", node=worker.name, n=3)
    until(lambda: size() == 1)


def what_makes_no_sense_is_answered_with_a_sentence(stage):
    for command in ("frobnicate", "pool_restart"):
        answer = stage.tell(command)
        assert "error" in answer, (command, answer)
    assert stage.send("add", 1, 1).get(timeout=60) == 2


def broken_requests_do_no_harm(stage):
    key = "_kombu.binding.celery.pidbox"
    assert stage.redis.exists(key)
    channel = "/0.celery.pidbox"
    for message in ("", "not json", "[]", "{}", '{"body": 7}', '{"body": "bm8=", "properties": 1}'):
        stage.redis.publish(channel, message)
    stage.redis.publish(channel, os.urandom(1000))
    assert stage.ask("ping") == {"ok": "pong"}
    gone = str(uuid.uuid4())
    stage.app.control.broadcast("revoke", arguments={"task_id": 7, "terminate": {"a": []}})
    assert "ok" in stage.tell("revoke", task_id=gone)
    assert gone in stage.ask("revoked")
