"""A Python worker whose one task does nothing, to be measured beside ours.

celery -A nothing worker, with BROKER in the environment, and RESULTS if results are kept.
"""

import os

from celery import Celery

app = Celery(broker=os.environ["BROKER"], backend=os.environ.get("RESULTS") or None)


@app.task(name="benches.nothing", ignore_result=not os.environ.get("RESULTS"))
def nothing(number):
    pass
