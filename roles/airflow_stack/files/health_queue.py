"""Whether an idle Celery worker takes the tasks that wait for it; a part of the worker's health check.

Celery 5.2 can lose the connection on which it waits for messages, and go on without one: it answers, and says that it
consumes its queues, but takes nothing. The program runs on Python 3.7, the oldest version of the official images.
"""

import time

# Seconds in which an idle worker takes a message. It needs a few milliseconds.
IDLE_SECONDS = 4


def oldest(app, queues):
    """Return the oldest message of each queue that has one."""
    with app.connection_for_write() as connection:
        client = connection.default_channel.client
        found = {queue: client.lindex(queue, -1) for queue in queues}
    return {queue: message for queue, message in found.items() if message}


def left_waiting(app, inspect, name, queues):
    """Return the queues from which an idle worker takes nothing.

    Args:
        app: The Celery application.
        inspect: Its inspection of this worker.
        name: Name of the worker.
        queues: Names of the queues that it should consume.
    """
    before = oldest(app, queues)
    if not before or (inspect.active() or {}).get(name) or (inspect.reserved() or {}).get(name):
        return []
    time.sleep(IDLE_SECONDS)
    after = oldest(app, queues)
    if (inspect.active() or {}).get(name):
        return []
    return [queue for queue, message in before.items() if after.get(queue) == message]
