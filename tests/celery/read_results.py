"""Prints what a Python client sees of tasks: state, result and traceback of each.

read_results.py BACKEND ID...
"""

import json
import sys

from celery import Celery

backend, *ids = sys.argv[1:]
app = Celery(broker="memory://", backend=backend)
for result in map(app.AsyncResult, ids):
    print(json.dumps([result.state, repr(result.result), result.traceback]))
