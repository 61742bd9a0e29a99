"""A Python worker that does one task of the platform: it notes what it was asked to do.

celery -A legacy worker, with BROKER and NOTES in the environment.
"""

import json
import os

from celery import Celery

app = Celery(broker=os.environ["BROKER"])


@app.task(name="albums.tasks.congratulate_artist")
def congratulate_artist(artist_id, album_id):
    with open(os.environ["NOTES"], "a", encoding="utf-8") as notes:
        notes.write(json.dumps([artist_id, album_id]) + "\n")
