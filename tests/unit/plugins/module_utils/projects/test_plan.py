"""projects_list becomes flat lists with every default filled in."""

import datetime
import hashlib
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.projects.plan import (
    projects_plan,
    projects_work,
    render,
)


def plan(*projects: dict[str, Any], roots: list[str] | None = None) -> dict[str, Any]:
    return projects_plan(projects, "/srv/p", roots or [])


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ({"path": "a", "content": "as it is"}, "as it is"),
        ({"path": "a.json", "content": '{"as": "it is"}'}, '{"as": "it is"}'),
        ({"path": "a.json", "content": {"b": "سلام", "a": [1, True, None]}}, None),
        ({"path": "a.json", "content": []}, "[]\n"),
        ({"path": "a.yml", "content": {"b": "سلام", "a": [1]}}, "---\na:\n- 1\nb: سلام\n"),
        ({"path": "a.conf", "content": {"a": 1}, "format": "yaml"}, "---\na: 1\n"),
        ({"path": "a.conf", "content": {"a": 1}, "format": "json"}, '{\n  "a": 1\n}\n'),
        ({"path": "a.yaml", "content": {"a": 1}, "format": "json"}, '{\n  "a": 1\n}\n'),
        ({"path": "a.json", "content": {"day": datetime.date(2026, 1, 2)}}, '{\n  "day": "2026-01-02"\n}\n'),
    ],
)
def test_content_becomes_text(file: dict[str, Any], text: str | None) -> None:
    if text is None:
        text = '{\n  "a": [\n    1,\n    true,\n    null\n  ],\n  "b": "سلام"\n}\n'
    assert render(file) == text


def test_subclasses_of_plain_types_can_be_written_as_yaml() -> None:
    class Text(str):
        __slots__ = ()

    class Number(int):
        pass

    assert render({"path": "a.yml", "content": {Text("a"): [Number(1), Text("b")]}}) == "---\na:\n- 1\n- b\n"


def test_parent_directories_come_first_and_need_no_entry() -> None:
    project = {
        "name": "a",
        "directories": [{"path": "x/y", "mode": "0700"}],
        "files": [{"path": "conf/app/c.json", "content": {}}],
    }
    assert [(entry["path"], entry["mode"]) for entry in plan(project)["directories"]] == [
        ("/srv/p/a", "0755"),
        ("/srv/p/a/conf", "0755"),
        ("/srv/p/a/conf/app", "0755"),
        ("/srv/p/a/x", "0755"),
        ("/srv/p/a/x/y", "0700"),
    ]


def test_the_owner_defaults_to_that_of_the_project() -> None:
    files = [{"path": "x", "content": ""}, {"path": "y", "content": "", "owner": "1", "group": "2", "mode": "0640"}]
    result = plan({"name": "a", "owner": "10", "group": "20", "mode": "0700", "files": files})
    assert result["directories"] == [{"path": "/srv/p/a", "owner": "10", "group": "20", "mode": "0700"}]
    assert result["files"] == [
        {"path": "/srv/p/a/x", "owner": "10", "group": "20", "mode": "0644", "content": ""},
        {"path": "/srv/p/a/y", "owner": "1", "group": "2", "mode": "0640", "content": ""},
    ]


def test_the_default_owner_is_root() -> None:
    assert plan({"name": "a"})["directories"] == [
        {"path": "/srv/p/a", "owner": "root", "group": "root", "mode": "0755"}
    ]


def test_secret_files_are_listed_separately_with_mode_0600() -> None:
    result = plan({"name": "a", "files": [{"path": "s", "content": "x", "secret": True}]})
    assert result["files"] == []
    assert result["secret_files"][0]["mode"] == "0600"


def test_source_paths_become_absolute(tmp_path: Path) -> None:
    (tmp_path / "c").write_text("x")
    (entry,) = plan({"name": "a", "files": [{"path": "x", "src": "c"}]}, roots=[str(tmp_path)])["files"]
    assert entry["src"] == str(tmp_path / "c")
    assert "content" not in entry


def test_absent_projects_and_files_are_listed_separately() -> None:
    result = plan(
        {"name": "a", "files": [{"path": "sub/old", "state": "absent"}]},
        {"name": "b", "state": "absent", "files": [{"path": "x", "content": ""}]},
    )
    assert (result["present"], result["absent"]) == (["a"], ["b"])
    assert result["absent_files"] == ["/srv/p/a/sub/old"]
    assert [entry["path"] for entry in result["directories"]] == ["/srv/p/a"]


PROJECT = {
    "name": "a",
    "owner": "1",
    "group": "2",
    "directories": [{"path": "out", "mode": "0775"}],
    "files": [
        {"path": "x.json", "content": {"a": 1}},
        {"path": "token", "content": "hidden", "secret": True},
        {"path": "old", "state": "absent"},
    ],
}


def host(changed: dict[str, dict[str, Any] | None]) -> dict[str, dict[str, Any]]:
    """Path states of a host that matches the plan, except for `changed` (by path below the project; None: missing)."""
    file = {"type": "file", "mode": "0644", "digest": hashlib.sha256(b'{\n  "a": 1\n}\n').hexdigest()}
    states: dict[str, dict[str, Any]] = {
        "": {"type": "directory", "mode": "0755"},
        "/out": {"type": "directory", "mode": "0775"},
        "/x.json": file,
        "/token": {"type": "file", "mode": "0600", "digest": hashlib.sha256(b"hidden").hexdigest()},
    }
    owners = {"uid": 1, "gid": 2, "owner": "one", "group": "two"}
    now = {path: {**owners, **states.get(path, {}), **(changed.get(path) or {})} for path in {**states, **changed}}
    return {f"/srv/p/a{path}": state for path, state in now.items() if changed.get(path, {}) is not None}


def work(changed: dict[str, dict[str, Any] | None]) -> dict[str, list[str]]:
    """Return the work to do, as names and paths."""
    result = projects_work(plan(PROJECT), host(changed))
    return {key: [each if isinstance(each, str) else each["path"] for each in result[key]] for key in result}


NOTHING: dict[str, list[str]] = {"new": [], "directories": [], "files": [], "secret_files": [], "absent_files": []}


def test_all_paths_are_asked_for() -> None:
    paths = ["/srv/p/a", "/srv/p/a/out", "/srv/p/a/x.json", "/srv/p/a/token", "/srv/p/a/old"]
    assert plan(PROJECT)["paths"] == paths


@pytest.mark.parametrize(
    ("changed", "needed"),
    [
        ({}, {}),
        ({"/out": {"mode": "0755"}}, {"directories": ["/srv/p/a/out"]}),
        ({"/out": None}, {"directories": ["/srv/p/a/out"]}),
        ({"": {"uid": 0}}, {"directories": ["/srv/p/a"]}),
        # A link of that name, which the role did not create.
        ({"": {"type": "other"}}, {"directories": ["/srv/p/a"]}),
        ({"": None}, {"new": ["a"], "directories": ["/srv/p/a"]}),
        ({"/x.json": {"digest": "0"}}, {"files": ["/srv/p/a/x.json"]}),
        ({"/x.json": None}, {"files": ["/srv/p/a/x.json"]}),
        ({"/token": {"mode": "0644"}}, {"secret_files": ["/srv/p/a/token"]}),
        ({"/old": {"type": "file"}}, {"absent_files": ["/srv/p/a/old"]}),
        ({"/old": {"type": "unknown"}}, {"absent_files": ["/srv/p/a/old"]}),
    ],
)
def test_only_differences_are_work(changed: dict[str, Any], needed: dict[str, list[str]]) -> None:
    assert work(changed) == NOTHING | needed


def test_an_empty_host_gets_everything_and_nothing_is_removed() -> None:
    wanted = plan(PROJECT)
    entries = {key: wanted[key] for key in ("directories", "files", "secret_files")}
    assert projects_work(wanted, {}) == {**entries, "new": ["a"], "absent_files": []}
