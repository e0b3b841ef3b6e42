"""Reads when certificates end. The standard library reads no certificate from a file, so this parses its DER."""

from __future__ import annotations

import re
import ssl
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PEM = re.compile(r"-----BEGIN CERTIFICATE-----\s.*?\s-----END CERTIFICATE-----", re.DOTALL)
SEQUENCE, VERSION, UTC_TIME, GENERALIZED_TIME = 0x30, 0xA0, 0x17, 0x18
# Fields before the validity in a certificate: serial number, signature algorithm, issuer.
BEFORE = 3
SHORT = 0x80


def end(path: Path) -> float | str:
    """Return when the certificate of a file ends, in seconds since the epoch, or why that is not known.

    A file with several certificates is a list of CAs, of which any one may be used: the last end counts.
    """
    try:
        # People write comments between certificates.
        content = path.read_text(encoding="utf-8", errors="replace")
        found = [_end(ssl.PEM_cert_to_DER_cert(text)) for text in PEM.findall(content)]
    except OSError as error:
        return error.strerror or type(error).__name__
    except (ValueError, IndexError):
        return "it is damaged"
    return max(found, default="it holds no certificate")


def _end(der: bytes) -> float:
    """Return when a certificate (RFC 5280) ends."""
    ((outer, certificate),) = _values(der)
    if outer != SEQUENCE:
        raise ValueError("it is no sequence")
    fields = list(_values(next(_values(certificate))[1]))
    if fields[0][0] == VERSION:
        fields = fields[1:]
    tag, text = list(_values(fields[BEFORE][1]))[1]
    form = {UTC_TIME: "%y%m%d%H%M%SZ", GENERALIZED_TIME: "%Y%m%d%H%M%SZ"}.get(tag, "")
    when = datetime.strptime(text.decode("ascii"), form).replace(tzinfo=UTC)
    return when.timestamp()


def _values(der: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the tag and the content of each value in a sequence."""
    at = 0
    while at < len(der):
        tag, length, at = der[at], der[at + 1], at + 2
        if length >= SHORT:
            size = length - SHORT
            length, at = int.from_bytes(der[at : at + size], "big"), at + size
        if at + length > len(der):
            raise ValueError("the value is cut off")
        yield tag, der[at : at + length]
        at += length
