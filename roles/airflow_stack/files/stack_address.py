"""Names this container in Airflow's records, which web servers on other hosts use to fetch the logs of its tasks."""

import os
import socket


def get():
    """Return the address at which the stack's other hosts reach this one; on a single host, the container's name.

    Unlike the name, the address is known on every host, also after the container was made anew.
    """
    return os.environ.get("AIRFLOW_STACK_ADDRESS") or socket.gethostname()
