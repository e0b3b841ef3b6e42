"""Rules that values of variables follow: numbers in a range, sizes, paths, URLs, references of images.

A rule is a function of the place, such as ``airflow_web_port``, and the value; it returns the findings. With -e and in
INI inventories, values are strings. A Boolean is not a number.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.findings.finding import Finding

Rule = Callable[[str, Any], "list[Finding]"]

_SIZE = re.compile(r"([0-9]+(?:\.[0-9]+)?) ?([kmgtp]?)i?b?", re.IGNORECASE)
_POWERS = {unit: 1024**power for power, unit in enumerate(("", "k", "m", "g", "t", "p"))}
# The grammar of Docker's package reference: registry, path, tag, digest.
_WORD = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_REGISTRY = r"(?:[A-Za-z0-9]+(?:[.-]+[A-Za-z0-9]+)*|\[[0-9A-Fa-f:]+\])(?::[0-9]+)?"
_IMAGE = re.compile(
    rf"(?:{_REGISTRY}/)?{_WORD}(?:/{_WORD})*(?::[A-Za-z0-9_][A-Za-z0-9_.-]{{0,127}})?(?:@[a-z0-9]+:[0-9a-f]{{32,}})?"
)


def is_whole(value: Any) -> bool:
    """Return whether a value is a whole number that is not negative, or such a number in a string."""
    return not isinstance(value, bool) and bool(re.fullmatch(r"[0-9]{1,10}", str(value)))


def number(least: int, most: int, unit: str = "", advice: str = "") -> Rule:
    """Return the rule of whole numbers in a range.

    Args:
        least: The lowest one.
        most: The highest one.
        unit: What is counted, such as ``seconds``.
        advice: A sentence for people who want something that no number says.
    """
    words = f"whole number{unit and f' of {unit}'} from {least} to {most}; write one.{advice and f' {advice}'}"

    def judge(place: str, value: Any) -> list[Finding]:
        if is_whole(value) and least <= int(value) <= most:
            return []
        return [Finding("number-out-of-range", place, f"{value!r} is not a {words}")]

    return judge


def decimal(most: int, unit: str) -> Rule:
    """Return the rule of numbers above 0, which may have decimals.

    Args:
        most: The highest one.
        unit: What is counted, such as ``seconds``.
    """

    def judge(place: str, value: Any) -> list[Finding]:
        plain = not isinstance(value, bool) and re.fullmatch(r"[0-9]{1,10}(\.[0-9]+)?", str(value))
        if plain and 0 < float(value) <= most:
            return []
        return [Finding("number-out-of-range", place, f"{value!r} is not a number of {unit} above 0 and up to {most}.")]

    return judge


def size(least: str) -> Rule:
    """Return the rule of sizes in Docker's notation.

    Args:
        least: The smallest one, such as ``6m``.
    """

    def judge(place: str, value: Any) -> list[Finding]:
        found = _bytes(value)
        if found is not None and found >= (_bytes(least) or 0):
            return []
        text = f"{value!r} is not a size of at least {least} in Docker's notation; write one, such as 512m or 2g."
        return [Finding("size-invalid", place, text)]

    return judge


def _bytes(value: Any) -> float | None:
    match = None if isinstance(value, bool) else _SIZE.fullmatch(str(value).strip())
    return float(match[1]) * _POWERS[match[2].lower()] if match else None


def path(place: str, value: Any) -> list[Finding]:
    """Judge an absolute path."""
    if not isinstance(value, str) or not value.startswith("/"):
        return [Finding("path-relative", place, f"{value!r} must begin with /; write the full path on the hosts.")]
    if re.search(r"[\x00-\x1f\x7f]", value):
        return [Finding("path-unusable", place, f"{value!r} contains a control character; write a path without it.")]
    return []


def mounted_path(place: str, value: Any) -> list[Finding]:
    """Judge a path that containers mount: compose separates a source from its target by a colon."""
    if problems := path(place, value):
        return problems
    if ":" in value:
        return [Finding("path-unusable", place, f"{value!r} contains a colon, which ends the source of a mount.")]
    if not posixpath.normpath(value).strip("/"):
        return [Finding("path-unusable", place, f"{value!r} is the root directory; write a directory below it.")]
    return []


def is_image(value: Any) -> bool:
    """Return whether a value is a reference of an image."""
    return isinstance(value, str) and bool(_IMAGE.fullmatch(value))


def image(place: str, value: Any) -> list[Finding]:
    """Judge a reference of an image."""
    if is_image(value):
        return []
    text = f"{value!r} is not a reference of an image; write one, such as registry.example.com/redis:7."
    return [Finding("image-invalid", place, text)]


def url(place: str, value: Any, *, password: bool = False) -> list[Finding]:
    """Judge a URL without showing it, because it may be a secret.

    Args:
        place: The variable.
        value: Its value.
        password: Whether the URL may contain a user and a password.
    """
    if not isinstance(value, str) or not value:
        text = "is empty or not a string; write a URL such as https://alerts.example.com/TOKEN."
        return [Finding("url-invalid", place, text)]
    if not re.fullmatch(r"[!-~]+", value):
        text = "contains spaces or characters other than ASCII; write them percent-encoded."
        return [Finding("url-characters", place, text)]
    try:
        parts = urlsplit(value)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
    if not good:
        return [Finding("url-invalid", place, "is not a URL with http:// or https:// and a host; write one.")]
    if "@" in parts.netloc and not password:
        text = "has a user or password before the host, which is not supported; use a token in its path."
        return [Finding("url-password", place, text)]
    return []


def index(place: str, value: Any) -> list[Finding]:
    """Judge the URL of a package index; empty for none."""
    return [] if value == "" else url(place, value, password=True)


def serial(place: str, value: Any) -> list[Finding]:
    """Judge a number of hosts as Ansible's ``serial`` takes it: also a percentage, or a list of both."""
    steps = value if isinstance(value, list) else [value]
    if steps and not any(isinstance(step, bool) or not re.fullmatch(r"[1-9][0-9]*%?", str(step)) for step in steps):
        return []
    text = f"{value!r} is not a number of hosts of at least 1; write one, or a percentage: 100% updates all at once."
    return [Finding("serial-invalid", place, text)]


def each(rule: Rule) -> Rule:
    """Return the rule of lists whose entries all follow a rule."""

    def judge(place: str, value: Any) -> list[Finding]:
        if not isinstance(value, (list, tuple)):
            return [Finding("type-wrong", place, f"{value!r} must be a list.")]
        return [found for entry in value for found in rule(place, entry)]

    return judge


def every(rule: Rule) -> Rule:
    """Return the rule of dicts whose values all follow a rule."""

    def judge(place: str, value: Any) -> list[Finding]:
        if not isinstance(value, Mapping):
            return [Finding("type-wrong", place, f"{value!r} must be a dict.")]
        return [found for key, entry in value.items() for found in rule(f"{place}.{key}", entry)]

    return judge
