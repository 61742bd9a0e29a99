"""The tasks of the contract in Python: celery -A contract worker, with BROKER and RESULT in the
environment. The same tasks in Rust are those of `interop worker`."""

import json
import os
import time

from celery import Celery
from celery.exceptions import Reject

app = Celery(broker=os.environ["BROKER"], backend=os.environ["RESULT"])
prefix = os.environ.get("GLOBAL_KEYPREFIX")
if prefix:
    app.conf.result_backend_transport_options = {"global_keyprefix": prefix}
app.conf.update(
    task_track_started=True,
    worker_send_task_events=True,
    broker_connection_retry_on_startup=True,
    broker_transport_options={
        "visibility_timeout": float(os.environ.get("VISIBILITY_TIMEOUT", "3600")),
        "unacked_restore_interval": 1,
        "unacked_restore_throttle": 1,
        **({"global_keyprefix": prefix} if prefix else {}),
    },
)


@app.task(name="interop.add")
def add(x, y):
    return x + y


@app.task(name="interop.echo")
def echo(*args, **kwargs):
    return {"args": list(args), "kwargs": kwargs}


@app.task(name="interop.fail")
def fail(message="boom"):
    raise ValueError(message)


@app.task(name="interop.sleep")
def sleep(seconds):
    time.sleep(seconds)
    return seconds


def recorded(task, path, label, seconds):
    for event, wait in (("start", seconds), ("end", 0)):
        note = {"label": label, "node": task.request.hostname, "pid": os.getpid()}
        note.update(event=event, t=time.time(), id=task.request.id)
        with open(path, "ab", buffering=0) as notes:
            notes.write(json.dumps(note).encode() + b"\n")
        time.sleep(wait)
    return label


@app.task(name="interop.record", bind=True)
def record(self, path, label, seconds=0):
    return recorded(self, path, label, seconds)


@app.task(name="interop.record_late", bind=True, acks_late=True)
def record_late(self, path, label, seconds=0):
    return recorded(self, path, label, seconds)


@app.task(name="interop.retry", bind=True, max_retries=3)
def retry(self, fail_times=1, countdown=1):
    done = self.request.retries
    if done < fail_times:
        raise self.retry(exc=RuntimeError(f"attempt {done}"), countdown=countdown)
    return done


rejections = {}


@app.task(name="interop.reject", bind=True, acks_late=True)
def reject(self, requeue_times=0):
    """Counts in the memory of its process: for one worker with one process."""
    times = rejections.get(self.request.id, 0)
    rejections[self.request.id] = times + 1
    raise Reject("no good", requeue=times < requeue_times)


@app.task(name="interop.errback")
def errback(task_id):
    return task_id
