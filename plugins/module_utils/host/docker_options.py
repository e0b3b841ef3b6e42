"""Checks of docker_daemon_options: names, and the types that the engine's own parser of daemon.json accepts."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.findings.finding import Finding

OPTION = re.compile(r"[a-z0-9][a-z0-9-]*")
# Options by the type that the engine accepts, tried one by one with `dockerd --validate` of Docker 26.1. An option that
# is not listed is left to the engine.
NAMES = {
    "true or false": (
        "debug experimental icc init ip-forward ip-masq ip6tables iptables ipv6 live-restore no-new-privileges "
        "raw-logs selinux-enabled tls tlsverify userland-proxy"
    ),
    "a whole number": (
        "max-concurrent-downloads max-concurrent-uploads max-download-attempts mtu network-control-plane-mtu "
        "shutdown-timeout"
    ),
    "text": (
        "bip bridge cgroup-parent containerd containerd-namespace data-root default-cgroupns-mode "
        "default-gateway default-gateway-v6 default-ipc-mode default-runtime exec-root fixed-cidr fixed-cidr-v6 group "
        "init-path ip log-driver log-format log-level metrics-addr pidfile "
        "seccomp-profile storage-driver tlscacert tlscert tlskey userland-proxy-path userns-remap"
    ),
    "a list": (
        "allow-nondistributable-artifacts authorization-plugins cdi-spec-dirs default-address-pools dns dns-opts "
        "dns-search exec-opts hosts insecure-registries labels node-generic-resources "
        "registry-mirrors storage-opts"
    ),
    "a dict": "builder default-network-opts default-ulimits features log-opts proxies runtimes",
}
SORTS = {name: sort for sort, names in NAMES.items() for name in names.split()}
# The options by their names without dashes and the last s. Under the names of its flags, which are singular, the engine
# ignores an option; other names it refuses.
PLAIN = {name.replace("-", "").replace("ies", "y").rstrip("s"): name for name in SORTS}
# Removed in Docker 23.
REMOVED = {"graph": "data-root"}
CHOICES = {
    "default-cgroupns-mode": ("host", "private"),
    "default-ipc-mode": ("private", "shareable"),
    "log-format": ("json", "text"),
    "log-level": ("debug", "info", "warn", "error", "fatal"),
}
PATHS = ("data-root", "exec-root", "pidfile")
SAMPLES = {
    "true or false": "true or false without quotes, or a template with | bool",
    "a whole number": "a number without quotes, or a template with | int",
    "text": "one value, in quotes",
    "a list": "[VALUE, VALUE]",
    "a dict": "{NAME: VALUE}",
}
TYPES = {"true or false": bool, "a whole number": int, "text": str, "a list": list, "a dict": Mapping}


def option_problems(options: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield the options with which the engine would not start.

    Args:
        options: Value of ``docker_daemon_options``.
    """

    def wrong(place: str, text: str) -> Finding:
        return Finding("daemon-option-invalid", f"docker_daemon_options.{place}", text)

    for key, value in options.items():
        if text := name_problem(str(key)) or _type_problem(str(key), value) or _value_problem(str(key), value):
            yield wrong(str(key), text)
    given = options.get("log-opts", {})
    for key, value in given.items() if isinstance(given, Mapping) else ():
        if not isinstance(value, str):
            yield wrong(f"log-opts.{key}", "the engine accepts only text here; put the value in quotes.")
    if isinstance(bip := options.get("bip"), str) and not is_network(bip):
        yield wrong("bip", f"{str(bip)!r} is not an address with a prefix; write one, such as 10.9.0.1/16.")
    pools = options.get("default-address-pools", [])
    for number, pool in enumerate(pools if isinstance(pools, list) else []):
        if not _is_pool(pool):
            yield wrong(
                f"default-address-pools[{number}]",
                "must be a base and a size, from the prefix of the base to 32, as in {base: 10.90.0.0/16, size: 24}.",
            )


def name_problem(key: str) -> str:
    """Return what is wrong with the name of an option; an empty text if nothing is known about it.

    Args:
        key: The name in daemon.json.
    """
    meant = REMOVED.get(key) or PLAIN.get(key.replace("-", "").replace("_", "").replace("ies", "y").lower().rstrip("s"))
    if meant and key != meant:
        return f"the engine has no such option, or ignores it; did you mean {meant}?"
    if OPTION.fullmatch(key):
        return ""
    right = key.lower().replace("_", "-")
    hint = f", such as {right}" if OPTION.fullmatch(right) else ""
    return f"the engine has no such option; write lower-case words with dashes{hint}."


def _type_problem(key: str, value: Any) -> str:
    sort = SORTS.get(key)
    if not sort or (isinstance(value, TYPES[sort]) and (sort != "a whole number" or not isinstance(value, bool))):
        return ""
    return f"the engine accepts only {sort} here; write {SAMPLES[sort]}."


def _value_problem(key: str, value: Any) -> str:
    """Return what is wrong with a value of the right type, as dockerd --validate of Docker 26.1 says it."""
    if key in CHOICES and value not in CHOICES[key]:
        return f"{str(value)!r} is not one of {', '.join(CHOICES[key])}; write one of them."
    if SORTS.get(key) == "a whole number" and value < 0 and key != "shutdown-timeout":
        return f"{value} is less than 0; write 0 or more."
    if key in PATHS and value and not value.startswith("/"):
        return f"{str(value)!r} is not an absolute path; write one that begins with /."
    if SORTS.get(key) == "a list" and key != "default-address-pools":
        for each in value:
            if not isinstance(each, str):
                return "the engine accepts only texts in this list; put each value in quotes."
    if key == "dns":
        for each in value:
            if not is_address(each):
                return f"{str(each)!r} is not an IP address; write the addresses of DNS servers."
    return ""


def _is_pool(pool: Any) -> bool:
    if not isinstance(pool, Mapping) or not is_network(str(pool.get("base"))):
        return False
    base, size = ipaddress.ip_interface(str(pool["base"])).network, pool.get("size")
    return isinstance(size, int) and base.prefixlen <= size <= base.max_prefixlen


def is_address(text: str) -> bool:
    """Return whether a text is an IP address.

    Args:
        text: A text such as ``192.0.2.53``.
    """
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def is_network(text: str) -> bool:
    """Return whether a text is an address with the length of its prefix.

    Args:
        text: A text such as ``10.9.0.1/16``.
    """
    try:
        ipaddress.ip_interface(text)
    except ValueError:
        return False
    return "/" in text
