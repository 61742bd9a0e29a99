"""A Python worker that begins a task and holds the others; to be killed.

celery -A holding worker, with BROKER and NOTES in the environment.
"""

import os
import time

from celery import Celery

app = Celery(broker=os.environ["BROKER"])
app.conf.task_acks_late = True


@app.task(name="samples.hold")
def hold(number):
    with open(os.environ["NOTES"], "a", encoding="utf-8") as notes:
        notes.write(f"{number}\n")
    time.sleep(600)
