"""The tables of variables in the roles' READMEs."""

from __future__ import annotations

import pytest

from tests.docs import BEGIN, END, updated, variable_tables

SPECS = {
    "main": {
        "options": {
            "web_port": {"type": "int", "default": 8080, "description": "The port."},
            "web_name": {"type": "str", "required": True, "description": ["First sentence.", "Second one."]},
            "web_users": {
                "type": "list",
                "elements": "dict",
                "default": [],
                "description": "The users.",
                "options": {"state": {"type": "str", "choices": ["present", "absent"], "description": "a | b"}},
            },
        }
    }
}


@pytest.mark.parametrize(
    "row",
    [
        "| `web_port` | int | `8080` | The port. |",
        "| `web_name` | str | required | First sentence. Second one. |",
        "| `web_users` | list of dict | `[]` | The users. |",
        "| `web_users[].state` | str |  | a \\| b One of `present`, `absent`. |",
    ],
)
def test_table_has_a_row_for_each_option(row: str) -> None:
    assert row in variable_tables(SPECS).splitlines()


def test_readme_without_markers_gets_them() -> None:
    assert updated("# role\n", "T") == f"# role\n\n## Variables\n\n{BEGIN}\n\nT\n\n{END}\n"


def test_update_keeps_text_around_the_markers_and_is_idempotent() -> None:
    once = updated(f"# role\n{BEGIN}\nold\n{END}\n## After\n", "T")
    assert once == f"# role\n{BEGIN}\n\nT\n\n{END}\n## After\n"
    assert updated(once, "T") == once


def test_a_single_marker_is_an_error() -> None:
    with pytest.raises(ValueError, match="without the marker"):
        updated(f"{BEGIN}\n", "T")
