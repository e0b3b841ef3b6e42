"""Checks which key a text was encrypted with, without decrypting it.

A Fernet token ends with an HMAC-SHA256 of the rest, made with the first half of the key
(https://github.com/fernet/spec/blob/master/Spec.md). A token whose HMAC is right can be decrypted with the key.
"""

from __future__ import annotations

import base64
import hashlib
import hmac

HMAC_BYTES = 32
SIGNING_BYTES = 16


def opens(token: str, keys: str) -> bool:
    """Return whether one of these keys decrypts a token.

    Args:
        token: The encrypted text.
        keys: Keys in url-safe base64, separated by commas as in Airflow's option ``fernet_key``.
    """
    try:
        data = base64.urlsafe_b64decode(token.strip())
        signing = [base64.urlsafe_b64decode(key.strip())[:SIGNING_BYTES] for key in keys.split(",")]
    except ValueError:
        return False
    signed, found = data[:-HMAC_BYTES], data[-HMAC_BYTES:]
    return any(hmac.compare_digest(hmac.digest(key, signed, hashlib.sha256), found) for key in signing)
