"""Inputs of a host template, and the scenarios that start from it."""

from __future__ import annotations

import re
from dataclasses import astuple
from pathlib import Path

import pytest
import yaml

from tests.lab import recipes, registry, template
from tests.lab.recipes import File
from tests.lab.shell import LabError
from tests.unit.plugins.imports import PLUGINS, used

ROOT = Path(__file__).resolve().parents[3]
# Scenarios that start from a bare host, on every release. In `previous`, earlier code installs the engine.
FROM_BARE = {"default", "host", "local", "previous", "refusals"}
FILES = {"roles/docker/tasks/main.yml": File(b"- name: Install")}
IMAGES = {"apache/airflow:2.5.3": "sha256:1", "postgres:15": "sha256:2"}
GIVEN = template.described(FILES, "sha256:host", "{}", IMAGES)


def test_all_scenarios_except_bare_host_ones_start_from_the_template() -> None:
    starts = {
        path.parent.name: {
            row.get("starts_from", "bare")
            for row in yaml.safe_load(path.read_text())["platforms"]
            if "serves" not in row
        }
        for path in (ROOT / "molecule").glob("*/molecule.yml")
    }
    assert starts == {name: {"bare"} if name in FROM_BARE else {"template"} for name in starts}
    assert set(starts) >= FROM_BARE


def test_every_file_that_affects_the_installation_is_part_of_the_key() -> None:
    found = set(template.product_files())
    assert {str(path.relative_to(ROOT)) for path in (ROOT / "roles/docker").rglob("*.yml")} <= found
    assert {"playbooks/install_docker.yml", "tests/lab/template.py", "tests/lab/template.yml"} <= found
    assert not [name for name in found if name.endswith(".pyc")]


def plugins(name: str) -> list[Path]:
    """Files of a module or filter of the collection; empty for a role."""
    filters = [path for path in PLUGINS.glob("filter/*.py") if f'"{name}":' in path.read_text("utf-8")]
    return filters + [path for kind in ("modules", "action") for path in PLUGINS.glob(f"{kind}/{name}.py")]


def test_every_plugin_that_the_role_uses_is_part_of_the_key() -> None:
    files = [*(ROOT / "roles" / "docker").rglob("*.yml"), ROOT / "playbooks" / "install_docker.yml"]
    names = {name for path in files for name in re.findall(r"ansible_airflow\.airflow\.(\w+)", path.read_text("utf-8"))}
    found = {part for name in names for plugin in plugins(name) for part in used(plugin)}
    assert {path.name for path in found} >= {"docker.py", "path_info.py", "paths.py"}
    assert {str(path.relative_to(ROOT)) for path in found} - set(template.product_files()) == set()


def test_a_pattern_without_a_file_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(template, "MADE_BY", ("roles/docker/**/*", "roles/engine/**/*"))
    with pytest.raises(LabError, match=r"no file matches 'roles/engine/\*\*/\*' of MADE_BY"):
        template.product_files()


@pytest.mark.parametrize(
    "changed",
    [
        template.described({"roles/docker/tasks/main.yml": File(b"- name: Remove")}, "sha256:host", "{}", IMAGES),
        template.described({"roles/docker/tasks/other.yml": File(b"- name: Install")}, "sha256:host", "{}", IMAGES),
        template.described(FILES, "sha256:newer", "{}", IMAGES),
        template.described(FILES, "sha256:host", '{"docker_registry_mirrors": []}', IMAGES),
    ],
)
def test_a_changed_engine_recipe_is_a_new_template(changed: template.Template) -> None:
    assert not set(astuple(changed)) & set(astuple(GIVEN))


@pytest.mark.parametrize(
    "images",
    [
        {**IMAGES, "postgres:15": "sha256:3"},
        {**IMAGES, "redis:7": "sha256:4"},
        {"apache/airflow:3.3.2": "sha256:1", "postgres:15": "sha256:2"},
    ],
)
def test_changed_images_are_a_new_template_on_the_same_engine(images: dict[str, str]) -> None:
    changed = template.described(FILES, "sha256:host", "{}", images)
    assert (changed.key, changed.engine) == (GIVEN.key, GIVEN.engine)
    assert not {changed.ready, changed.disk} & {GIVEN.ready, GIVEN.disk}


def test_the_same_recipe_is_the_same_template() -> None:
    assert template.described(dict(FILES), "sha256:host", "{}", dict(reversed(IMAGES.items()))) == GIVEN
    assert GIVEN.ready.startswith("ansible-airflow-lab/template:2.5.3-")
    assert GIVEN.disk.startswith("ansible-airflow-lab-template-2.5.3-")


@pytest.mark.parametrize(
    ("releases", "airflow"),
    [([], ["2.5.3"]), (["3.3.2"], ["3.3.2"]), (["2.5.3", "3.3.2"], ["2.5.3", "3.3.2"])],
)
def test_a_template_holds_the_images_of_the_requested_releases(
    releases: list[str], airflow: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "manifest", lambda recipe: f"digest of {recipe.reference}")
    held = template.held(releases)
    assert sorted(held) == sorted(
        [*(f"apache/airflow:{release}" for release in airflow), "postgres:15", "python:3.13-slim", "redis:7"]
    )
    assert held["postgres:15"] == "digest of library/postgres:15"


def test_a_release_without_a_recipe_is_refused() -> None:
    with pytest.raises(LabError, match=r"no image of Airflow 1\.10"):
        template.held(["1.10"])


def test_the_digest_of_an_image_is_the_one_the_registry_serves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    recipe = next(recipe for recipe in recipes.published() if recipe.name == "postgres")
    tags = "ansible-airflow-lab/registry/docker/registry/v2/repositories/library/postgres/_manifests/tags"
    link = tmp_path / tags / "15" / "current" / "link"
    link.parent.mkdir(parents=True)
    link.write_text("sha256:abc")
    assert registry.manifest(recipe) == "sha256:abc"
