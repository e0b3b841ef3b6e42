"""When certificates are reissued: never on an unchanged stack before their last year."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.certificates import good, pem, readable

from tests import rows

OWN = {"commonName": "Airflow stack"}
THEIRS = {"commonName": "Example", "organizationName": "Example"}
# As the filter community.crypto.x509_certificate_info reports it; valid for ten years minus two days.
AUTHORITY: dict[str, Any] = {"subject": OWN, "subject_key_identifier": "ab:cd", "not_after": "20351230120000Z"}
SERVER: dict[str, Any] = {
    "issuer": OWN,
    "authority_key_identifier": "ab:cd",
    "subject_alt_name": ["IP:192.0.2.1"],
    "not_after": "20351230120000Z",
}
WANTED = {
    "services": {"postgres": "192.0.2.1", "redis": "192.0.2.1"},
    "authority": "",
    "now": "20260101120000Z",
}
NAMES = ("ca_certificate", "postgres_certificate", "redis_certificate")
CERTIFICATE = """\
-----BEGIN CERTIFICATE-----
MIIBhTCCASugAwIBAgIUNAAKHQ5V0yiHz7VNo9a8VfloQsgwCgYIKoZIzj0EAwIw
GDEWMBQGA1UEAwwNQWlyZmxvdyBzdGFjazAeFw0yNjExMjkwOTAxNTVaFw0zNjEx
MjYwOTAxNTVaMBgxFjAUBgNVBAMMDUFpcmZsb3cgc3RhY2swWTATBgcqhkjOPQIB
BggqhkjOPQMBBwNCAARDZHLXMTpqhr6PSAPDPzhKsvTwW33C56MCEMSTGsXmaxQ4
NkuPmqbjTCFYFW6RrdUH2bSHygQ1huMcXy5XXLlBo1MwUTAdBgNVHQ4EFgQUlJ3M
C3/1+ztk329DXNoo0270WugwHwYDVR0jBBgwFoAUlJ3MC3/1+ztk329DXNoo0270
WugwDwYDVR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNIADBFAiEA7/u9C+FH+55F
jQ4KY0aoN8PKTmW86VYTmIApCKqmFXcCIACq8jfBnjisC1DddN/vhy8hXhKkpRjT
aH4fD5ZXKHpr
-----END CERTIFICATE-----
"""
# A CA given by the user, which expires soon and has no subject key identifier.
GIVEN = {"subject": THEIRS, "subject_key_identifier": None, "not_after": "20260201120000Z"}


def judged(
    authority: dict[str, Any] | None = None,
    server: dict[str, Any] | None = None,
    missing: str = "",
    text: str = "own",
    **wanted: Any,
) -> bool:
    """Whether a CA and two certificates are kept, with some changes to them."""
    infos = dict(zip(NAMES, ({**AUTHORITY, **(authority or {})}, {**SERVER, **(server or {})}, SERVER), strict=True))
    if server:
        infos["redis_certificate"] = infos["postgres_certificate"]
    infos = {name: info for name, info in infos.items() if name != missing}
    return good(dict.fromkeys(infos, text), infos, {**WANTED, **wanted})


@pytest.mark.parametrize("now", ["20260101120000Z", "20341229120000Z"])
def test_existing_certificates_stay_until_their_last_year(now: str) -> None:
    assert judged(now=now)


@pytest.mark.parametrize("missing", NAMES)
def test_a_missing_certificate_is_issued(missing: str) -> None:
    assert not judged(missing=missing)


@pytest.mark.parametrize(
    "changes",
    [
        # In the last year of a certificate, of the CA, of all of them, and after the expiry.
        {"server": {"not_after": "20261231120000Z"}},
        {"authority": {"not_after": "20261231120000Z"}},
        {"now": "20341230120000Z"},
        {"now": "20400101120000Z"},
        # A changed address, a certificate without names, and the address as a DNS name.
        {"services": {"postgres": "192.0.2.1", "redis": "192.0.2.2"}},
        {"server": {"subject_alt_name": None}},
        {"server": {"subject_alt_name": ["DNS:192.0.2.1"]}},
        # Issued by another CA, judged by its name or its key.
        {"server": {"issuer": THEIRS}},
        {"server": {"authority_key_identifier": "ef:01"}},
        # Issued by a CA that the inventory no longer gives.
        {"authority": GIVEN, "server": {"issuer": THEIRS}},
    ],
)
def test_an_unsuitable_certificate_is_reissued(changes: dict[str, Any]) -> None:
    assert not judged(**changes)


@pytest.mark.parametrize(("given", "stays"), [("theirs", True), ("theirs\n", True), ("another", False), ("", False)])
def test_a_ca_from_the_inventory_is_kept_until_it_changes(given: str, stays: bool) -> None:
    infos = dict(zip(NAMES, (GIVEN, *[{**SERVER, "issuer": THEIRS}] * 2), strict=True))
    assert good(dict.fromkeys(infos, "theirs"), infos, {**WANTED, "authority": given}) is stays


def test_only_services_of_the_stack_have_a_certificate() -> None:
    infos = {"ca_certificate": AUTHORITY}
    assert good({"ca_certificate": "own"}, infos, {**WANTED, "services": {}})
    assert not good({}, {}, {**WANTED, "services": {}})


@pytest.mark.parametrize(
    ("external", "owners"),
    [
        ({}, ["ca", "postgres", "redis"]),
        ({"airflow_postgres_external": {"host": "db"}}, ["ca", "redis"]),
        ({"airflow_redis_external": {"host": "r"}}, ["ca", "postgres"]),
    ],
)
def test_external_servers_get_no_certificate(external: dict[str, Any], owners: list[str]) -> None:
    templar = rows.known(rows.prepare()["2.5"], several=True)
    templar.available_variables = {**templar.available_variables, **external}
    assert rows.plain(rows.value(templar, "__airflow_secrets_certificate_owners")) == owners
    assert list(rows.value(templar, "airflow_plan['certified']").values()) == ["192.0.2.1"] * (len(owners) - 1)


def test_keys_and_certificates_are_named_after_their_files() -> None:
    assert pem({"ca": "k", "redis": "r"}, {"ca": "c"}) == {"ca_key": "k", "redis_key": "r", "ca_certificate": "c"}


@pytest.mark.parametrize(
    "text", ["", "\n", CERTIFICATE[:200], CERTIFICATE.replace("M", "", 1), "-----BEGIN CERTIFICATE-----\n", "\u0633"]
)
def test_a_truncated_certificate_counts_as_missing(text: str) -> None:
    assert readable({"ca_certificate": CERTIFICATE, "postgres_certificate": text}) == {"ca_certificate": CERTIFICATE}
