"""A Python worker whose one task does nothing, to be measured beside ours.

celery -A nothing worker, with BROKER in the environment.
"""

import os

from celery import Celery

app = Celery(broker=os.environ["BROKER"])


@app.task(name="benches.nothing", ignore_result=True)
def nothing(number):
    pass
