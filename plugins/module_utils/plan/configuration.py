"""The text of airflow.cfg."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def cfg(*layers: Mapping[str, Mapping[str, Any]]) -> str:
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
