"""Controls which secrets Airflow collects for masking its logs, and masks secrets in texts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote, quote_plus

from .compat import maskers


def forget_secrets() -> None:
    """Stop Airflow from collecting secrets to mask: nobody reads this process' logs.

    For each new secret it recompiles one regular expression of all secrets: 500 passwords cost seconds.
    """
    for module in maskers():
        module.SecretsMasker.add_mask = lambda _self, _secret, _name=None: None


def remember_secrets() -> list[str]:
    """Return a list to which Airflow adds each secret that it would mask in its logs."""
    met: list[str] = []
    modules = maskers()

    def add_mask(masker: object, secret: Any, name: str | None = None) -> None:
        if isinstance(secret, Mapping):
            for key, value in secret.items():
                add_mask(masker, value, key)
        elif isinstance(secret, str):
            if len(secret) > 3 and (not name or modules[0].should_hide_value_for_key(name)):
                met.append(secret)
        elif isinstance(secret, Iterable):
            for value in secret:
                add_mask(masker, value, name)

    for module in modules:
        module.SecretsMasker.add_mask = add_mask
    return met


def hide(secrets: list[str], text: str) -> str:
    """Replace secrets in a string by stars, including their escaped forms in URLs, Python and JSON."""
    forms = set()
    for secret in secrets:
        forms |= {secret, quote(secret), quote(secret, safe=""), quote_plus(secret)}
        forms |= {repr(secret)[1:-1], json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
    for form in sorted(forms, key=len, reverse=True):
        text = text.replace(form, "***")
    return text
