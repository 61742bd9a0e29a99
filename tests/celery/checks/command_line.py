"""The command line `celery`, as operators type it."""

import json
import re

ASKED = [
    "active", "reserved", "scheduled", "registered", "stats", "active_queues", "conf", "report",
    "revoked", "clock",
]  # fmt: skip


def well(output):
    assert output.returncode == 0, (output.args, output.stdout, output.stderr)
    return output.stdout


def status_and_ping_see_the_worker(stage):
    said = well(stage.celery("status"))
    assert stage.node in said and "1 node online" in said, said
    assert "pong" in well(stage.celery("inspect", "ping", "-d", stage.node))
    assert stage.celery("inspect", "ping", "-d", "nobody@x", "-t", "1").returncode != 0


def every_question_of_inspect_is_answered(stage):
    for question in ASKED:
        said = well(stage.celery("inspect", question, "-t", "3", "-d", stage.node))
        assert stage.node in said and "Error" not in said, (question, said)
    said = well(stage.celery("inspect", "stats", "-j", "-t", "3", "-d", stage.node))
    assert stage.node in json.loads(said)


def every_command_of_control_is_obeyed(stage):
    worker = stage.worker()
    for command in (
        ["enable_events"],
        ["disable_events"],
        ["rate_limit", "interop.add", "100/s"],
        ["time_limit", "interop.add", "60", "30"],
        ["add_consumer", "extra"],
        ["cancel_consumer", "extra"],
        ["pool_grow", "1"],
        ["pool_shrink", "1"],
        ["heartbeat"],
        ["revoke", "11111111-2222-3333-4444-555555555555"],
        ["terminate", "TERM", "11111111-2222-3333-4444-555555555555"],
        ["revoke_by_stamped_headers", "team=none"],
    ):
        said = well(stage.celery("control", "-t", "3", "-d", worker.name, *command))
        assert "Error" not in said, (command, said)
        assert command[0] != "revoke_by_stamped_headers" or "flagged" in said, said
    # Which is not answered, so that the command line itself takes it for a failure.
    stage.celery("control", "-t", "1", "-d", worker.name, "shutdown")
    assert worker.ends() == 0


def a_task_is_called_and_its_result_shown(stage):
    said = well(stage.celery("call", "interop.add", "-a", "[3, 4]", "--queue", "interop"))
    task_id = re.findall(r"[0-9a-f-]{36}", said)[-1]
    stage.becomes(task_id, "SUCCESS")
    assert well(stage.celery("result", task_id)).strip().endswith("7")
