"""Counts one part of a chord as a Python worker does when the part has ended.

count_part.py BROKER GROUP INDEX ID STATE RESULT BODY_ID
"""

import json
import sys

from celery import Celery, signature
from celery.app.task import Context

broker, group, index, task_id, state, result, body_id = sys.argv[1:]
app = Celery(broker=broker, backend=broker)
body = signature("samples.body", app=app)
body.set(task_id=body_id, queue="bodies")
request = Context(id=task_id, group=group, group_index=int(index), chord=dict(body))
result = json.loads(result) if state == "SUCCESS" else ValueError(result)
app.backend.on_chord_part_return(request, state, result)
