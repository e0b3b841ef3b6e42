"""The secrets of a stack: their names and owners, which ones must be kept, and the files derived from them.

Use functions that return values of secrets only in tasks with ``no_log``.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.servers import postgres_url, redis_url

Entry = dict[str, Any]

# User id that the images of Postgres and Redis run as.
SERVER_UID = 999
# The volume of the stack's own Postgres.
VOLUME = "airflow_postgres_data"
# Why an existing value must not simply be replaced, and how to change it: see the module airflow_secrets.
KEEP = {
    "postgres_password": "The database was initialised with the password in that file, and site.yml does not change it "
    "there. To change it, run ALTER ROLE airflow PASSWORD 'NEW' in the database, remove the file, set "
    "airflow_postgres_password to NEW, and run site.yml again.",
    "backup_password": "Earlier backups are encrypted with the password in that file. To start anew, store it "
    "elsewhere, remove the file, and set another airflow_backup_repository.",
    "fernet_key": "Connections and variables in the database are encrypted with the key in that file and cannot be "
    "decrypted with another one.",
}
# Configuration of the two servers; Redis reads its password from here. The append-only file is enough: after a snapshot
# that failed, as on a full disk, Redis would refuse all writes until the next one succeeds.
REDIS_CONF = 'dir /data\nappendonly yes\nsave ""\nrequirepass "{redis_password:redis}"\n'
REDIS_TLS = """\
port 0
tls-port 6379
tls-cert-file /run/secrets/redis_certificate
tls-key-file /run/secrets/redis_key
tls-ca-cert-file {directory}/ca.crt
tls-auth-clients no
"""
# Only the container itself may connect without TLS.
POSTGRES_HBA = """\
local   all all trust
host    all all 127.0.0.1/32 scram-sha-256
hostssl all all all scram-sha-256
"""


def database_exists(
    keeper: str,
    hosts: Sequence[str],
    volumes: Sequence[str] | None = None,
    external: Mapping[str, Any] | None = None,
    check_mode: bool = False,
) -> bool:
    """Return whether a database exists that uses the stack's secrets, so that they must not be regenerated.

    Args:
        keeper: Host that holds the secrets, which is also the host of the stack's own Postgres.
        hosts: Hosts of this run. A host of the stack that is not among them has been deployed already.
        volumes: Names of the volumes that the keeper's engine has; None if it was not queried.
        external: State of the external Postgres, with ``migrated``; empty if it was not queried, and None if Postgres
            is the stack's own.
        check_mode: Whether this is a dry run. Only then may the engine not have been queried, because none is
            installed.
    """
    if external is not None:
        return bool(external.get("migrated", False))
    if keeper not in hosts:
        return True
    if volumes is None:
        return not check_mode
    return VOLUME in volumes


def wanted(inputs: Mapping[str, Any], plan: Mapping[str, Any], pem: Mapping[str, str]) -> list[Entry]:
    """Return the secrets of a stack, as the module airflow_secrets takes them.

    Args:
        inputs: The public variables of role airflow that are set, by name.
        plan: The plan of any host of the stack.
        pem: Texts of the newly issued keys and certificates, by name; the others are kept.
    """
    uid = plan["uid"]
    own = "" if inputs["airflow_postgres_external"] else KEEP["postgres_password"]
    entries = [
        _given(inputs, "postgres_password", owner=SERVER_UID, keep=own),
        _given(inputs, "redis_password", owner=SERVER_UID),
        _given(inputs, "fernet_key", kind="fernet", owner=uid, keep=KEEP["fernet_key"]),
        _given(inputs, "webserver_secret_key", kind="signing", owner=uid),
        _given(inputs, "admin_password"),
        *([_backup_password(inputs)] if inputs["airflow_backup_enabled"] else []),
        *(_given(inputs, name, kind="signing", owner=uid) for name in plan["release"]["secrets"]),
        # One password per extra database, for its owner.
        *({"name": f"database_{database['name']}_password"} for database in inputs["airflow_postgres_databases"]),
    ]
    # The CA has a key and a certificate, and so does each server with a certificate signed by it.
    owners: dict[str, Entry] = {"ca": {}} if plan["tls"] else {}
    owners |= {of: {"owner": SERVER_UID} for of in plan["certified"]}
    return entries + [
        {"name": name, "kind": "text", **owner, "value": pem.get(name, "")}
        for of, owner in owners.items()
        for name in (f"{of}_key", f"{of}_certificate")
    ]


def _backup_password(inputs: Mapping[str, Any]) -> Entry:
    """Return the password of the backups: it may be lost together with them, but not replaced while it opens them."""
    return _given(inputs, "backup_password", keep=KEEP["backup_password"], regenerate=True)


def _given(inputs: Mapping[str, Any], name: str, **words: Any) -> Entry:
    """Return a secret that the inventory may set in the variable of the same name."""
    variable = f"airflow_{name}"
    return {"name": name, "value": inputs.get(variable) or "", "variable": variable, **words}


def derived(inputs: Mapping[str, Any], plan: Mapping[str, Any]) -> list[Entry]:
    """Return the files that combine addresses and passwords, as the module airflow_secrets takes them.

    Args:
        inputs: The public variables of role airflow that are set, by name.
        plan: The plan of any host of the stack.
    """
    servers = {service: inputs[f"airflow_{service}_external"] for service in ("postgres", "redis")}
    uid, tls, directory = plan["uid"], plan["tls"], plan["ca"]["directory"]
    database = postgres_url(servers["postgres"], plan["servers"]["postgres"], tls, directory)
    broker = redis_url(servers["redis"], plan["servers"]["redis"], tls, directory)
    files = [
        {"name": "sql_alchemy_conn", "owner": uid, "template": database},
        {"name": "result_backend", "owner": uid, "template": f"db+{database}"},
        {"name": "broker_url", "owner": uid, "template": broker},
    ]
    if not servers["redis"]:
        text = REDIS_CONF + (REDIS_TLS.format(directory=directory) if tls else "")
        files.append({"name": "redis_conf", "owner": SERVER_UID, "template": text})
    if tls and not servers["postgres"]:
        files.append({"name": "postgres_hba", "owner": SERVER_UID, "template": POSTGRES_HBA})
    return files


def handed_on(compose: Mapping[str, Any], known: Sequence[Mapping[str, Any]], values: Mapping[str, str]) -> list[Entry]:
    """Return the secrets that a host's services read, as the module airflow_secrets takes them.

    Args:
        compose: The compose definition of the host.
        known: All secrets of the stack, with ``name`` and ``owner``.
        values: Their values by name.
    """
    return [
        {"name": secret["name"], "kind": "text", "owner": secret.get("owner", 0), "value": values[secret["name"]]}
        for secret in known
        if secret["name"] in compose["secrets"]
    ]


def read(results: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Return the stack's secrets by their names.

    Args:
        results: Results of a loop of ``ansible.builtin.slurp`` over their files; skipped ones are ignored.
    """
    return {
        Path(result["source"]).name: base64.b64decode(result["content"]).decode().rstrip("\n")
        for result in results
        if "content" in result
    }
