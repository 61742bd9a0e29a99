"""Our producer, with a Python worker."""

import base64
import json
import os
import subprocess


def produced(stage, *orders):
    """What our producer says to these orders."""
    for order in orders:
        for part in [order, *order.get("chain", []), *order.get("link", [])]:
            part["task"] = "interop." + part["task"]
            part["options"] = {"queue": "interop", **part.get("options", {})}
    command = [os.environ["INTEROP"], "produce", "--broker", stage.broker, "--result", stage.result]
    lines = "".join(json.dumps(order) + "\n" for order in orders)
    output = subprocess.run(command, input=lines, capture_output=True, text=True, timeout=60)
    assert output.returncode == 0, output.stderr
    return [json.loads(line) for line in output.stdout.splitlines()]


def python_workers_do_what_our_producer_sends(stage):
    stage.python()
    done, failed, chained, expired = produced(
        stage,
        {"task": "echo", "args": ["ž", None], "kwargs": {"k": "😀"}, "wait": 20},
        {"task": "fail", "args": ["bad luck"], "wait": 20},
        {"task": "add", "args": [1, 1], "chain": [{"task": "add", "args": [10]}], "wait": 20},
        {"task": "sleep", "args": [1], "options": {"expires": 0.3, "countdown": 1}},
    )
    assert done["state"] == "SUCCESS"
    assert done["result"] == {"args": ["ž", None], "kwargs": {"k": "😀"}}
    assert failed["state"] == "FAILURE" and "bad luck" in failed["error"]["message"]
    assert chained["result"] == 12
    stage.becomes(expired["id"], "REVOKED")


def its_messages_are_as_python_would_write_them(stage):
    options = {"queue": "sent", "time_limit": 30, "soft_time_limit": 20, "shadow": "nice"}
    options.update(ignore_result=True, headers={"tenant": "acme"}, countdown=60, priority=6)
    (sent,) = produced(stage, {"task": "add", "args": [1], "kwargs": {"y": 2}, "options": options})
    (text,) = stage.redis.lrange("sent\x06\x166", 0, -1)
    message = json.loads(text)
    headers, properties = message["headers"], message["properties"]
    assert headers["id"] == headers["root_id"] == properties["correlation_id"] == sent["id"]
    assert headers["timelimit"] == [30, 20] and headers["shadow"] == "nice"
    assert headers["ignore_result"] is True and headers["tenant"] == "acme" and headers["eta"]
    body = json.loads(base64.b64decode(message["body"]))
    assert body[:2] == [[1], {"y": 2}] and set(body[2]) >= {"callbacks", "errbacks", "chain", "chord"}
    assert stage.redis.smembers("_kombu.binding.sent")
