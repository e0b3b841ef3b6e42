"""What the commands of a host print, whoever put it there."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from airflow_watch import host

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

RULE = rb"""*filter
:INPUT ACCEPT [0:0]
-A INPUT -m comment --comment caf\xe9 -j ACCEPT
COMMIT
""".decode("unicode_escape").encode("latin-1")


def test_a_rule_with_any_bytes_does_not_end_the_guard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A comment in Latin-1, as an old script writes it."""
    (tmp_path / "settings").write_text(json.dumps({"project": "p", "compose_file": "c", "bridge": "b"}))
    (tmp_path / "rules").write_bytes(RULE)
    monkeypatch.setattr(host, "LOADED", tmp_path / "rules")
    here = host.Host(tmp_path / "settings")
    printed = here.run("cat", str(tmp_path / "rules"))
    assert "caf\\xe9" in printed
    # What is in force is compared with what was loaded, so both are read alike; and it can be shown.
    assert here.loaded() == host.firewall.parse(printed)
    printed.encode()
