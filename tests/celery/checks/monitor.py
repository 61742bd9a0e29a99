"""Flower, on our worker."""

import json
import socket
import urllib.parse
import urllib.request

from stage import CELERY, PYTHON, until


class Flower:
    def __init__(self, stage):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        # It sets limits only of tasks that its application knows, as Django's does.
        command = [*CELERY, "-A", "contract"]
        command += ["flower", "--address=127.0.0.1", f"--port={self.port}"]
        environment = {"FLOWER_UNAUTHENTICATED_API": "true", **PYTHON}
        self.process = stage.start(command, "flower", environment, wait=False)
        until(self.is_up, within=90)

    def is_up(self):
        try:
            return self.ask("/healthcheck", raw=True) == b"OK"
        except OSError:
            return False

    def ask(self, path, raw=False, **form):
        url = f"http://127.0.0.1:{self.port}{path}"
        data = urllib.parse.urlencode(form).encode() if form else None
        with urllib.request.urlopen(url, data, timeout=20) as answer:
            content = answer.read()
        return content if raw else json.loads(content)


def workers_and_tasks_are_listed_and_the_buttons_work(stage):
    worker = stage.worker()
    flower = Flower(stage)
    until(lambda: flower.ask("/api/workers?status=1").get(worker.name) is True, within=60)
    listed = flower.ask("/api/workers?refresh=1")[worker.name]
    assert {"stats", "active_queues", "registered", "conf"} <= set(listed), sorted(listed)
    good, bad = stage.send("add", 20, 22), stage.send("fail", "seen by flower")

    def state(result):
        return flower.ask("/api/tasks").get(result.id, {}).get("state")

    until(lambda: state(good) == "SUCCESS" and state(bad) == "FAILURE", within=60)
    task = flower.ask("/api/tasks")[good.id]
    assert task["worker"] == worker.name and task["result"] == "42", task
    assert task["received"] and task["started"] and task["runtime"] is not None, task
    assert "seen by flower" in flower.ask("/api/task/info/" + bad.id)["exception"]
    assert flower.ask("/api/task/result/" + good.id)["result"] == 42

    def row():
        (row,) = flower.ask("/workers?json=1")["data"]
        return row

    # The next heartbeat says how many.
    until(lambda: 2 <= row()["processed"])
    assert row()["hostname"] == worker.name and row()["status"] is True

    def button(what, target=worker.name, **form):
        answer = flower.ask(f"/api/worker/{what}/{target}", **form)
        assert "message" in answer, answer

    button("pool/grow", n=1)
    until(lambda: stage.ask("stats", node=worker.name)["pool"]["max-concurrency"] == 3)
    button("pool/shrink", n=1)
    button("queue/add-consumer", queue="extra")
    until(lambda: len(stage.ask("active_queues", node=worker.name)) == 2)
    button("queue/cancel-consumer", queue="extra")
    running = stage.send("sleep", 60)
    stage.becomes(running.id, "STARTED")
    flower.ask(f"/api/task/revoke/{running.id}", terminate="true")
    stage.becomes(running.id, "REVOKED")
    limits = {"workername": worker.name, "ratelimit": "5/s"}
    flower.ask("/api/task/rate-limit/interop.add", **limits)
    flower.ask("/api/task/timeout/interop.sleep", workername=worker.name, soft=20, hard=30)
    button("shutdown", now="1")
    assert worker.ends() == 0
