"""Our beat, with whatever workers there are."""

import base64
import json
import math
import os
import time

from stage import until


def beat(stage, entries, name="beat", store="beat.sqlite3", *arguments):
    """A beat of these entries."""
    path = os.path.join(stage.folder, f"{name}.json")
    for entry in entries.values():
        entry["task"] = "interop." + entry["task"]
        entry["options"] = {"queue": "interop", **entry.get("options", {})}
    with open(path, "w", encoding="utf-8") as file:
        json.dump(entries, file)
    command = [os.environ["INTEROP"], "beat", "--broker", stage.broker, "--schedule-file", path]
    command += ["--store", "sqlite://" + os.path.join(stage.folder, store), *arguments]
    return stage.start(command, name, wait=False)


def messages(stage, queue):
    return [json.loads(text) for text in stage.redis.lrange(queue, 0, -1)]


def python_workers_do_what_our_beat_sends(stage):
    notes = stage.notes()
    stage.python()
    beat(stage, {"tick": {"task": "record", "schedule": 1, "args": [notes.path, "tick"]}})
    until(lambda: 6 <= len(notes.labels("end")))
    times = notes.times()
    # No more of them than seconds; a machine with much to do may be late.
    assert len(times) - 1 < times[-1] - times[0] + 1.5, times


def options_travel_with_the_message(stage):
    options = {"queue": "beat", "priority": 6, "expires": 30, "headers": {"tenant": "acme"}}
    entry = {"task": "add", "schedule": 1, "args": [2**70], "kwargs": {"y": math.inf}, "options": options}
    beat(stage, {"one": entry})
    key = "beat\x06\x166"
    until(lambda: 2 <= stage.redis.llen(key), within=60)
    sent = messages(stage, key)
    assert len({message["headers"]["id"] for message in sent}) == len(sent)
    args, kwargs, _ = json.loads(base64.b64decode(sent[-1]["body"]))
    assert (args, kwargs) == ([2**70], {"y": math.inf}), (args, kwargs)
    headers = sent[-1]["headers"]
    assert headers["tenant"] == "acme" and headers["expires"], headers


def many_beats_send_each_occurrence_once(stage):
    def entries():
        options = {"queue": "beat"}
        return {"one": {"task": "add", "schedule": 1, "args": [1, 1], "options": options}}

    beats = [beat(stage, entries(), f"beat-{number}") for number in range(3)]
    until(lambda: stage.redis.llen("beat"), within=60)
    began, before = time.time(), stage.redis.llen("beat")
    for each in beats[:2]:
        time.sleep(2)
        each.kill()
    time.sleep(3)
    sent, seconds = stage.redis.llen("beat") - before, time.time() - began
    # Not one more; a machine with much to do may miss some.
    assert seconds / 2 - 1 < sent < seconds + 2.5, (sent, seconds)
    ids = [message["headers"]["id"] for message in messages(stage, "beat")]
    assert len(set(ids)) == len(ids)
    assert beats[2].stop() == 0
