"""Checks of a run that leaves out hosts of the stack, because of ``--limit`` or because Ansible does not reach them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.findings.finding import Finding

State = Mapping[str, Any]

# Name of the image with extra packages, before its tag; see vars/main/images.yml of role airflow_stack.
EXTRA = "airflow-extra-packages"
WHOLE = "Run site.yml without --limit, when Ansible reaches all hosts"


def limited_problems(
    states: Mapping[str, State], plan: Mapping[str, Any], this_run: Mapping[str, Any]
) -> list[Finding]:
    """Return why a run cannot leave out hosts.

    Args:
        states: Results of the module airflow_host_state by host, without those of unreachable hosts.
        plan: The plan of any host of the stack.
        this_run: ``outside``, hosts of the stack outside this run; ``left_out``, hosts of this run that Ansible does
            not reach; and ``inputs``, the public variables of role airflow, with secrets.
    """
    outside: Sequence[str] = this_run["outside"]
    inputs, missing = this_run["inputs"], [*outside, *this_run["left_out"]]
    known = {host: states[host] for host in outside if host in states}
    return [
        *_images(known, plan, inputs),
        *_tls(known, inputs),
        *_firewall(known),
        *(_secrets(states, plan, known, inputs, missing) if missing else []),
    ]


def _images(known: Mapping[str, State], plan: Mapping[str, Any], inputs: Mapping[str, Any]) -> list[Finding]:
    """Return which hosts outside the run would be left with another image of Airflow."""
    wanted, extra = inputs["airflow_image"], inputs["airflow_extra_packages"]
    # The tag of an image with extra packages is known only when its base image is on the host.
    beginning = f"{EXTRA}:{inputs['airflow_version']}-"
    problems = []
    for host, state in known.items():
        found = {image for service, image in state["images"].items() if service in plan["services"]["airflow_names"]}
        others = {image for image in found if (not image.startswith(beginning) if extra else image != wanted)}
        problems += [
            Finding(
                "limit-image-differs",
                "",
                f"runs {image}, but is not part of this run, which deploys {wanted}"
                f"{' with extra packages' if extra else ''}. {WHOLE}, or write the settings that {host} was deployed "
                "with.",
                host,
            )
            for image in sorted(others)
        ]
    return problems


def _tls(known: Mapping[str, State], inputs: Mapping[str, Any]) -> list[Finding]:
    """Return which hosts outside the run would no longer understand the servers."""
    wanted = bool(inputs["airflow_tls"])
    return [
        Finding(
            "limit-tls-differs",
            "airflow_tls",
            f"{host} was deployed {'without' if wanted else 'with'} TLS, and is not part of this run. {WHOLE}.",
        )
        for host, state in known.items()
        if state["images"] and state["tls"] != wanted
    ]


def _firewall(known: Mapping[str, State]) -> list[Finding]:
    """Return which hosts outside the run have the firewall of an earlier release, which this one cannot update."""
    return [
        Finding(
            "limit-firewall-old",
            "",
            f"has the firewall of an earlier release, which cannot admit the hosts of this run. {WHOLE}, once after "
            "each update of ansible-airflow.",
            host,
        )
        for host, state in known.items()
        if state["images"] and not state["firewall"]
    ]


def _secrets(
    states: Mapping[str, State],
    plan: Mapping[str, Any],
    known: Mapping[str, State],
    inputs: Mapping[str, Any],
    missing: Sequence[str],
) -> list[Finding]:
    """Return which secrets would no longer be the same on all hosts."""
    problems, keeper = [], plan["keeper"]
    for name, digest in states[keeper]["digests"].items():
        value = str(inputs.get(f"airflow_{name}") or "").rstrip("\n")
        wanted = hashlib.sha256(value.encode()).hexdigest() if value else digest
        others = [host for host, state in known.items() if state["digests"].get(name, wanted) != wanted]
        if wanted != digest:
            text = (
                f"differs from the secret that {keeper} has, but this run leaves out {', '.join(missing)}, whose "
                f"services would keep the old one. {WHOLE}."
            )
            problems.append(Finding("limit-secret-differs", f"airflow_{name}", text))
        elif others and value and name in plan["comparison"]["secrets"]:
            has, are = ("has", "is") if len(others) == 1 else ("have", "are")
            text = f"{', '.join(others)} {has} another secret {name}, and {are} not part of this run. {WHOLE}."
            problems.append(Finding("limit-secret-differs", f"airflow_{name}", text))
    return problems
