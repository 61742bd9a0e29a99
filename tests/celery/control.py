"""Sends commands to workers as Celery's control does, and prints the replies to each, a line each.

control.py BROKER PREFIX COMMANDS, where COMMANDS is JSON: [[method, arguments, more], ...], and
more says how it is sent: destination, pattern, matcher, limit.
"""

import json
import sys

from celery import Celery

broker, prefix, commands = sys.argv[1:]
app = Celery(broker=broker)
app.conf.broker_transport_options = {"global_keyprefix": prefix}
for method, arguments, more in json.loads(commands):
    more = {"reply": True, "timeout": 30, "limit": 1, **more}
    print(json.dumps(app.control.broadcast(method, arguments=arguments, **more)))
