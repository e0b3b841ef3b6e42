"""Filters of role airflow_objects: check its lists before anything is changed, and complete connections and users."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.objects.connections import ConnectionKind
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.objects.kind import Kind
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.objects.pools import PoolKind
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.objects.users import ADMIN, UserKind
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.objects.variables import VariableKind

Entry = Mapping[str, Any]

# What stack_database says of a connection.
FIELDS_OF_DATABASE = ("conn_type", "host", "port", "schema", "login", "password")
# Name of the secret, which is also its file's, that is the first administrator's password.
ADMIN_PASSWORD = "admin_password"  # noqa: S105


def connection_problems(connections: Sequence[Entry], databases: Sequence[Entry]) -> list[str]:
    """Return what is wrong with ``airflow_connections``, one sentence a problem, without values of secrets.

    :param connections: the variable's entries
    :param databases: value of ``airflow_postgres_databases``, dicts with ``name`` and ``owner``
    """
    where = "airflow_connections"
    kind = ConnectionKind()
    problems, named = kind.shaped(connections, where, more=["stack_database"])
    entries = []
    for entry in named:
        if entry.get("stack_database"):
            problems += [f"{where}, {entry['conn_id']!r}: {text}" for text in _database_problems(entry, databases)]
        # The rest of such an entry is checked as if it were complete.
        complete = {"conn_type": "postgres", "uri": None} if entry.get("stack_database") else {}
        entries.append({**entry, **complete})
    return problems + kind.problems(entries, where)


def variable_problems(variables: Sequence[Entry]) -> list[str]:
    """Return what is wrong with ``airflow_variables``, one sentence a problem, without values."""
    return _problems(VariableKind(), variables, "airflow_variables")


def pool_problems(pools: Sequence[Entry]) -> list[str]:
    """Return what is wrong with ``airflow_pools``, one sentence a problem."""
    return _problems(PoolKind(), pools, "airflow_pools")


def _problems(kind: Kind, entries: Sequence[Entry], where: str) -> list[str]:
    problems, named = kind.shaped(entries, where)
    return problems + kind.problems(named, where)


def user_problems(users: Sequence[Entry], admin: Entry) -> list[str]:
    """Return what is wrong with ``airflow_users`` and the first administrator, one sentence a problem, no passwords.

    :param users: the variable's entries
    :param admin: ``username`` and ``email`` of the administrator
    """
    kind = UserKind()
    problems, named = kind.shaped(users, "airflow_users")
    # An entry that leaves the administrator's password to the stack is checked as if it were complete.
    complete = [{**entry, "password": "x"} if _lacks_password(entry, admin) else entry for entry in named]
    problems += kind.problems(complete, "airflow_users")
    if not _is_listed(admin, named):
        entry = {**admin, "roles": [ADMIN]}
        problems += kind.problems([entry], "airflow_admin_username, airflow_admin_email")
        problems += [
            f"airflow_users, {entry['username']!r}: email is the first administrator's, airflow_admin_email; write "
            "another one."
            for entry in named
            if entry.get("email") == admin["email"]
        ]
    return problems


def _is_listed(admin: Entry, users: Sequence[Entry]) -> bool:
    """Return whether a list of users has an entry for the first administrator."""
    # To Airflow, names that differ in case only are the same.
    return admin["username"].lower() in [entry["username"].lower() for entry in users]


def _database_problems(entry: Entry, databases: Sequence[Entry]) -> list[str]:
    problems = []
    name = entry["stack_database"]
    known = [database["name"] for database in databases]
    if name not in known:
        instead = f"write one of {', '.join(known)}" if known else "there are none"
        problems.append(
            f"stack_database {name!r} is not listed in airflow_postgres_databases; {instead}, or list it there."
        )
    conflicts = [key for key in (*FIELDS_OF_DATABASE, "uri") if entry.get(key) not in (None, "")]
    if conflicts:
        problems.append(f"stack_database already says {', '.join(conflicts)}; remove the one or the other.")
    return problems


def connections_resolved(
    connections: Sequence[Entry],
    databases: Sequence[Entry],
    secrets: Mapping[str, str],
    host: str = "postgres",
    ca_file: str = "",
) -> list[dict[str, Any]]:
    """Return ``airflow_connections`` as the module takes them: with a database's fields in place of ``stack_database``.

    :param connections: the variable's entries, without problems
    :param databases: value of ``airflow_postgres_databases``
    :param secrets: the secrets of ``secrets_needed`` by name; one that is missing is not known yet
    :param host: where Airflow's containers, and those of tasks, reach the stack's Postgres
    :param ca_file: path there of the certificate that Postgres' own is checked with; empty where it uses no TLS
    """
    owners = {database["name"]: database["owner"] for database in databases}
    resolved = []
    for entry in connections:
        fields = {key: value for key, value in entry.items() if key != "stack_database"}
        name = entry.get("stack_database")
        if name and entry.get("state", "present") == "present":
            fields.update(
                conn_type="postgres",
                host=host,
                port=5432,
                schema=name,
                login=owners[name],
                password=secrets.get(_database_secret(name)),
            )
            if ca_file:
                fields["extra"] = _with_tls(fields.get("extra"), ca_file)
        resolved.append(fields)
    return resolved


def _with_tls(extra: Any, ca_file: str) -> dict[str, Any]:
    """Return a connection's extra, in which the server must prove who it is unless the entry says otherwise."""
    given = json.loads(extra) if isinstance(extra, str) and extra else extra or {}
    return {"sslmode": "verify-full", "sslrootcert": ca_file, **given}


def users_resolved(users: Sequence[Entry], admin: Entry, secrets: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return ``airflow_users`` as the module takes them, and the first administrator.

    The administrator is only made, never changed, unless an entry of the list is about that user: it takes the place of
    the administrator's own, with the administrator's password where it says none.

    :param users: the variable's entries, without problems
    :param admin: ``username`` and ``email`` of the administrator
    :param secrets: the secrets of ``secrets_needed`` by name
    """
    # Where the file is missing in check mode, the real run makes one: any text predicts what it does with it.
    password = secrets.get(ADMIN_PASSWORD, "made by the real run")
    own = {
        **admin,
        "firstname": "Airflow",
        "lastname": "Administrator",
        "roles": [ADMIN],
        "create_only": True,
    }
    entries = [*users] if _is_listed(admin, users) else [own, *users]
    return [{**entry, "password": password} if _lacks_password(entry, admin) else {**entry} for entry in entries]


def _lacks_password(entry: Entry, admin: Entry) -> bool:
    """Return whether an entry is about the first administrator and leaves the password to the stack."""
    present = entry.get("state", "present") == "present"
    return present and _is_listed(admin, [entry]) and entry.get("password") is None


def secrets_needed(connections: Sequence[Entry], users: Sequence[Entry], admin: Entry) -> list[dict[str, str]]:
    """Return which of the stack's secrets the objects need: ``name``, and ``by``, what needs it.

    :param connections: value of ``airflow_connections``
    :param users: value of ``airflow_users``
    :param admin: ``username`` and ``email`` of the first administrator
    """
    present = [entry for entry in connections if entry.get("state", "present") == "present"]
    databases = sorted({entry["stack_database"] for entry in present if entry.get("stack_database")})
    needed = [{"name": _database_secret(name), "by": f"a connection with stack_database {name}"} for name in databases]
    if not _is_listed(admin, users) or any(_lacks_password(entry, admin) for entry in users):
        needed.append({"name": ADMIN_PASSWORD, "by": "the first administrator"})
    return needed


def _database_secret(name: str) -> str:
    """Return the name of the secret that is the password of a database's owner."""
    return f"database_{name}_password"


def names_wanted(entries: Sequence[Entry], key: str) -> list[str]:
    """Return the names of the objects that Airflow will have, also where role airflow_objects has not run yet.

    :param entries: a list of the inventory, such as ``airflow_pools``
    :param key: what names an object in it, such as ``name``
    """
    return [entry[key] for entry in entries if entry.get("state", "present") == "present"]


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Any]:
        """Return the filters by name."""
        return {
            "airflow_connection_problems": connection_problems,
            "airflow_connections_resolved": connections_resolved,
            "airflow_pool_problems": pool_problems,
            "airflow_secrets_needed": secrets_needed,
            "airflow_user_problems": user_problems,
            "airflow_users_resolved": users_resolved,
            "airflow_variable_problems": variable_problems,
            "airflow_wanted": names_wanted,
        }
