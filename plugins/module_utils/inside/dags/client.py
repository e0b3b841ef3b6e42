"""The client through which a parsing process of release 3 gets variables and connections."""

from __future__ import annotations

from typing import Any

from ..compat import task_api


class Client:
    """The client, created when the parsing process first asks for a variable or connection.

    Attributes:
        api: Airflow's in-process task API; None to create it on demand.
    """

    def __init__(self, api: Any) -> None:
        """Store the API."""
        self.api = api
        self.made: Any = None

    def __getattr__(self, name: str) -> Any:
        """Return an attribute of the real client."""
        if self.made is None:
            from airflow.sdk.api.client import Client as RealClient  # noqa: PLC0415 - only the container has Airflow

            # Same as DagFileProcessorManager.client.
            self.api = self.api or task_api()
            self.made = RealClient(base_url=None, token="", dry_run=True, transport=self.api.transport)
            self.made.base_url = "http://in-process.invalid./"
        found = getattr(self.made, name)
        return Variables(found) if name == "variables" else found


class Variables:
    """The part of the client for variables, without write access.

    The database would refuse writes too, but only after the client had retried for minutes.
    """

    def __init__(self, real: Any) -> None:
        """Store the real part of the client."""
        self.real = real

    def __getattr__(self, name: str) -> Any:
        """Return an attribute of the real part."""
        return getattr(self.real, name)

    def set(self, *_: Any, **__: Any) -> Any:
        """Refuse to set a variable."""
        return refusal()

    def delete(self, *_: Any, **__: Any) -> Any:
        """Refuse to delete a variable."""
        return refusal()


def refusal() -> Any:
    """Raise the error that the client raises when Airflow's API refuses a request."""
    import httpx  # noqa: PLC0415 - only the container has it
    from airflow.sdk.api.client import ServerResponseError  # noqa: PLC0415

    message = "cannot write in a read-only transaction"
    request = httpx.Request("PUT", "http://in-process.invalid./")
    raise ServerResponseError(message, request=request, response=httpx.Response(403, json={"detail": message}))
