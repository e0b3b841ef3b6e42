"""Filters that shape the data of role airflow_stack: airflow.cfg and the compose definition."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.inside.encryption import count_query
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.base_url import web_path

Dict = dict[str, Any]

# Words that compose does not know: those of the service table, and those of the definitions in role airflow_stack.
TABLE_WORDS = ("group", "beside", "airflow", "external", "spread", "commands")
OWN_WORDS = (*TABLE_WORDS, "arguments", "reads", "data_volumes", "internal_ports", "tls")


def airflow_cfg(*layers: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the text of airflow.cfg.

    Airflow reads the file with configparser: ``%`` interpolates and is doubled here, a line break in a value is
    followed by an indent, and booleans and empty values are written as Airflow's own default file writes them.

    :param layers: options as dicts of sections, later ones win
    :returns: the file's text, sections and options sorted
    """
    merged: dict[str, dict[str, str]] = {}
    for layer in layers:
        for section, options in layer.items():
            target = merged.setdefault(str(section), {})
            target.update({str(option).lower(): _cfg_value(value) for option, value in options.items()})
    blocks = [
        "\n".join([f"[{section}]", *(f"{option} = {value}".rstrip() for option, value in sorted(options.items()))])
        for section, options in sorted(merged.items())
    ]
    return "\n\n".join(blocks) + "\n"


def _cfg_value(value: Any) -> str:
    """Return one option's value as configparser reads it back."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, (list, tuple)):
        value = ",".join(str(item) for item in value)
    return str(value).replace("%", "%%").replace("\n", "\n    ")


def airflow_compose(services: Mapping[str, Dict], stack: Mapping[str, Any]) -> Dict:
    """Return the compose definition of one host.

    :param services: the service table with the definitions of role airflow_stack; each entry is a service in compose's
        words, plus those that the heads of the two files explain
    :param stack: ``project``, ``network``, ``bridge`` (its name on the host), ``host`` (inventory name), ``address``
        (for the stack's other hosts, empty where there are none), ``tls``, ``groups`` (of this host),
        ``service_groups`` (the inventory group whose hosts run a service, by service), ``secrets_directory``,
        ``logging`` and ``healthcheck`` (what compose's words of these names start from), ``airflow`` (what the Airflow
        services share), ``release`` (command, health check and port of the log server by service), ``web_path`` (the
        path below which the web server answers, empty or with a slash before it), ``memory_limits`` (by service),
        ``contents`` (file texts by name) and ``digest_key`` (a secret, so that a label tells nothing of
        a secret file)
    :returns: the definition, ready for docker_compose_v2; compose takes a ``$`` for the start of a variable, so each
        is doubled and reaches the container as it was written
    :raises AnsibleFilterError: if no group is known of a service, a memory limit names no service, or a file is unknown
    """
    unknown = sorted(set(stack["memory_limits"]) - set(services))
    if unknown:
        raise AnsibleFilterError(
            f"airflow_memory_limits: no service {unknown[0]!r}; the services are {', '.join(sorted(services))}."
        )
    entries = {
        name: _with_airflow(name, service, stack)
        for name, service in services.items()
        if set(_groups(name, service, stack["service_groups"])) & set(stack["groups"])
    }
    data_volumes = sorted(volume for entry in entries.values() for volume in entry.get("data_volumes", {}))
    secrets = sorted({secret for entry in entries.values() for secret in entry.get("secrets", [])})
    definition = {
        "name": stack["project"],
        "services": {
            name: _compose_service(name, _with_neighbours(entry, entries), stack) for name, entry in entries.items()
        },
        "networks": {
            "default": {
                "name": stack["network"],
                "driver_opts": {"com.docker.network.bridge.name": stack["bridge"]},
            }
        },
        "volumes": {volume: {"name": volume, "external": True} for volume in data_volumes},
        "secrets": {secret: {"file": f"{stack['secrets_directory']}/{secret}"} for secret in secrets},
    }
    escaped: Dict = _escaped(definition)
    return escaped


def _escaped(value: Any) -> Any:
    """Return a value of the definition in which compose finds no variables."""
    if isinstance(value, Mapping):
        return {key: _escaped(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_escaped(item) for item in value]
    return value.replace("$", "$$") if isinstance(value, str) else value


def _groups(name: str, service: Mapping[str, Any], service_groups: Mapping[str, str]) -> list[str]:
    """Return the inventory groups whose hosts run the service."""
    placed = service.get("beside", [name])
    unknown = [other for other in placed if other not in service_groups]
    if unknown:
        raise AnsibleFilterError(
            f"service {name!r}: roles/airflow/vars/main/services.yml has no group for {unknown[0]!r}; add one, or "
            f"list in `beside:` some of {', '.join(sorted(service_groups))}."
        )
    return [service_groups[other] for other in placed]


def _with_tls(entry: Mapping[str, Any]) -> Dict:
    """Return a table entry with its words for TLS: lists follow its own, other values take their place."""
    words = {
        word: [*entry.get(word, []), *value] if isinstance(value, list) else value
        for word, value in entry.get("tls", {}).items()
    }
    return {**entry, **words}


def _with_airflow(name: str, service: Mapping[str, Any], stack: Mapping[str, Any]) -> Dict:
    """Return a table entry with what all Airflow services share, and its row of the release, put under it."""
    if stack["tls"]:
        service = _with_tls(service)
    if not service.get("airflow"):
        return dict(service)
    shared, row = stack["airflow"], stack["release"].get(name, {})
    command = {"command": [*row["command"], *service.get("arguments", [])]} if "command" in row else {}
    result = {**shared, **command, **service}
    result["environment"] = {**shared["environment"], **service.get("environment", {})}
    result["volumes"] = [*shared["volumes"], *service.get("volumes", [])]
    result["reads"] = [*shared["reads"], *service.get("reads", [])]
    result["internal_ports"] = [row["log_port"]] if "log_port" in row else []
    if "health" in row:
        health = list(row["health"])
        if health[0] == "http":
            health[-1] = stack["web_path"] + health[-1]
        # -B: a check writes no byte code, which would pile up in the container's layer.
        result["healthcheck"] = {"test": ["CMD", "python", "-B", "/opt/airflow/health.py", *health]}
    return result


def _with_neighbours(entry: Mapping[str, Any], entries: Mapping[str, Any]) -> Dict:
    """Return a table entry that depends on those services only that this host has."""
    needed = [name for name in entry.get("depends_on", []) if name in entries]
    others = {word: value for word, value in entry.items() if word != "depends_on"}
    return {**others, "depends_on": needed} if needed else others


def _compose_service(name: str, entry: Mapping[str, Any], stack: Mapping[str, Any]) -> Dict:
    """Return one service in compose's words: the entry, and what all services of the stack share."""
    result = {key: value for key, value in entry.items() if key not in OWN_WORDS}
    mounts = [f"{volume}:{path}" for volume, path in entry.get("data_volumes", {}).items()]
    result["volumes"] = [*entry.get("volumes", []), *mounts]
    if stack["address"] and entry.get("internal_ports"):
        published = [f"{stack['address']}:{port}:{port}" for port in entry["internal_ports"]]
        result["ports"] = [*entry.get("ports", []), *published]
    result["hostname"] = f"{name}-{stack['host']}"
    result["logging"] = stack["logging"]
    result["security_opt"] = ["no-new-privileges:true"]
    result["labels"] = {"ansible-airflow.files": _digest([*entry.get("reads", []), *entry.get("secrets", [])], stack)}
    if "healthcheck" in entry:
        result["healthcheck"] = {**stack["healthcheck"], **entry["healthcheck"]}
    if name in stack["memory_limits"]:
        result["mem_limit"] = stack["memory_limits"][name]
    return result


def _digest(names: Sequence[str], stack: Mapping[str, Any]) -> str:
    """Return a keyed digest of mounted files: compose does not see their content, but it sees a label."""
    digest = hmac.new(str(stack["digest_key"]).encode(), digestmod=hashlib.sha256)
    for name in sorted(set(names)):
        if name not in stack["contents"]:
            raise AnsibleFilterError(f"no content is known of the file {name!r}, which a service reads.")
        for part in (name, str(stack["contents"][name])):
            digest.update(hashlib.sha256(part.encode()).digest())
    return digest.hexdigest()


def airflow_image_ids(names: Sequence[str], inspected: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Return the id of each image that the engine has.

    :param names: image references as the inventory writes them, such as ``postgres:15``
    :param inspected: what the engine says of images; each has ``Id`` and ``RepoTags``
    :returns: id by name; an image that is not among them is left out
    """
    by_tag = {tag: image["Id"] for image in inspected for tag in image.get("RepoTags") or []}
    return {name: by_tag[name] for name in names if name in by_tag}


def airflow_pip_errors(built: Mapping[str, Any]) -> str:
    """Return what pip complained of in a build that failed.

    :param built: result of the module docker_image_build
    :returns: pip's lines with an error and what depends on what, or else the end of what was said
    """
    said = "\n".join(str(built.get(part) or "") for part in ("stdout", "stderr", "msg"))
    lines = [re.sub(r"^#\d+ [\d.]+ +", "", line.strip()) for line in said.splitlines()]
    # The builder's own error only says that pip failed.
    telling = r"(?i)error: (?!failed to solve)|The user requested|\S+ \S+ (depends on|requires|has requirement)"
    found = [line for line in lines if re.match(telling, line)]
    return "\n".join(dict.fromkeys(found)) or "\n".join(lines[-10:])


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Any]:
        """Return the filters by name."""
        return {
            "airflow_cfg": airflow_cfg,
            "airflow_compose": airflow_compose,
            "airflow_image_ids": airflow_image_ids,
            "airflow_pip_errors": airflow_pip_errors,
            "airflow_plain_rows_query": count_query,
            "airflow_web_path": web_path,
        }
