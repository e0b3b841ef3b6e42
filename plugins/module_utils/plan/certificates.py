"""Which certificates of the stack's authority there must be, and whether those that are there are good."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

Info = Mapping[str, Any]

# Subject of the stack's own authority.
OWN_AUTHORITY = "Airflow stack"
# Days for which certificates must be good still at any run: those that have less are made anew.
LEFT = 365
# How the filter community.crypto.x509_certificate_info writes dates.
DATE = "%Y%m%d%H%M%SZ"


def readable(texts: Mapping[str, str]) -> dict[str, str]:
    """Return the certificates that can be read. A truncated file counts as missing.

    Args:
        texts: Text of each certificate that is there, by the name of its file.
    """
    return {name: text for name, text in texts.items() if _parses(text)}


def _parses(text: str) -> bool:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=text)
    except (ssl.SSLError, TypeError, ValueError):
        return False
    return True


def good(texts: Mapping[str, str], infos: Mapping[str, Info], wanted: Mapping[str, Any]) -> bool:
    """Return whether all certificates are there and need not be made anew.

    Args:
        texts: Text of each certificate that is there, by the name of its file.
        infos: What the filter community.crypto.x509_certificate_info tells of these.
        wanted: ``services``, the address of each service that has a certificate; ``authority``, the certificate that
            the inventory gives, empty for the stack's own; ``now``, the date, written as in the infos.
    """
    authority = infos.get("ca_certificate")
    if authority is None:
        return False
    # The inventory's is for the user to renew: a certificate of it ends with it in any case.
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
    """Return whether a certificate is good for long enough."""
    ends = datetime.strptime(info["not_after"], DATE)  # noqa: DTZ007
    return ends - datetime.strptime(now, DATE) > timedelta(days=LEFT)  # noqa: DTZ007


def _serves(info: Info | None, address: str, authority: Info) -> bool:
    """Return whether a certificate is there, for an address, and of the authority."""
    if info is None or f"IP:{address}" not in (info["subject_alt_name"] or []):
        return False
    # An authority of the user's need not tell the digest of its key.
    key, issuer = authority["subject_key_identifier"], info["authority_key_identifier"]
    return bool(info["issuer"] == authority["subject"] and (not key or not issuer or key == issuer))


def pem(keys: Mapping[str, str], certificates: Mapping[str, str]) -> dict[str, str]:
    """Return what was just signed, by the names of its files.

    Args:
        keys: Private keys, by their owners.
        certificates: Certificates, by their owners.
    """
    return {f"{of}_key": text for of, text in keys.items()} | {
        f"{of}_certificate": text for of, text in certificates.items()
    }
