"""Receives events as Celery's monitors do, and prints each, until one of the last type has come.

watch.py BROKER PREFIX LAST HEARS. What is printed last is who lives, by Celery's own judgement.
The file HEARS is there as soon as anything was heard.
"""

import json
import sys

from celery import Celery

broker, prefix, last, hears = sys.argv[1:]
app = Celery(broker=broker)
app.conf.broker_transport_options = {"global_keyprefix": prefix}
state = app.events.State()


def told(event):
    open(hears, "a").close()
    state.event(event)
    print(json.dumps(event), flush=True)
    if event["type"] == last:
        raise SystemExit(print(json.dumps([each.hostname for each in state.alive_workers()])))


with app.connection_for_read() as connection:
    receiver = app.events.Receiver(connection, handlers={"*": told})
    receiver.capture(limit=None, timeout=60, wakeup=True)
