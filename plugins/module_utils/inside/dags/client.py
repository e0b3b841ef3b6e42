"""The client by which a parsing process of release 3 gets variables and connections."""

from __future__ import annotations

from typing import Any

from ..compat import task_api


class Client:
    """The client, made when the parsing process asks for a first variable or connection.

    Attributes:
        api: Airflow's API for tasks, within this process; None to make it when it is needed.
    """

    def __init__(self, api: Any) -> None:
        """Remember the API."""
        self.api = api
        self.made: Any = None

    def __getattr__(self, name: str) -> Any:
        """Return an attribute of the real client."""
        if self.made is None:
            from airflow.sdk.api.client import Client as RealClient  # noqa: PLC0415 - only the container has Airflow

            # As DagFileProcessorManager.client does.
            self.api = self.api or task_api()
            self.made = RealClient(base_url=None, token="", dry_run=True, transport=self.api.transport)
            self.made.base_url = "http://in-process.invalid./"
        found = getattr(self.made, name)
        return Variables(found) if name == "variables" else found


class Variables:
    """The part of the client for variables, without what writes.

    The database would refuse it too, but only after the client had tried for minutes.
    """

    def __init__(self, real: Any) -> None:
        """Remember the real one."""
        self.real = real

    def __getattr__(self, name: str) -> Any:
        """Return a method that reads."""
        return getattr(self.real, name)

    def set(self, *_: Any, **__: Any) -> Any:
        """Refuse to set a variable."""
        return refusal()

    def delete(self, *_: Any, **__: Any) -> Any:
        """Refuse to delete one."""
        return refusal()


def refusal() -> Any:
    """Raise the error that an answer of Airflow's API would be."""
    import httpx  # noqa: PLC0415 - only the container has it
    from airflow.sdk.api.client import ServerResponseError  # noqa: PLC0415

    message = "cannot write in a read-only transaction"
    request = httpx.Request("PUT", "http://in-process.invalid./")
    raise ServerResponseError(message, request=request, response=httpx.Response(403, json={"detail": message}))
