"""The name of this container in Airflow's records, by which web servers on other hosts fetch the logs of its tasks."""

import os
import socket


def get():
    """Return the address at which the stack's other hosts reach this one; on a single host, the container's name.

    Unlike the name, the address is known on every host, even after the container was recreated.
    """
    return os.environ.get("AIRFLOW_STACK_ADDRESS") or socket.gethostname()
