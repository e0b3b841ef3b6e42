"""Which secrets exist, which are given, and which must be generated."""

from __future__ import annotations

import base64
import os
import secrets as random_source
import string
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.host.secret_files import owned, read, write


class SecretError(Exception):
    """A secret cannot be settled; the text says why and what to do, never a value."""


@dataclass
class Secret:
    """One secret as the caller wants it.

    Attributes:
        name: File name in the directory of secrets.
        kind: ``password`` (32 random bytes as text), ``signing`` (64 of them), ``fernet`` (32 bytes in url-safe
            base64), or ``text`` (any form, never made here).
        value: The value given by the inventory, or None to keep or make one.
        owner: User id, the only one that may read the file.
        keep: Why a value that exists must not just change, and how to change it all the same, for messages; empty if it
            may change.
        variable: The inventory's variable, for messages.
    """

    name: str
    kind: str = "password"
    value: str | None = None
    owner: int = 0
    keep: str = ""
    variable: str = ""


@dataclass
class Derived:
    """A file whose content is made of secrets.

    Attributes:
        name: File name in the directory of secrets.
        template: Its text, with ``{NAME}`` for a secret, ``{NAME:url}`` for one inside a URL, and ``{NAME:redis}`` for
            one inside the double quotes of redis.conf.
        owner: User id, the only one that may read the file.
    """

    name: str
    template: str
    owner: int


@dataclass
class Outcome:
    """What to do about one secret.

    Attributes:
        secret: The secret it is about.
        value: The value that holds from now on.
        write: True if the file's content must be written.
        chown: True if only its owner or mode must be set.
    """

    secret: Secret
    value: str
    write: bool
    chown: bool


def new_value(kind: str) -> str:
    """Return a fresh random value.

    Args:
        kind: ``password`` or ``fernet``, of 32 random bytes, or ``signing``, of 64: Airflow signs with HS512, whose key
            is to be no shorter than its hash (RFC 7518, section 3.2).
    """
    if kind == "fernet":
        return base64.urlsafe_b64encode(os.urandom(32)).decode()
    return random_source.token_urlsafe(64 if kind == "signing" else 32)


def check_given(secret: Secret) -> None:
    """Raise SecretError if the inventory's value cannot be used."""
    value = secret.value or ""
    if secret.kind == "text":
        return
    if not value.strip() or any(ord(char) < 32 for char in value):
        raise SecretError(f"{secret.variable} must be one line of text and not empty.")
    if secret.kind != "fernet":
        return
    try:
        ok = len(base64.urlsafe_b64decode(value.encode())) == 32
    except ValueError:
        ok = False
    if not ok:
        raise SecretError(
            f"{secret.variable} is no Fernet key: it must be 32 bytes in url-safe base64, as made by "
            "`openssl rand -base64 32 | tr +/ -_`."
        )


def settle(secret: Secret, directory: str, database_exists: bool) -> Outcome:
    """Decide about one secret; changes nothing.

    Args:
        secret: What the caller wants.
        directory: Directory of the secrets.
        database_exists: True if there is data that was made with these secrets.

    Raises:
        SecretError: A given value is unusable or would replace one that must be kept, or data exists whose secret is
            gone.
    """
    path = os.path.join(directory, secret.name)
    present = read(directory, secret.name)
    if secret.value is not None:
        check_given(secret)
        if secret.keep and present is not None and present != secret.value:
            raise SecretError(
                f"{secret.variable} differs from the value in {path}; give the value of that file, or remove "
                f"{secret.variable} from the inventory to keep it. {secret.keep}"
            )
        return Outcome(secret, secret.value, present != secret.value, not owned(path, secret.owner))
    if present is not None:
        return Outcome(secret, present, False, not owned(path, secret.owner))
    if database_exists and secret.keep:
        raise SecretError(
            f"{path} is missing but Airflow's database exists; put the file back from a backup, or give its value "
            f"in {secret.variable}. {secret.keep}"
        )
    if secret.kind == "text":
        beside = secret.name.replace("_key", "_certificate")
        raise SecretError(f"{path} is missing; remove the file {beside} beside it to have both made anew.")
    return Outcome(secret, new_value(secret.kind), True, False)


class _Filler(string.Formatter):
    """Fills a template, quoting each secret for the place it goes to."""

    def format_field(self, value: Any, format_spec: str) -> str:
        """Return a secret as the words after the colon want it."""
        if format_spec == "url":
            return quote(value, safe="")
        if format_spec == "redis":
            return str(value).replace("\\", "\\\\").replace('"', '\\"')
        return str(super().format_field(value, format_spec))


def derive(derived: Derived, values: dict[str, str], directory: str) -> Outcome:
    """Decide about one file that is made of secrets; changes nothing.

    Args:
        derived: What the caller wants.
        values: The settled secrets by name.
        directory: Directory of the secrets.

    Raises:
        SecretError: The template names a secret that is not among them.
    """
    try:
        value = _Filler().format(derived.template, **values)
    except KeyError as error:
        raise SecretError(f"the template of {derived.name} names {error}, which is none of the secrets.") from error
    path = os.path.join(directory, derived.name)
    written = read(directory, derived.name) != value
    return Outcome(Secret(derived.name, owner=derived.owner), value, written, not owned(path, derived.owner))


def apply(outcome: Outcome, directory: str) -> None:
    """Do about one secret what was decided.

    Args:
        outcome: The decision.
        directory: Directory of the secrets.
    """
    path = os.path.join(directory, outcome.secret.name)
    if outcome.write:
        write(path, outcome.value, outcome.secret.owner)
    elif outcome.chown:
        os.chown(path, outcome.secret.owner, 0)
        os.chmod(path, 0o400)
