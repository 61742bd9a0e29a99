"""What checks play on: the real client, the real command line, Redis itself, and processes."""

import ctypes
import json
import os
import signal
import subprocess
import sys
import time
import uuid

from celery import Celery
from redis import Redis

CELERY = [sys.executable, "-m", "celery"]
QUEUES = "interop"
# The environment of programs that are to find `contract`.
PYTHON = {
    "PYTHONPATH": os.path.dirname(os.path.abspath(__file__)),
    "PYTHONDONTWRITEBYTECODE": "1",
}
PR_SET_PDEATHSIG = 1


def until(true, within=60, pause=0.05):
    """Waits until true() is, and returns what it was; long, for machines with much to do."""
    end = time.time() + within
    while True:
        value = true()
        if value:
            return value
        assert time.time() < end, f"not within {within} s: {value!r}"
        time.sleep(pause)


def die_with_parent():
    """Before a child runs: nobody outlives the tests, however they end."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def redis_at(url):
    """A connection to the database that Celery means by the URL."""
    if url.startswith("redis://"):
        return Redis.from_url(url)
    path, _, database = url.removeprefix("redis+socket://").partition("?virtual_host=")
    return Redis(unix_socket_path=path, db=int(database or 0))


class Stage:
    def __init__(self):
        self.broker, self.result = os.environ["BROKER"], os.environ["RESULT"]
        self.node = os.environ.get("NODE")
        self.folder = os.environ["FOLDER"]
        self.app = Celery("checks", broker=self.broker, backend=self.result)
        self.app.conf.task_default_queue = QUEUES
        self.prefix = os.environ.get("GLOBAL_KEYPREFIX", "")
        if self.prefix:
            self.app.conf.broker_transport_options = {"global_keyprefix": self.prefix}
            self.app.conf.result_backend_transport_options = {"global_keyprefix": self.prefix}
        self.redis, self.results = redis_at(self.broker), redis_at(self.result)
        self.processes = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in self.processes:
            process.kill()

    # -- sending ---------------------------------------------------------

    def send(self, task, *args, kwargs=None, **options):
        return self.app.send_task("interop." + task, args, kwargs or {}, **options)

    def sign(self, task, *args, kwargs=None, immutable=False, **options):
        options.setdefault("queue", QUEUES)
        return self.app.signature(
            "interop." + task, args, kwargs or {}, options=options, immutable=immutable
        )

    def document(self, task_id):
        """The stored result, as it lies in Redis."""
        text = self.results.get(self.prefix + "celery-task-meta-" + task_id)
        return json.loads(text) if text else None

    def becomes(self, task_id, *states, within=60):
        """The stored result, once it is in one of the states."""

        def there():
            found = self.document(task_id)
            return found if found and found["status"] in states else None

        return until(there, within)

    def value(self, result, within=60):
        """The value of a result, found by looking: being told is a check of its own."""
        until(result.ready, within)
        return result.get(timeout=60)

    def waiting(self, queue=QUEUES):
        """How many messages are in the lists of a queue."""
        steps = [queue] + [f"{queue}\x06\x16{step}" for step in (3, 6, 9)]
        return sum(self.redis.llen(self.prefix + key) for key in steps)

    def notes(self, name="notes"):
        """A file for the task `record`, and whoever reads it."""
        return Notes(os.path.join(self.folder, f"{name}-{uuid.uuid4().hex[:8]}"))

    # -- asking ----------------------------------------------------------

    def ask(self, method, *args, node=None, **kwargs):
        """What a worker answers to `inspect`."""
        node = node or self.node
        inspect = self.app.control.inspect([node], timeout=30, limit=1)
        answers = getattr(inspect, method)(*args, **kwargs)
        assert answers and list(answers) == [node], (method, answers)
        return answers[node]

    def tell(self, command, node=None, **arguments):
        """What a worker answers to a command."""
        node = node or self.node
        answers = self.app.control.broadcast(
            command, arguments=arguments, destination=[node], reply=True, timeout=30, limit=1
        )
        assert len(answers) == 1 and list(answers[0]) == [node], (command, answers)
        return answers[0][node]

    def celery(self, *arguments, within=60):
        """The command line `celery` against this broker."""
        command = [*CELERY, "-b", self.broker]
        command += ["--result-backend", self.result, *arguments]
        return subprocess.run(
            command, capture_output=True, text=True, timeout=within, cwd=self.folder
        )

    # -- processes -------------------------------------------------------

    def start(self, command, name, environment=None, wait=True):
        environment = dict(os.environ, **(environment or {}))
        process = Process(self, command, name, environment)
        self.processes.append(process)
        if wait:
            process.is_ready()
        return process

    def worker(self, *arguments, node=None, queues=QUEUES, concurrency=2, **settings):
        """One of our workers; settings go into its environment."""
        node = node or f"ours-{uuid.uuid4().hex[:6]}@test"
        command = [os.environ["INTEROP"], "worker", "--broker", self.broker, "--result", self.result]
        command += ["-Q", queues, "-n", node, "-c", str(concurrency), *arguments]
        environment = {"TRACK_STARTED": "1", "EVENTS": "1"}
        environment.update({name.upper(): str(value) for name, value in settings.items()})
        return self.start(command, node, environment)

    def python(self, *arguments, node=None, queues=QUEUES, concurrency=2, **settings):
        """One of Python's workers, with the same tasks; settings go into its environment."""
        node = node or f"python-{uuid.uuid4().hex[:6]}@test"
        command = [*CELERY, "-A", "contract", "worker", "-n", node]
        command += ["-Q", queues, "-c", str(concurrency), "-l", "INFO", *arguments]
        environment = {name.upper(): str(value) for name, value in settings.items()}
        return self.start(command, node, PYTHON | environment)


class Notes:
    def __init__(self, path):
        self.path = path

    def all(self):
        if not os.path.exists(self.path):
            return []
        with open(self.path, encoding="utf-8") as lines:
            return [json.loads(line) for line in lines]

    def labels(self, event="start"):
        """Whose event it was, in their order."""
        return [note["label"] for note in self.all() if note["event"] == event]

    def times(self, event="start"):
        return [note["t"] for note in self.all() if note["event"] == event]


class Process:
    def __init__(self, stage, command, name, environment):
        self.stage, self.name = stage, name
        self.log = os.path.join(stage.folder, name.replace("@", "-") + ".log")
        with open(self.log, "ab") as log:
            self.child = subprocess.Popen(
                command,
                env=environment,
                cwd=stage.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=die_with_parent,
            )

    def said(self):
        with open(self.log, encoding="utf-8", errors="replace") as log:
            return log.read()

    def lives(self):
        return self.child.poll() is None

    def answers(self):
        answers = self.stage.app.control.ping(destination=[self.name], timeout=0.5)
        return any(self.name in answer for answer in answers)

    def is_ready(self, within=90):
        def ready():
            assert self.lives(), self.said()
            return self.answers()

        until(ready, within)

    def ends(self, within=90):
        """Its exit code, once it has ended."""
        until(lambda: not self.lives(), within)
        return self.child.returncode

    def stop(self, by=signal.SIGTERM, within=90):
        """Asks it to stop, and waits until it has."""
        if self.lives():
            self.child.send_signal(by)
        return self.ends(within)

    def kill(self):
        """Ends it and all of its children, as a power cut would."""
        try:
            os.killpg(self.child.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.child.wait(60)
