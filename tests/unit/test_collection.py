"""The repository is a collection: its link, its names, and what the tools find through the link."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
LINK = Path("collections/ansible_collections/ansible_airflow/airflow")
# Directories with Python and YAML files that use the collection's names.
SOURCES = ("plugins", "roles", "playbooks", "molecule", "tests", "inventories", "dags")


def sources(*suffixes: str) -> list[Path]:
    return [path for name in SOURCES for path in (ROOT / name).rglob("*") if path.suffix in suffixes and path.is_file()]


def test_the_link_is_committed_and_points_to_the_root() -> None:
    argv = ["git", "ls-files", "--stage", "collections"]
    listed = subprocess.run(argv, cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines()
    assert [line.split("\t")[1] for line in listed] == [str(LINK)]
    # Git's mode of a symbolic link.
    assert listed[0].startswith("120000 ")
    assert (ROOT / LINK).resolve() == ROOT


def test_no_file_edits_the_import_path_of_ansible() -> None:
    edits = re.compile(
        r"module_utils\.__path__|^UTILS =|\b__path__\.(append|extend|insert)|\b__path__ \+=", re.MULTILINE
    )
    assert [path for path in sources(".py") if path != Path(__file__) and edits.search(path.read_text("utf-8"))] == []
    assert [
        path for path in sources(".py") if path.is_relative_to(ROOT / "plugins") and "__path__" in path.read_text()
    ] == []
    config = (ROOT / "ansible.cfg").read_text(encoding="utf-8")
    assert "collections_path = collections:~/.ansible/collections:/usr/share/ansible/collections" in config
    assert re.findall(r"^(library|module_utils|\w+_plugins|roles_path)\b", config, re.MULTILINE) == []


def test_no_role_uses_files_of_the_repository_root() -> None:
    """Two directories above an installed role, there is no dags/ or examples/."""
    reaching = re.compile(r"role_path[^\n]*(dirname|\.\.)")
    found = [path for path in sources(".yml", ".j2", ".md") if reaching.search(path.read_text(encoding="utf-8"))]
    assert found == []


# Files with plays or tasks.
CALLERS = (
    "roles/*/tasks/*.yml",
    "roles/*/handlers/*.yml",
    "playbooks/*.yml",
    "molecule/*/*.yml",
    "molecule/*/verify_tasks/*.yml",
)


def test_roles_and_modules_are_called_by_their_full_names() -> None:
    modules = {path.stem for path in (ROOT / "plugins" / "modules").glob("*.py")}
    roles = {path.name for path in (ROOT / "roles").iterdir() if path.is_dir()}
    short: list[str] = []
    for path in [path for part in CALLERS for path in ROOT.glob(part)]:
        short += [f"{path}: {each}" for each in short_names(yaml.safe_load(path.read_text("utf-8")), modules, roles)]
    assert short == []


def short_names(tasks: object, modules: set[str], roles: set[str]) -> list[str]:
    """Return short names of modules and roles in tasks or plays, including blocks."""
    found: list[str] = []
    for task in tasks if isinstance(tasks, list) else []:
        found += modules & set(task)
        called = [task[key] for key in ("ansible.builtin.import_role", "ansible.builtin.include_role") if key in task]
        called += [role if isinstance(role, dict) else {"role": role} for role in task.get("roles", [])]
        found += [name for call in called for name in (call.get("name"), call.get("role")) if name in roles]
        for key in ("block", "rescue", "always", "tasks", "pre_tasks", "post_tasks"):
            found += short_names(task.get(key), modules, roles)
    return found


# Collections that only tests and benchmarks use: users of the collection do not need them.
FOR_TESTS = {"ansible.posix", "community.general"}


def test_galaxy_yml_has_the_dependencies_of_requirements_yml() -> None:
    galaxy = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))
    required = yaml.safe_load((ROOT / "requirements.yml").read_text(encoding="utf-8"))["collections"]
    versions = {each["name"]: each["version"] for each in required}
    assert galaxy["dependencies"] == {name: version for name, version in versions.items() if name not in FOR_TESTS}
    assert set(versions) >= FOR_TESTS


# Private files that users keep in the checkout they deploy from; git ignores only some of them.
PLANTED = (
    "inventories/production/hosts.yml",
    "inventories/production/group_vars/all/secret.yml",
    "inventories/production/.vault_pass",
    "inventories/production/id_ed25519",
    "inventories/single_host/group_vars/all/vault.yml",
    "inventories/remote_host.example/group_vars/all/secret.yml",
    "vault_pass.txt",
    "ansible_airflow-airflow-0.9.0.tar.gz",
    "airflow_export/connections.yml",
    "dags/our_own.py",
    "dags/team/settings.yml",
    "mydags/one.py",
    "venv/bin/activate",
    "site.retry",
    "roles/docker/files/company.pem",
    "roles/our_own/vars/main.yml",
    "playbooks/our_own.yml",
    "playbooks/group_vars/all/vault.yml",
    "playbooks/host_vars/db1.yml",
    "examples/news_fetcher/.env",
    "examples/news_fetcher/secrets/id_rsa",
    "meta/private.yml",
)


def test_the_archive_holds_the_collection_and_no_private_files(tmp_path: Path) -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True).stdout.split()
    checkout, built = tmp_path / "checkout", tmp_path / "built"
    for name in tracked:
        (checkout / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, checkout / name, follow_symlinks=False)
    for name in PLANTED:
        (checkout / name).parent.mkdir(parents=True, exist_ok=True)
        (checkout / name).write_text("password", encoding="utf-8")
    build = [str(Path(sys.executable).with_name("ansible-galaxy")), "collection", "build", "--output-path", str(built)]
    subprocess.run([*build, str(checkout)], cwd=tmp_path, check=True, capture_output=True)
    (archive,) = built.iterdir()
    with tarfile.open(archive) as file:
        held = {member.name for member in file if not member.isdir()}
    assert held - set(tracked) == {"FILES.json", "MANIFEST.json"}
    whole = ("changelogs/", "docs/", "meta/", "playbooks/", "plugins/", "roles/", "examples/", "inventories/", "dags/")
    assert {name for name in tracked if name.startswith(whole)} - held == set()


@pytest.mark.parametrize("broken", ["a text file", "a link to elsewhere", "nothing"])
def test_setup_repairs_the_link(tmp_path: Path, broken: str) -> None:
    """In zip archives and in checkouts on Windows, the link is a text file with the target's name."""
    (tmp_path / "tests").mkdir()
    shutil.copy(ROOT / "tests" / "setup.sh", tmp_path / "tests")
    link = tmp_path / LINK
    if broken != "nothing":
        link.parent.mkdir(parents=True)
    if broken == "a text file":
        link.write_text("../../..", encoding="utf-8")
    elif broken == "a link to elsewhere":
        link.symlink_to("/nowhere")
    first, second = (repair(tmp_path) for _ in range(2))
    assert (first.returncode, second.returncode) == (0, 0)
    assert link.resolve() == tmp_path
    assert "setup: creating the link collections/ansible_collections/ansible_airflow/airflow" in first.stdout
    assert second.stdout == ""


def test_setup_leaves_a_directory_in_place_of_the_link_alone(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    shutil.copy(ROOT / "tests" / "setup.sh", tmp_path / "tests")
    (tmp_path / LINK / "roles").mkdir(parents=True)
    run = repair(tmp_path)
    assert run.returncode == 1
    assert f"setup: {LINK} is a directory" in run.stderr
    assert (tmp_path / LINK / "roles").is_dir()


def repair(root: Path) -> subprocess.CompletedProcess[str]:
    argv = ["bash", "-c", "source tests/setup.sh && repair_link"]
    return subprocess.run(argv, cwd=root, capture_output=True, text=True, check=False)


def test_mypy_sees_a_wrong_type_between_two_files_of_module_utils(tmp_path: Path) -> None:
    """Files import each other by the collection's name; without the link, mypy would treat all imports as Any."""
    for name in ("pyproject.toml", "plugins", "collections"):
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, tmp_path / name, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, tmp_path)
    planted = LINK / "plugins" / "module_utils" / "containers" / "airflow.py"
    with (tmp_path / planted).open("a", encoding="utf-8") as file:
        file.write('\n\nplanted: int = first_line("text")\n')
    argv = [sys.executable, "-m", "mypy", str(planted)]
    run = subprocess.run(argv, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.returncode == 1, run.stdout + run.stderr
    assert 'expression has type "str", variable has type "int"' in run.stdout
