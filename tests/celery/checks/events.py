"""Events, as the real receiver hears them."""

import os
import threading
import time
import uuid

from beat import beat
from celery import chain
from celery.events.state import State
from producer import produced
from stage import until

ALWAYS = {"type", "hostname", "timestamp", "pid", "clock"}
PROBE = "check-listens"


class Heard:
    """Whatever is said from now on."""

    def __init__(self, stage):
        self.stage, self.events, self.state = stage, [], State()
        self.listens = threading.Event()

    def __enter__(self):
        self.connection = self.stage.app.connection_for_read()
        self.receiver = self.stage.app.events.Receiver(self.connection, {"*": self.hear})
        threading.Thread(target=self.listen, daemon=True).start()
        with self.stage.app.events.default_dispatcher() as dispatcher:
            # It listens once it hears us.
            until(lambda: dispatcher.send(PROBE) or self.listens.wait(0.1))
        return self

    def __exit__(self, *_):
        self.receiver.should_stop = True

    def listen(self):
        self.receiver.capture(limit=None, timeout=None, wakeup=False)

    def hear(self, event):
        if event["type"] == PROBE:
            self.listens.set()
            return
        self.events.append(dict(event))
        self.state.event(event)

    def all(self, **like):
        return [e for e in list(self.events) if all(e.get(k) == v for k, v in like.items())]

    def one(self, *fields, within=60, **like):
        """The first event that is like this, with these fields."""
        event = until(lambda: self.all(**like), within)[0]
        missing = (ALWAYS | set(fields)) - set(event)
        assert not missing, (event, missing)
        return event


WORKER = ["freq", "active", "processed", "loadavg", "sw_ident", "sw_ver", "sw_sys"]


def a_worker_says_that_it_comes_lives_and_goes(stage):
    with Heard(stage) as heard:
        worker = stage.worker()
        heard.one(*WORKER, type="worker-online", hostname=worker.name)
        heard.one(*WORKER, type="worker-heartbeat", hostname=worker.name)
        assert heard.state.workers[worker.name].alive
        assert worker.stop() == 0
        heard.one(*WORKER, type="worker-offline", hostname=worker.name)
        assert not heard.state.workers[worker.name].alive


def what_is_sent_is_told_of_by_whoever_sends_it(stage):
    """The real client is the measure of a worker, a client and a beat."""
    stage.app.conf.task_send_sent_event = True
    os.environ["SENT_EVENT"] = "1"
    worker = stage.worker()
    with Heard(stage) as heard:

        def told(**like):
            event = heard.one(type="task-sent", **like)
            assert event["hostname"].startswith("gen"), event
            return {key: event[key] for key in set(event) - {"utcoffset", "local_received"}}

        def are_alike(event, other, *but):
            assert set(event) == set(other), set(event) ^ set(other)
            differ = {key for key in event if event[key] != other[key]}
            assert differ <= {"hostname", "pid", "clock", "timestamp", "uuid", *but}, (event, other)

        parts = chain(stage.sign("add", 1, 2), stage.sign("add", 10))()
        first, second = told(uuid=parts.parent.id), told(uuid=parts.id)
        are_alike(second, first, "parent_id", "args")
        assert second["parent_id"] == second["root_id"] == first["uuid"]
        assert (first["args"], second["args"]) == ("(1, 2)", "(3, 10)")
        assert second["pid"] == worker.child.pid

        options = {"priority": 6, "shadow": "nice", "expires": "2040-01-01T00:00:00+00:00"}
        options["eta"] = "2039-01-01T00:00:00+00:00"
        pythons = told(uuid=stage.send("echo", "ž", None, kwargs={"k": 1}, **options).id)
        (ours,) = produced(
            stage, {"task": "echo", "args": ["ž", None], "kwargs": {"k": 1}, "options": options}
        )
        are_alike(told(uuid=ours["id"]), pythons, "root_id")

        beat(stage, {"one": {"task": "echo", "schedule": 1, "args": ["tick"]}})
        are_alike(told(args="('tick',)"), told(uuid=stage.send("echo", "tick").id), "root_id")


def a_task_is_received_started_and_succeeds(stage):
    with Heard(stage) as heard:
        result = stage.send("add", 2, 3)
        succeeded = heard.one("result", "runtime", type="task-succeeded", uuid=result.id)
        assert succeeded["result"] == "5" and succeeded["hostname"] == stage.node
        told = ["name", "args", "kwargs", "root_id", "parent_id", "retries", "eta", "expires"]
        received = heard.one(*told, type="task-received", uuid=result.id)
        assert received["name"] == "interop.add" and received["root_id"] == result.id
        assert received["eta"] is None and received["expires"] is None, received
        assert "2" in received["args"] and "3" in received["args"]
        events = [e for e in heard.all(uuid=result.id) if e["type"] != "task-sent"]
        assert [e["type"] for e in events] == ["task-received", "task-started", "task-succeeded"]
        clocks = [e["clock"] for e in events]
        assert clocks == sorted(set(clocks)), clocks
        assert heard.state.tasks[result.id].state == "SUCCESS"


def a_failure_and_a_retry_say_why(stage):
    with Heard(stage) as heard:
        failing, trying = stage.send("fail", "kaput"), stage.send("retry", 1, 0)
        failed = heard.one("exception", "traceback", type="task-failed", uuid=failing.id)
        assert "kaput" in failed["exception"] and isinstance(failed["traceback"], str)
        retried = heard.one("exception", "traceback", type="task-retried", uuid=trying.id)
        assert "attempt 0" in retried["exception"]
        heard.one(type="task-succeeded", uuid=trying.id)
        received = heard.all(type="task-received", uuid=trying.id)
        assert [event["retries"] for event in received] == [0, 1]


def a_rejection_says_whether_the_task_is_offered_again(stage):
    python = stage.python(queues="pythons", concurrency=1)
    with Heard(stage) as heard:

        def told(queue):
            result = stage.send("reject", 2, queue=queue)
            heard.one("requeue", type="task-rejected", requeue=False, uuid=result.id)
            heard.one("exception", "traceback", type="task-failed", uuid=result.id)
            assert heard.state.tasks[result.id].state == "FAILURE"
            telling = ("type", "requeue", "retries", "exception")
            events = [e for e in heard.all(uuid=result.id) if e["type"] != "task-sent"]
            return [{key: e[key] for key in telling if key in e} for e in events]

        ours = told("interop")
        assert [e["requeue"] for e in ours if e["type"] == "task-rejected"] == [True, True, False]
        assert ours == told("pythons"), ours
    assert python.stop() == 0


def what_was_revoked_terminated_or_expired_says_which(stage):
    with Heard(stage) as heard:

        def revoked(result):
            fields = ("terminated", "signum", "expired")
            event = heard.one(*fields, type="task-revoked", uuid=result.id)
            return event["terminated"], event["signum"], event["expired"]

        def runs():
            running = stage.send("sleep", 30)
            heard.one(type="task-started", uuid=running.id)
            return running

        waiting = stage.send("add", 1, 1, countdown=5)
        time.sleep(0.3)
        waiting.revoke()
        assert revoked(waiting) == (False, None, False)
        assert revoked(stage.send("add", 1, 1, expires=-1)) == (False, None, True)
        for signal, number in (None, 15), ("SIGKILL", 9), ("USR1", 10), (2, 2):
            running = runs()
            running.revoke(terminate=True, signal=signal)
            assert revoked(running) == (True, number, False)
        running = runs()
        answer = stage.tell("terminate", task_id=running.id, signal="BOGUS")
        assert "a signal" in answer["error"], answer
        assert stage.celery("control", "terminate", "KILL", running.id).returncode == 0
        assert revoked(running) == (True, 9, False)


def what_is_turned_away_at_the_door_is_not_received(stage):
    python = stage.python(queues="pythons")
    with Heard(stage) as heard:

        def told(task_id, last):
            heard.one(type=last, uuid=task_id)
            of_the_task = [e["type"] for e in heard.all(uuid=task_id)]
            return [each for each in of_the_task if each != "task-sent"]

        def all_told(queue):
            unknown = stage.app.send_task("interop.nobody_knows", queue=queue)
            late = stage.send("add", 1, 1, expires=-1, queue=queue)
            revoked, waiting = str(uuid.uuid4()), stage.send("add", 1, 1, countdown=2, queue=queue)
            time.sleep(0.5)
            stage.app.control.revoke([revoked, waiting.id])
            time.sleep(0.5)
            stage.send("add", 1, 1, task_id=revoked, queue=queue)
            failed = told(unknown.id, "task-failed")
            return failed, *(told(each, "task-revoked") for each in (late.id, revoked, waiting.id))

        expected = ["task-failed"], ["task-revoked"], ["task-revoked"]
        expected = *expected, ["task-received", "task-revoked"]
        assert all_told("pythons") == expected
        assert all_told("interop") == expected
    assert python.stop() == 0


def events_are_turned_on_and_off_and_heartbeats_asked_for(stage):
    worker = stage.worker(events=0)
    with Heard(stage) as heard:
        stage.send("add", 1, 1).get(timeout=60)
        # Its end is told of after its result is there.
        time.sleep(0.5)
        assert "ok" in stage.tell("enable_events", node=worker.name)
        result = stage.send("add", 1, 1)
        heard.one(type="task-succeeded", uuid=result.id)
        assert len(heard.all(type="task-succeeded")) == 1
        assert "ok" in stage.tell("disable_events", node=worker.name)
        began = time.time()
        for _ in range(20):
            before = len(heard.all(type="worker-heartbeat"))
            stage.app.control.broadcast("heartbeat")
            until(lambda: before < len(heard.all(type="worker-heartbeat")))
        # By themselves twenty take forty seconds.
        assert time.time() - began < 30
        stage.send("add", 1, 1).get(timeout=60)
        time.sleep(0.5)
        assert len(heard.all(type="task-succeeded")) == 1
