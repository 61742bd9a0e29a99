"""On a Redis with a password, below a key prefix."""

import uuid

from celery import chain, chord
from events import Heard
from stage import until


def with_a_password_and_a_key_prefix_all_is_the_same(stage):
    ours = stage.worker(queues="ours", sent_event=1)
    pythons = stage.python(queues="pythons")

    def sign(number, task, *args):
        return stage.sign(task, *args, queue=["ours", "pythons"][number % 2])

    with Heard(stage) as heard:
        result = chain(*[sign(n, "add", *[1, 2][: 2 - (n > 0)]) for n in range(4)])()
        assert stage.value(result) == 6
        heard.one(type="task-succeeded", hostname=ours.name)
        heard.one(type="task-sent", parent_id=result.parent.parent.parent.id)
    header = [sign(n, "add", n, n) for n in range(4)]
    assert stage.value(chord(header)(sign(0, "echo")))["args"] == [[0, 2, 4, 6]]
    answers = stage.app.control.ping(timeout=30, limit=2)
    assert {name for answer in answers for name in answer} == {ours.name, pythons.name}
    assert "interop.add" in str(stage.ask("registered", node=ours.name))
    task_id = str(uuid.uuid4())
    stage.app.control.revoke(task_id, reply=True, timeout=30, limit=2)
    stage.send("add", 1, 1, task_id=task_id, queue="ours")
    stage.becomes(task_id, "REVOKED")
    result = stage.send("retry", 1, 1, queue="ours")
    assert stage.value(result) == 1
    until(lambda: stage.waiting("ours") + stage.waiting("pythons") == 0)
    assert ours.stop() == 0 and pythons.stop() == 0
    for redis in (stage.redis, stage.results):
        strangers = [k for k in redis.keys() if not k.startswith(stage.prefix.encode())]
        assert not strangers, strangers
