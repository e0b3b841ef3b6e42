"""Checks of TLS and of the CA that the inventory sets."""

from __future__ import annotations

from collections.abc import Mapping

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.findings.finding import Finding
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.problems.addresses import MANY


def is_pem(text: str) -> bool:
    """Return whether a string looks like PEM."""
    return text.lstrip().startswith("-----BEGIN")


def tls_problems(tls: bool, addresses: Mapping[str, str], certificate: str, key: str) -> list[Finding]:
    """Return what is wrong with ``airflow_tls`` and the CA that the inventory sets.

    Args:
        tls: Value of ``airflow_tls``.
        addresses: ``airflow_private_address`` by host.
        certificate: Value of ``airflow_ca_certificate``, in PEM.
        key: Value of ``airflow_ca_key``, in PEM.
    """
    problems = []
    if tls and len(addresses) < MANY:
        text = "on a single host, no connection leaves the host's own network; remove it."
        problems.append(Finding("tls-single-host", "airflow_tls", text))
    if bool(certificate) is not bool(key):
        lacking = "airflow_ca_key" if certificate else "airflow_ca_certificate"
        text = "is missing; set a CA's certificate and its key, or neither to have a CA generated."
        problems.append(Finding("ca-incomplete", lacking, text))
    problems += [
        Finding(
            "pem-invalid",
            name,
            f"must be the PEM text of a {what}, beginning with -----BEGIN; use a vault for the key.",
        )
        for name, what, text in (
            ("airflow_ca_certificate", "certificate", certificate),
            ("airflow_ca_key", "private key without a passphrase", key),
        )
        if text and not is_pem(text)
    ]
    return problems
