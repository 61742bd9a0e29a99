"""What becomes of tasks, as whoever waits for them sees it."""

import base64
import datetime
import json
import math
import time
import uuid

from celery import chain, chord
from celery.exceptions import NotRegistered, Reject
from kombu.compression import decompress
from stage import until


def a_result_is_stored_published_and_kept_for_a_day(stage):
    task_id = str(uuid.uuid4())
    key = "celery-task-meta-" + task_id
    heard = stage.results.pubsub()
    heard.subscribe(key)
    heard.get_message(timeout=60)
    result = stage.send("add", 2, 3, task_id=task_id)
    assert result.get(timeout=60) == 5 and result.state == "SUCCESS"
    document = stage.document(task_id)
    assert document["result"] == 5 and document["task_id"] == task_id, document
    assert document["traceback"] is None and document["children"] == [], document
    done = datetime.datetime.fromisoformat(document["date_done"])
    age = datetime.datetime.now(datetime.timezone.utc) - done
    assert abs(age.total_seconds()) < 60, document
    assert 86_000 < stage.results.ttl(key) <= 86_400

    def published():
        message = heard.get_message(timeout=0.2)
        return message and json.loads(message["data"])["status"] == "SUCCESS" and message

    assert json.loads(until(published)["data"]) == document


def a_task_that_was_begun_says_so_if_it_is_tracked(stage):
    result = stage.send("sleep", 5)
    document = stage.becomes(result.id, "STARTED")
    assert set(document["result"]) >= {"pid", "hostname"}, document
    assert document["result"]["hostname"] == stage.node
    assert result.get(timeout=60) == 5


def a_failure_says_its_kind_its_words_and_where(stage):
    result = stage.send("fail", "no luck today")
    document = stage.becomes(result.id, "FAILURE")
    assert set(document["result"]) >= {"exc_type", "exc_message", "exc_module"}, document
    assert "no luck today" in str(document["result"]["exc_message"])
    assert "no luck today" in document["traceback"]
    try:
        result.get(timeout=60)
    except Exception as error:
        assert "no luck today" in str(error), error
    else:
        raise AssertionError("a failure is raised by whoever waits")
    for words in ("two\nlines\n", "a tab\tand \x00", "x" * 50_000):
        document = stage.becomes(stage.send("fail", words).id, "FAILURE")
        assert document["result"]["exc_message"] == [words], document["result"]


def what_is_rejected_fails_and_is_set_aside(stage):
    result = stage.send("reject")
    document = stage.becomes(result.id, "FAILURE")
    expected = {"exc_type": "Reject", "exc_message": ["no good", False]}
    assert document["result"] == {**expected, "exc_module": "celery.exceptions"}, document
    assert document["traceback"] is None and document["children"] == [], document
    assert isinstance(result.result, Reject) and result.result.reason == "no good"
    until(lambda: stage.redis.hexists("backbeat:buried", result.id))


def what_is_rejected_but_wanted_is_offered_again_after_a_while(stage):
    began, result = time.time(), stage.send("reject", 2)
    until(lambda: stage.document(result.id))
    assert stage.document(result.id)["status"] == "STARTED"
    document = stage.becomes(result.id, "FAILURE")
    assert document["result"]["exc_message"] == ["no good", False], document
    assert 2 <= time.time() - began, "a second is waited each time"


def an_unknown_task_fails_as_it_does_in_python(stage):
    result = stage.app.send_task("interop.nobody_knows")
    assert stage.becomes(result.id, "FAILURE")["result"]["exc_type"] == "NotRegistered"
    assert isinstance(result.result, NotRegistered), repr(result.result)
    told = str(uuid.uuid4())
    failed = stage.app.send_task(
        "interop.nobody_knows", link_error=stage.sign("errback", task_id=told)
    )
    assert stage.becomes(told, "SUCCESS")["result"] == failed.id
    unknown = stage.app.signature("interop.nobody_knows")
    parts = chord([stage.sign("add", 1, 1), unknown])(stage.sign("echo"))
    assert stage.becomes(parts.id, "FAILURE")["result"]["exc_type"] == "ChordError"


def wrong_arguments_fail_as_they_do_in_python(stage):
    for arguments in ([1], [1, 2, 3]):
        result = stage.send("add", *arguments)
        assert stage.becomes(result.id, "FAILURE")["result"]["exc_type"] == "TypeError"
    result = stage.send("add", 1, 2, kwargs={"z": 3})
    assert stage.becomes(result.id, "FAILURE")["result"]["exc_type"] == "TypeError"
    with stage.app.connection_for_write() as connection:
        task_id = str(uuid.uuid4())
        connection.default_channel.queue_declare(stage.app.conf.task_default_queue)
        connection.Producer().publish(
            [[1, 2], ["no", "names"], {}],
            routing_key=stage.app.conf.task_default_queue,
            headers={"task": "interop.add", "id": task_id},
        )
        unread = str(uuid.uuid4())
        connection.Producer().publish(
            "{not json",
            content_type="application/json",
            content_encoding="utf-8",
            routing_key=stage.app.conf.task_default_queue,
            headers={"task": "interop.add", "id": unread},
        )
    for task_id in (task_id, unread):
        assert stage.becomes(task_id, "FAILURE")["result"]["exc_type"] == "InvalidTaskError"


def a_result_that_nobody_wants_is_not_stored(stage):
    notes = stage.notes()
    result = stage.send("record", notes.path, "a", ignore_result=True)
    until(lambda: notes.labels("end"))
    stage.send("add", 1, 1).get(timeout=60)
    assert stage.document(result.id) is None


def values_come_back_as_they_were(stage):
    values = ["žluť", "日本", "😀", None, True, 1.5, 2**53, -1, [1, {"a": []}], "x" * 100_000]
    when = datetime.datetime(2024, 2, 29, 12, 30, tzinfo=datetime.timezone.utc)
    values += [when, uuid.UUID(int=7)]
    keywords = {"k": "ключ", "n": None}
    result = stage.send("echo", *values, kwargs=keywords)
    assert result.get(timeout=60) == {"args": values, "kwargs": keywords}
    long = "x" * 1_000_000
    assert stage.send("echo", long).get(timeout=60)["args"] == [long]
    for compression in ("gzip", "zlib", "bzip2", "lzma", "xz"):
        again = stage.sign("echo", "again " * 500, compression=compression)
        parts = chain(again, again.clone(queue="unread"))()
        assert stage.value(parts.parent)["args"] == ["again " * 500]
        message = json.loads(stage.redis.brpop("unread", 60)[1])
        packed = base64.b64decode(message["body"])
        body = json.loads(decompress(packed, message["headers"]["compression"]))
        assert body[0] == [parts.parent.result, "again " * 500], body


def same(here, there):
    """Whether both are the same value of the same type; NaN is NaN."""
    if isinstance(here, (list, tuple)):
        return len(here) == len(there) and all(map(same, here, there))
    if isinstance(here, dict):
        return here.keys() == there.keys() and all(same(here[key], there[key]) for key in here)
    is_nan = isinstance(here, float) and math.isnan(here)
    return type(here) is type(there) and (here == there or (is_nan and math.isnan(there)))


def numbers_that_json_lacks_come_back_as_they_were(stage):
    odd = [2**70, -(2**65), 2**64, -(2**63) - 1, math.nan, math.inf, -math.inf, "NaN, Infinity"]
    odd += [2**64 - 1, -(2**63), 0.6394267984578837, 5e-324, 1.7976931348623157e308, -0.0]
    values = [*odd, odd, {"a": [{"NaN": odd}]}]
    got = {"args": values, "kwargs": {"k": odd}}

    def comes_back(result, expected):
        found = stage.value(result)
        assert same(expected, found), found

    comes_back(stage.send("echo", *values, kwargs={"k": odd}), got)
    comes_back(stage.send("echo", *values, kwargs={"k": odd}, compression="zlib"), got)
    echo = stage.sign("echo", *values, kwargs={"k": odd})
    comes_back(chain(echo, stage.sign("echo", odd))(), {"args": [got, odd], "kwargs": {}})
    joined = chord([echo, echo])(stage.sign("echo", kwargs={"k": odd}))
    comes_back(joined, {"args": [[got, got]], "kwargs": {"k": odd}})
    retried, requeued = str(uuid.uuid4()), str(uuid.uuid4())
    echo.set_immutable(True)
    stage.send("retry", 1, 0.1, link=echo.clone(task_id=retried))
    stage.send("reject", 1, link_error=echo.clone(task_id=requeued))
    for task_id in (retried, requeued):
        stage.becomes(task_id, "SUCCESS")
        comes_back(stage.app.AsyncResult(task_id), got)
    comes_back(stage.send("add", 2**70, -1), 2**70 - 1)
    assert math.isnan(stage.value(stage.send("add", math.nan, 1)))
    stage.app.conf.task_protocol = 1
    comes_back(stage.send("echo", *values, kwargs={"k": odd}), got)


def messages_of_protocol_one_are_understood(stage):
    stage.app.conf.task_protocol = 1
    assert stage.send("add", 20, 3).get(timeout=60) == 23
    result = stage.send("add", 20, 4, countdown=1)
    assert result.get(timeout=60) == 24


def a_result_that_cannot_be_stored_is_stored_as_soon_as_it_can_be(stage):
    worker = stage.worker()
    result = stage.send("sleep", 5)
    stage.becomes(result.id, "STARTED")
    stage.redis.config_set("min-replicas-to-write", 1)
    until(lambda: "trying again" in worker.said())
    time.sleep(1)
    assert stage.document(result.id)["status"] == "STARTED"
    stage.redis.config_set("min-replicas-to-write", 0)
    assert stage.becomes(result.id, "SUCCESS", within=60)["result"] == 5
