"""Every role has the same files, and its defaults match its argument specs."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
ROLES = sorted(path for path in (ROOT / "roles").iterdir() if path.is_dir())
# Maximum number of lines of main.yml, the table of contents of a role.
MAIN_LINES = 30


@cache
def load(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def defaults_files(role: Path) -> list[Path]:
    """Files with the defaults of a role: defaults/main.yml, or those in the directory defaults/main."""
    return sorted((role / "defaults").rglob("*.yml"))


def defaults_of(role: Path) -> dict[str, Any]:
    return {name: value for path in defaults_files(role) for name, value in (load(path) or {}).items()}


def specs_of(role: Path) -> dict[str, Any]:
    """Entry points of a role."""
    return load(role / "meta" / "argument_specs.yml")["argument_specs"]


def options_of(role: Path) -> dict[str, Any]:
    """Options of entry point `main`, or of `preflight` if `main` has none; other entry points repeat some of them."""
    specs = specs_of(role)
    return specs.get("main", specs.get("preflight", {})).get("options", {})


def imported(tasks: Any) -> set[tuple[str, str]]:
    """Each role that tasks import or include, with the entry point."""
    words = ("ansible.builtin.import_role", "ansible.builtin.include_role")
    rows = [row for task in tasks or [] for word in words if (row := task.get(word))]
    return {(row["name"], row.get("tasks_from", "main")) for row in rows}


def called() -> set[tuple[str, str]]:
    """Each role that a playbook or another role calls, with the entry point."""
    found = set()
    for path in (ROOT / "playbooks").glob("*.yml"):
        for play in load(path):
            found |= {(row["role"], "main") for row in play.get("roles", [])} | imported(play.get("tasks"))
    for path in (ROOT / "roles").glob("*/tasks/*.yml"):
        found |= imported(load(path))
    return {(role.rpartition(".")[2], entry) for role, entry in found}


def commented_of(role: Path) -> set[str]:
    """Options without a default, which appear in the defaults as a comment."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in defaults_files(role))
    return set(re.findall(r"^# ([a-z]\w*):", text, re.MULTILINE)) & set(options_of(role)) - set(defaults_of(role))


def comments_of(role: Path) -> dict[str, str]:
    """The comment directly above each default, as one line."""
    comments: dict[str, str] = {}
    block: list[str] = []
    for line in "\n".join(path.read_text(encoding="utf-8") for path in defaults_files(role)).splitlines():
        key = re.match(r"(?:# )?([A-Za-z_]\w*):", line)
        if key and key[1] in options_of(role) and key[1] not in comments:
            comments[key[1]] = " ".join(block)
            block = []
        elif line.startswith("#"):
            block.append(line.lstrip("# ").strip())
        else:
            block = []
    return comments


def undescribed(options: dict[str, Any], path: str = "") -> list[str]:
    """Options, including nested ones, without a description or a type."""
    problems = []
    for name, option in options.items():
        here = f"{path}{name}"
        problems += [f"{here}: no {key}" for key in ("description", "type") if not option.get(key)]
        if option.get("type") == "list" and "elements" not in option:
            problems.append(f"{here}: no elements")
        problems += undescribed(option.get("options") or {}, f"{here}.")
    return problems


def plain(text: Any) -> str:
    """A description or comment in one line."""
    return " ".join((" ".join(text) if isinstance(text, list) else str(text)).split())


def private_of_others(role: Path) -> set[str]:
    """Private names of other roles that a role reads. The owner is the role with the longest matching name."""
    owners = sorted((path.name for path in ROLES), key=len, reverse=True)
    texts = [path.read_text(encoding="utf-8") for path in role.rglob("*") if path.suffix in {".yml", ".j2"}]
    names = set(re.findall(r"\b__[a-z]\w*", "\n".join(texts)))
    return {
        name for name in names if next((of for of in owners if name.startswith(f"__{of}_")), role.name) != role.name
    }


def test_a_private_name_of_another_role_is_found(tmp_path: Path) -> None:
    (tmp_path / "airflow_dags").mkdir()
    text = "{{ __airflow_dags_release }} {{ __airflow_keeper }} {{ __airflow_stack_image }} {{ airflow_plan }}"
    (tmp_path / "airflow_dags" / "x.yml").write_text(text, encoding="utf-8")
    assert private_of_others(tmp_path / "airflow_dags") == {"__airflow_keeper", "__airflow_stack_image"}


def test_playbooks_read_no_private_names_of_roles() -> None:
    known = re.compile(rf"__({'|'.join(path.name for path in ROLES)})_")
    assert [path.name for path in (ROOT / "playbooks").glob("*.yml") if known.search(path.read_text("utf-8"))] == []


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
class TestRole:
    def test_has_all_parts(self, role: Path) -> None:
        wanted = ["README.md", "meta/main.yml", "meta/argument_specs.yml"]
        assert [part for part in wanted if not (role / part).exists()] == []

    def test_entry_points_used_elsewhere_are_exactly_those_with_a_spec(self, role: Path) -> None:
        entries = {entry for name, entry in called() if name == role.name}
        assert entries == set(specs_of(role))
        assert [entry for entry in specs_of(role) if not (role / "tasks" / f"{entry}.yml").exists()] == []

    def test_reads_no_private_names_of_other_roles(self, role: Path) -> None:
        assert private_of_others(role) == set()

    def test_main_is_a_table_of_contents(self, role: Path) -> None:
        if "main" not in specs_of(role):
            return
        assert len((role / "tasks" / "main.yml").read_text(encoding="utf-8").splitlines()) <= MAIN_LINES

    def test_defaults_and_specs_have_the_same_names(self, role: Path) -> None:
        optional = {name for name, option in options_of(role).items() if not option.get("required")}
        assert set(defaults_of(role)) | commented_of(role) == optional

    def test_required_options_have_no_default(self, role: Path) -> None:
        required = {name for name, option in options_of(role).items() if option.get("required")}
        assert required & set(defaults_of(role)) == set()

    def test_defaults_and_specs_have_the_same_values(self, role: Path) -> None:
        options = options_of(role)
        spec = {name: options[name].get("default") for name in defaults_of(role) if name in options}
        assert spec == {name: value for name, value in defaults_of(role).items() if name in options}

    def test_options_without_a_default_are_shown_as_a_comment(self, role: Path) -> None:
        without = {name for name, option in options_of(role).items() if "default" not in option}
        assert {name for name in without if name in defaults_of(role)} == set()

    def test_options_including_nested_ones_are_described(self, role: Path) -> None:
        assert undescribed(options_of(role)) == []

    def test_the_comment_above_a_default_is_its_description(self, role: Path) -> None:
        if not defaults_of(role):
            return
        options, comments = options_of(role), comments_of(role)
        different = {
            name: (comments.get(name, ""), plain(options[name]["description"]))
            for name in {*defaults_of(role), *commented_of(role)} & set(options)
            if plain(comments.get(name, "")) != plain(options[name]["description"])
        }
        assert different == {}

    def test_options_have_the_prefix_of_the_role(self, role: Path) -> None:
        # The airflow_* roles share variables, whose names start with `airflow_`.
        prefix = "airflow_" if role.name.startswith("airflow") else f"{role.name}_"
        assert [name for name in options_of(role) if not name.startswith(prefix)] == []
