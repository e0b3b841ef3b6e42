"""Checks whether the certificates that the stack's CA must issue exist and are valid."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

Info = Mapping[str, Any]

# Common name of the stack's own CA.
OWN_AUTHORITY = "Airflow stack"
# Days for which certificates must remain valid; a run reissues certificates with fewer days left.
LEFT = 365
# Date format of the filter community.crypto.x509_certificate_info.
DATE = "%Y%m%d%H%M%SZ"


def readable(texts: Mapping[str, str]) -> dict[str, str]:
    """Return the certificates that can be parsed; a truncated file counts as missing.

    Args:
        texts: Text of each existing certificate, by file name.
    """
    return {name: text for name, text in texts.items() if _parses(text)}


def _parses(text: str) -> bool:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=text)
    except (ssl.SSLError, TypeError, ValueError):
        return False
    return True


def good(texts: Mapping[str, str], infos: Mapping[str, Info], wanted: Mapping[str, Any]) -> bool:
    """Return whether all certificates exist and none must be reissued.

    Args:
        texts: Text of each existing certificate, by file name.
        infos: Result of the filter community.crypto.x509_certificate_info for each of them.
        wanted: ``services``, the address of each service that has a certificate; ``authority``, the CA certificate that
            the inventory sets, empty for the stack's own CA; ``now``, the date in the format of the infos.
    """
    authority = infos.get("ca_certificate")
    if authority is None:
        return False
    # The user renews a CA from the inventory; certificates that it signed expire with it in any case.
    if wanted["authority"]:
        if texts["ca_certificate"].strip() != wanted["authority"].strip():
            return False
    elif authority["subject"].get("commonName") != OWN_AUTHORITY or not _lasts(authority, wanted["now"]):
        return False
    return all(
        _serves(infos.get(f"{service}_certificate"), address, authority)
        and _lasts(infos[f"{service}_certificate"], wanted["now"])
        for service, address in wanted["services"].items()
    )


def _lasts(info: Info, now: str) -> bool:
    """Return whether a certificate remains valid for long enough."""
    ends = datetime.strptime(info["not_after"], DATE)  # noqa: DTZ007
    return ends - datetime.strptime(now, DATE) > timedelta(days=LEFT)  # noqa: DTZ007


def _serves(info: Info | None, address: str, authority: Info) -> bool:
    """Return whether a certificate exists, is valid for an address and was signed by the CA."""
    if info is None or f"IP:{address}" not in (info["subject_alt_name"] or []):
        return False
    # A user's CA may lack a subject key identifier.
    key, issuer = authority["subject_key_identifier"], info["authority_key_identifier"]
    return bool(info["issuer"] == authority["subject"] and (not key or not issuer or key == issuer))


def pem(keys: Mapping[str, str], certificates: Mapping[str, str]) -> dict[str, str]:
    """Return the newly issued keys and certificates, by file name.

    Args:
        keys: Private keys, by owner.
        certificates: Certificates, by owner.
    """
    return {f"{of}_key": text for of, text in keys.items()} | {
        f"{of}_certificate": text for of, text in certificates.items()
    }
