"""The compose definition of a host."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan import network

Dict = dict[str, Any]

# Keys that compose does not know: from the service table, and from the definitions in role airflow_stack.
TABLE_WORDS = ("group", "beside", "airflow", "external", "spread", "commands", "healing")
OWN_WORDS = (*TABLE_WORDS, "arguments", "reads", "data_volumes", "internal_ports", "tls")
# Characters of a host name; Linux takes one more, and Docker fails to start a container with a longer one.
LONGEST = 63


class ComposeError(Exception):
    """The service table and the variables contradict each other; the message says what to write instead."""


def compose(definitions: Mapping[str, Dict], plan: Mapping[str, Any], words: Mapping[str, Any]) -> Dict:
    """Return the compose definition of one host.

    Args:
        definitions: What role airflow_stack adds to the rows of the service table: each entry is a service with the
            keys of compose, and with our own keys, which the header comments of the two files explain.
        plan: The plan of the host before the secrets are known.
        words: ``host`` (inventory name), ``secrets_directory``, ``logging`` and ``healthcheck`` (defaults of compose's
            keys of these names), ``airflow`` (settings shared by the Airflow services), ``memory_limits`` (by service),
            ``contents`` (file texts by name), ``digest_key`` (a secret, so that a label reveals nothing about a
            secret file), and ``subnet`` and ``mtu`` of the network, empty if Docker chooses.

    Returns:
        The definition, ready for docker_compose_v2. Compose interprets ``$`` as the start of a variable, so each one is
        doubled and reaches the container as a single one.

    Raises:
        ComposeError: A service has no group, a memory limit names no service, or a service reads an unknown file.
    """
    services = {name: {**row, **definitions.get(name, {})} for name, row in plan["services"]["table"].items()}
    unknown = sorted(set(words["memory_limits"]) - set(services))
    if unknown:
        raise ComposeError(
            f"airflow_memory_limits: no service {unknown[0]!r}; the services are {', '.join(sorted(services))}."
        )
    entries = {
        name: _with_airflow(name, service, plan, words)
        for name, service in services.items()
        if set(_placed(name, service, plan)) & set(plan["services"]["running"])
    }
    volumes, secrets = _named(entries, "data_volumes"), _named(entries, "secrets")
    definition = {
        "name": plan["project"],
        "services": {
            name: _compose_service(name, _with_neighbours(entry, entries), plan, words)
            for name, entry in entries.items()
        },
        "networks": {"default": network.definition(plan["network"], plan["bridge"], words["subnet"], words["mtu"])},
        "volumes": {volume: {"name": volume, "external": True} for volume in volumes},
        "secrets": {secret: {"file": f"{words['secrets_directory']}/{secret}"} for secret in secrets},
    }
    escaped: Dict = _escaped(definition)
    return escaped


def _named(entries: Mapping[str, Any], word: str) -> list[str]:
    """Return the names that the entries list under a key, sorted and without duplicates."""
    return sorted({name for entry in entries.values() for name in entry.get(word, [])})


def _escaped(value: Any) -> Any:
    """Return a value of the definition with ``$`` doubled, so that compose finds no variables in it."""
    if isinstance(value, Mapping):
        return {key: _escaped(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_escaped(item) for item in value]
    return value.replace("$", "$$") if isinstance(value, str) else value


def _placed(name: str, service: Mapping[str, Any], plan: Mapping[str, Any]) -> list[str]:
    """Return the services on whose hosts this one runs."""
    placed, known = service.get("beside", [name]), plan["services"]["all_groups"]
    unknown = [other for other in placed if other not in known]
    if unknown:
        raise ComposeError(
            f"service {name!r}: roles/airflow/vars/main/services.yml has no group for {unknown[0]!r}; add one, or list "
            f"in `beside:` one or more of {', '.join(sorted(known))}."
        )
    return list(placed)


def _with_tls(entry: Mapping[str, Any]) -> Dict:
    """Return a table entry with its settings for TLS: lists are appended, other values replaced."""
    words = {
        word: [*entry.get(word, []), *value] if isinstance(value, list) else value
        for word, value in entry.get("tls", {}).items()
    }
    return {**entry, **words}


def _with_airflow(name: str, service: Mapping[str, Any], plan: Mapping[str, Any], words: Mapping[str, Any]) -> Dict:
    """Return a table entry on top of the settings of all Airflow services and of its row of the release."""
    if plan["tls"]:
        service = _with_tls(service)
    if not service.get("airflow"):
        return dict(service)
    shared, row = words["airflow"], plan["release"]["services"].get(name, {})
    command = {"command": [*row["command"], *service.get("arguments", [])]} if "command" in row else {}
    result = {**shared, **command, **service}
    result["environment"] = {**shared["environment"], **service.get("environment", {})}
    result["volumes"] = [*shared["volumes"], *service.get("volumes", [])]
    result["reads"] = [*shared["reads"], *service.get("reads", [])]
    result["internal_ports"] = [row["log_port"]] if "log_port" in row else []
    if "health" in row:
        health = list(row["health"])
        if health[0] == "http":
            health[-1] = plan["web_path"] + health[-1]
        if health[0] == "job":
            health.append(str(plan["heartbeats"][health[1]]))
        # -B: a check writes no byte code, which would accumulate in the container's layer.
        result["healthcheck"] = {"test": ["CMD", "python", "-B", "/opt/airflow/health.py", *health]}
    return result


def _with_neighbours(entry: Mapping[str, Any], entries: Mapping[str, Any]) -> Dict:
    """Return a table entry without dependencies on services of other hosts."""
    needed = [name for name in entry.get("depends_on", []) if name in entries]
    others = {word: value for word, value in entry.items() if word != "depends_on"}
    return {**others, "depends_on": needed} if needed else others


def _compose_service(name: str, entry: Mapping[str, Any], plan: Mapping[str, Any], words: Mapping[str, Any]) -> Dict:
    """Return one service as compose takes it: the entry, and the settings that all services of the stack share."""
    result = {key: value for key, value in entry.items() if key not in OWN_WORDS}
    mounts = [f"{volume}:{path}" for volume, path in entry.get("data_volumes", {}).items()]
    result["volumes"] = [*map(_bind, entry.get("volumes", [])), *mounts]
    if plan["address"] and entry.get("internal_ports"):
        published = [f"{plan['address']}:{port}:{port}" for port in entry["internal_ports"]]
        result["ports"] = [*entry.get("ports", []), *published]
    result["hostname"] = host_name(f"{name}-{words['host']}")
    result["logging"] = words["logging"]
    result["security_opt"] = ["no-new-privileges:true"]
    result["labels"] = {"ansible-airflow.files": _digest([*entry.get("reads", []), *entry.get("secrets", [])], words)}
    if "healthcheck" in entry:
        result["healthcheck"] = {**words["healthcheck"], **entry["healthcheck"]}
    if name in words["memory_limits"]:
        result["mem_limit"] = words["memory_limits"][name]
    return result


def host_name(name: str) -> str:
    """Return the host name of a container: a long one is cut, and stays unlike others that begin alike.

    Args:
        name: Name of the service and inventory name of the host.
    """
    if len(name) <= LONGEST:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    return f"{name[: LONGEST - len(digest) - 1].rstrip('.-')}-{digest}"


def _bind(mount: str) -> Dict:
    """Return a mount of a path of the host, written ``SOURCE:TARGET`` or ``SOURCE:TARGET:ro``.

    Docker would create a directory in place of a missing file, which nothing replaces by the file later.
    """
    source, target, *options = mount.split(":")
    found: Dict = {"type": "bind", "source": source, "target": target, "bind": {"create_host_path": False}}
    return {**found, "read_only": True} if options == ["ro"] else found


def _digest(names: Sequence[str], words: Mapping[str, Any]) -> str:
    """Return a keyed digest of mounted files, for a label: compose notices a changed label, but no changed content."""
    digest = hmac.new(str(words["digest_key"]).encode(), digestmod=hashlib.sha256)
    for name in sorted(set(names)):
        if name not in words["contents"]:
            raise ComposeError(f"the content of file {name!r}, which a service reads, is not known.")
        for part in (name, str(words["contents"][name])):
            digest.update(hashlib.sha256(part.encode()).digest())
    return digest.hexdigest()
