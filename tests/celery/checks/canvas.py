"""Tasks that follow from tasks."""

import datetime
import uuid

from celery import chain, chord, group
from stage import QUEUES, until


def a_chain_hands_each_result_to_the_next(stage):
    result = chain(stage.sign("add", 1, 2), stage.sign("add", 10), stage.sign("add", 100))()
    assert stage.value(result) == 113
    assert stage.value(result.parent) == 13 and stage.value(result.parent.parent) == 3
    first = stage.document(result.parent.parent.id)
    assert first["children"][0][0][0] == result.parent.id, first


def an_immutable_part_of_a_chain_takes_no_result(stage):
    parts = [stage.sign("add", 1, 2), stage.sign("add", 5, 6, immutable=True)]
    assert stage.value(chain(*parts)()) == 11


def parts_of_a_chain_keep_their_eta_and_expiry(stage):
    began = datetime.datetime.now(datetime.timezone.utc)
    later, before = (began + datetime.timedelta(seconds=seconds) for seconds in (2, -60))
    parts = [stage.sign("add", 1, 2), stage.sign("add", 10, eta=later)]
    result = chain(*parts, stage.sign("add", 100, expires=later + datetime.timedelta(hours=1)))()
    assert stage.value(result) == 113
    assert later <= datetime.datetime.now(datetime.timezone.utc)
    late = chain(stage.sign("add", 1, 2), stage.sign("add", 10, expires=before))()
    stage.becomes(late.id, "REVOKED")
    assert stage.value(late.parent) == 3


def a_chain_ends_where_it_fails(stage):
    notes = stage.notes()
    last = stage.sign("record", notes.path, "never", immutable=True)
    result = chain(stage.sign("fail", "in the middle"), last)()
    stage.becomes(result.parent.id, "FAILURE")
    stage.value(stage.send("add", 1, 1))
    assert notes.all() == []


def a_link_follows_success_and_an_errback_failure(stage):
    linked, called = str(uuid.uuid4()), str(uuid.uuid4())
    link = stage.sign("add", 5, task_id=linked)
    errback = stage.sign("errback", task_id=called)
    stage.send("add", 1, 1, link=link, link_error=errback)
    assert stage.becomes(linked, "SUCCESS")["result"] == 7
    failed = stage.send("fail", link=link, link_error=errback)
    assert stage.becomes(called, "SUCCESS")["result"] == failed.id


def a_group_is_as_many_results(stage):
    result = group(stage.sign("add", n, n) for n in range(10))()
    assert stage.value(result) == [2 * n for n in range(10)]
    result.save()
    assert stage.value(stage.app.GroupResult.restore(result.id)) == result.get()


def a_chords_body_gets_all_results_in_their_order(stage):
    header = [stage.sign("add", n, n) for n in range(8)]
    result = chord(header)(stage.sign("echo"))
    assert stage.value(result)["args"] == [[2 * n for n in range(8)]]


def a_chord_whose_member_fails_fails(stage):
    called = str(uuid.uuid4())
    body = stage.sign("echo").on_error(stage.sign("errback", task_id=called))
    result = chord([stage.sign("add", 1, 1), stage.sign("fail", "one of them")])(body)
    document = stage.becomes(result.id, "FAILURE")
    assert document["result"]["exc_type"] == "ChordError", document
    assert "one of them" in str(document["result"]["exc_message"])
    stage.becomes(called, "SUCCESS")


def what_is_rejected_fails_whatever_would_have_followed(stage):
    called, chorded = str(uuid.uuid4()), str(uuid.uuid4())
    failed = stage.send("reject", link_error=stage.sign("errback", task_id=called))
    assert stage.becomes(called, "SUCCESS")["result"] == failed.id
    chained = chain(stage.sign("reject", 1), stage.sign("add", 1))()
    assert stage.becomes(chained.id, "FAILURE")["result"]["exc_type"] == "Reject"
    body = stage.sign("echo").on_error(stage.sign("errback", task_id=chorded))
    result = chord([stage.sign("add", 1, 1), stage.sign("reject", 1)])(body)
    document = stage.becomes(result.id, "FAILURE")
    assert document["result"]["exc_type"] == "ChordError", document
    (message,) = document["result"]["exc_message"]
    assert message.endswith(" raised reject requeue=False: no good"), message
    stage.becomes(chorded, "SUCCESS")


def a_group_in_a_chain_is_a_chord(stage):
    parts = chain(
        stage.sign("add", 1, 1),
        group(stage.sign("add", 10), stage.sign("add", 20)),
        stage.sign("echo"),
    )
    assert stage.value(parts())["args"] == [[12, 22]]


def chords_in_chords_and_chains_in_groups_finish(stage):
    inner = chord([stage.sign("add", 1, 1), stage.sign("add", 2, 2)], stage.sign("echo"))
    long = chain(stage.sign("add", 1, 1), stage.sign("add", 5))
    result = chord([inner, long, stage.sign("add", 3, 3)])(stage.sign("echo"))
    assert stage.value(result)["args"] == [[{"args": [[2, 4]], "kwargs": {}}, 7, 6]]
    groups = chain(
        group(stage.sign("add", 1, 1), stage.sign("add", 2, 2)),
        stage.sign("echo"),
        group(stage.sign("echo"), stage.sign("echo")),
        stage.sign("echo"),
    )
    first = {"args": [[2, 4]], "kwargs": {}}
    second = {"args": [first], "kwargs": {}}
    assert stage.value(groups())["args"] == [[second, second]]


def a_retry_in_a_chain_and_in_a_chord_keeps_its_place(stage):
    result = chain(stage.sign("retry", 1, 0), stage.sign("add", 10))()
    assert stage.value(result) == 11
    result = chord([stage.sign("retry", 2, 0), stage.sign("add", 1, 1)])(stage.sign("echo"))
    assert stage.value(result)["args"] == [[2, 2]]


def starmaps_and_chunks_are_done(stage):
    @stage.app.task(name="interop.add")
    def add(x, y):
        """Is only sent here."""

    result = add.starmap([(1, 1), (2, 2)]).apply_async(queue=QUEUES)
    assert stage.value(result) == [2, 4]
    result = add.chunks([(n, n) for n in range(4)], 2).group().apply_async(queue=QUEUES)
    assert stage.value(result) == [[0, 2], [4, 6]]


def a_chain_and_a_chord_go_half_by_python_and_half_by_rust(stage):
    ours = stage.worker(queues="ours")
    pythons = stage.python(queues="pythons")
    sides = ["ours", "pythons"]

    def sign(number, task, *args):
        return stage.sign(task, *args, queue=sides[number % 2])

    parts = [sign(0, "add", 1, 2)] + [sign(n, "add", 10**n) for n in range(1, 5)]
    assert stage.value(chain(*parts)()) == 11113
    for body in (0, 1):
        header = [sign(n, "add", n, n) for n in range(6)]
        result = chord(header)(sign(body, "echo"))
        assert stage.value(result)["args"] == [[2 * n for n in range(6)]]
    nested = chain(
        sign(1, "add", 1, 1),
        group(sign(0, "add", 10), sign(1, "add", 20)),
        sign(0, "echo"),
        sign(1, "echo"),
    )
    inner = {"args": [[12, 22]], "kwargs": {}}
    assert stage.value(nested())["args"] == [inner]
    until(lambda: stage.waiting("ours") + stage.waiting("pythons") == 0)
    assert ours.stop() == 0 and pythons.stop() == 0
