"""An external Postgres, which temporary containers query and dump over the network."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.postgres import Server

# Paths in the containers.
PASSWORDS, AUTHORITIES = "/run/pgpass", "/run/authorities.crt"


class External(Server):
    """A server that is no container of this host.

    Attributes:
        container: Its name, for messages.
        options: Options of ``docker run``.
        image: Image with Postgres' programs.
    """

    def __init__(self, docker: str, known: Mapping[str, Any], directory: str) -> None:
        """Write the password for the programs to a file that only root can read.

        Args:
            docker: Path of the docker command.
            known: ``image``, ``network``, ``environment`` of libpq, ``password_file``, and ``authorities``, a file with
                CA certificates or an empty string.
            directory: Directory for the file.

        Raises:
            OSError: The file cannot be written.
        """
        environment = dict(known["environment"])
        super().__init__(docker, environment["PGHOST"], environment["PGUSER"])
        self.image = known["image"]
        path = os.path.join(directory, "pgpass")
        with open(known["password_file"], encoding="utf-8") as file:
            password = file.read().rstrip("\n").replace("\\", "\\\\").replace(":", "\\:")
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(f"*:*:*:*:{password}\n")
        self.options = ["--network", known["network"], "--volume", f"{path}:{PASSWORDS}:ro"]
        environment["PGPASSFILE"] = PASSWORDS
        if known["authorities"]:
            self.options += ["--volume", f"{known['authorities']}:{AUTHORITIES}:ro"]
            environment["PGSSLROOTCERT"] = AUTHORITIES
        for name, value in environment.items():
            self.options += ["--env", f"{name}={value}"]

    def argv(self, *words: str) -> list[str]:
        """Return the argument list for a program in a temporary container, which can read its standard input."""
        return [self.docker, "run", "--rm", "-i", *self.options, self.image, *words]
