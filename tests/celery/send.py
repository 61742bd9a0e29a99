"""Sends a task as any Celery producer does, waits for its result, and prints both.

send.py BROKER TASK QUEUE KEYWORDS
"""

import json
import sys

from celery import Celery

broker, task, queue, keywords = sys.argv[1:]
app = Celery(broker=broker, backend=broker)
result = app.send_task(task, kwargs=json.loads(keywords), queue=queue)
value = result.get(timeout=60)
print(result.state, json.dumps(value))
