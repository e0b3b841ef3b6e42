"""The key and the certificates are URLs or texts in the inventory, or files on the controller."""

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.host.docker_inputs import (
    certificates,
    repository_key,
)

URL = "https://mirror.example.com/linux"
PEM = "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----"


@pytest.mark.parametrize(
    ("key", "distribution", "found"),
    [
        ("", "Debian", f"{URL}/debian/gpg"),
        ("", "Ubuntu", f"{URL}/ubuntu/gpg"),
        ("https://mirror.example.com/gpg", "Debian", "https://mirror.example.com/gpg"),
        ("http://mirror.example.com/gpg", "Debian", "http://mirror.example.com/gpg"),
        ("key.asc", "Debian", " first\nlast"),
    ],
)
def test_the_key_is_a_url_or_the_content_of_a_file(key: str, distribution: str, found: str, tmp_path: Path) -> None:
    (tmp_path / "key.asc").write_text(" first\nlast\n\n")
    assert repository_key(key, URL, distribution, [str(tmp_path)]) == found


@pytest.mark.parametrize(
    "entry",
    [
        {"content": f"\n{PEM}\n\n"},
        {"content": PEM, "src": None},
        {"src": "ca.pem"},
        {"src": "ca.pem", "content": None},
    ],
)
def test_a_certificate_becomes_a_file_in_the_trust_store(entry: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text(f"{PEM}\n\n")
    assert certificates([{"name": "example", **entry}], [str(tmp_path)]) == [
        {
            "name": "example",
            "path": "/usr/local/share/ca-certificates/example.crt",
            "owner": "root",
            "group": "root",
            "mode": "0644",
            "content": f"{PEM}\n",
        }
    ]


def test_the_error_for_a_missing_file_lists_the_directories_searched(tmp_path: Path) -> None:
    words = f"missing does not exist on the controller below {tmp_path} or {Path.cwd()}"
    with pytest.raises(FileNotFoundError, match=words):
        repository_key("missing", URL, "Debian", [str(tmp_path)])
    with pytest.raises(FileNotFoundError, match=words):
        certificates([{"name": "a", "src": "missing"}], [str(tmp_path)])
