"""Gives a message to the alert command or URL. Errors show neither the URL, which may hold a token, nor an answer."""

from __future__ import annotations

import http.client
import json
import os
import signal
import ssl
import subprocess
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any, NamedTuple

from .commands import WatchError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

# Timeouts in seconds. A URL may take this long for each step of a connection.
COMMAND_SECONDS, URL_SECONDS = 60, 15
PREFIX = "AIRFLOW_ALERT_"
# The first status that is no success.
REDIRECT = 300


class Target(NamedTuple):
    """Where alerts and heartbeats go; empty for nowhere."""

    command: tuple[str, ...] = ()
    url: str = ""
    heartbeat: str = ""

    @property
    def set(self) -> bool:
        """Whether alerts go anywhere."""
        return bool(self.command or self.url)


def target(path: Path) -> Target:
    """Return where alerts go, from the file that only root can read.

    Raises:
        WatchError: The file is missing or damaged.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        command = tuple(str(word) for word in found.get("command", []))
        return Target(command, str(found.get("url", "")), str(found.get("heartbeat_url", "")))
    except (OSError, ValueError, AttributeError, TypeError) as error:
        # Not the error's text: that of a JSON error is harmless today, but the file is secret.
        raise WatchError(
            f"{path} is missing or damaged; run site.yml, which writes it: {type(error).__name__}"
        ) from error


def deliver(to: Target, message: Mapping[str, str], *, show: bool = False) -> None:
    """Run the command, or send the message to the URL.

    Args:
        to: Where alerts go.
        message: The message.
        show: Show the command's output, which otherwise is discarded: it may contain a secret.

    Raises:
        WatchError: The command or the URL failed.
    """
    if to.command:
        _run(to.command, message, show=show)
    elif to.url:
        body = json.dumps(message).encode()
        headers = {"Content-Type": "application/json", "User-Agent": "airflow-watch"}
        _open(urllib.request.Request, to.url, "airflow_watch_alert.url", data=body, headers=headers, method="POST")


def beat(to: Target) -> None:
    """Request the heartbeat URL.

    Raises:
        WatchError: It does not answer.
    """
    headers = {"User-Agent": "airflow-watch"}
    _open(urllib.request.Request, to.heartbeat, "airflow_watch_heartbeat_url", headers=headers)


class _Unmoved(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: it would turn a POST into a GET without the message."""

    def redirect_request(self, *_: Any) -> None:
        return None


def _open(request: Any, url: str, variable: str, **words: Any) -> None:
    """Send a request, through the proxy of the environment and with the CAs of the host."""
    try:
        opener = urllib.request.build_opener(
            _Unmoved(), urllib.request.HTTPSHandler(context=ssl.create_default_context())
        )
        with opener.open(request(url, **words), timeout=URL_SECONDS) as answer:
            if answer.status >= REDIRECT:
                raise WatchError(f"{variable} answers {answer.status}")
    except urllib.error.HTTPError as error:
        moved = ", a redirect; write the address that it leads to" if error.code < http.client.BAD_REQUEST else ""
        raise WatchError(
            f"{variable} answers {error.code} {http.client.responses.get(error.code, '')}{moved}"
        ) from None
    except urllib.error.URLError as error:
        # An OSError in the usual case; its text names no more than a host.
        raise WatchError(f"{variable} does not answer: {_reason(error.reason)}") from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise WatchError(f"{variable} does not answer: {_reason(error)}") from None


def _reason(error: object) -> str:
    """Return the text of an error of the system or of TLS; of others, which may show the URL, only the name."""
    if isinstance(error, OSError):
        return error.strerror or str(error.args[-1] if error.args else "") or type(error).__name__
    return type(error).__name__


def _run(command: tuple[str, ...], message: Mapping[str, str], *, show: bool) -> None:
    """Run the command as root, without a shell; it gets the message in its environment and on its standard input."""
    environment = {**os.environ, **{f"{PREFIX}{name.upper()}": value for name, value in message.items()}}
    output = None if show else subprocess.DEVNULL
    try:
        with subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            env=environment,
            # To end what it has started, too.
            start_new_session=True,
        ) as process:
            try:
                process.communicate(json.dumps(message).encode(), timeout=COMMAND_SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                raise WatchError(f"{command[0]} did not end within {COMMAND_SECONDS} s") from None
    except (OSError, ValueError) as error:
        raise WatchError(f"{command[0]} cannot be run: {_reason(error)}") from error
    if process.returncode:
        raise WatchError(
            f"{command[0]} failed with exit code {process.returncode}; `airflow-watch alert --test` shows its output"
        )
