"""The host template: the file system of a host with the engine installed, and an engine's storage with the images."""

import json
import os
import sys
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.lab import build, disks, docker, hosts, images, instance, inventory, machine, recipes, registry, teardown
from tests.lab.names import MAKER, PREFIX, REPO, TEMPLATE_LABEL
from tests.lab.platforms import TEMPLATE, Platform
from tests.lab.progress import step
from tests.lab.recipes import File, Recipe
from tests.lab.shell import LabError, result, run

REPOSITORY = f"{PREFIX}/template"
PLAYBOOK = Path(__file__).with_suffix(".yml")
# Host on which templates are built.
HOST = "engine1"
# Files of the repository that determine the content of a template besides the images. A change of any causes a rebuild.
MADE_BY = (
    "playbooks/install_docker.yml",
    "roles/docker/**/*",
    "plugins/action/findings.py",
    "plugins/action/wait_for_apt.py",
    "plugins/filter/docker.py",
    "plugins/filter/findings.py",
    "plugins/filter/paths.py",
    "plugins/module_utils/findings/*.py",
    "plugins/module_utils/host/apt_lock.py",
    "plugins/module_utils/host/docker_*.py",
    "plugins/module_utils/host/paths.py",
    "plugins/module_utils/host/sources.py",
    "plugins/module_utils/host/tree.py",
    "plugins/modules/findings.py",
    "plugins/modules/path_info.py",
    "plugins/modules/wait_for_apt.py",
    "tests/lab/disks.py",
    "tests/lab/template.*",
    "tests/lab/images/template/*",
)


@dataclass(frozen=True)
class Template:
    """Names of a template in the engine of this machine.

    Args:
        key: Digest of the inputs of the engine's part; the value of the label.
        engine: Image of a host with the engine, without Airflow's images. Templates of all releases share it.
        ready: The same image under the name of the release. It exists only if the volume is complete.
        disk: Volume with the images, for /var/lib/docker.
    """

    key: str
    engine: str
    ready: str
    disk: str

    def exists(self) -> bool:
        """Whether a host can start from the template."""
        return docker.image_exists(self.ready) and bool(docker.inspect("volume", self.disk))


def is_missing(name: str, platforms: Iterable[Platform]) -> bool:
    """Whether a lab has hosts that start from the template and do not exist yet.

    Args:
        name: The lab.
        platforms: Its hosts.
    """
    wanted = [hosts.container_name(name, platform.name) for platform in platforms if platform.starts_from == TEMPLATE]
    return len(docker.inspect("container", *wanted)) < len(wanted)


def ensure(releases: Collection[str]) -> hosts.Start:
    """Build the template unless it exists.

    Args:
        releases: Airflow releases whose images it holds; none means the default release.

    Returns:
        Initial state of hosts.

    Raises:
        LabError: The playbook failed, or Ansible is not installed.
    """
    source = images.source()
    images.provide(source, releases)
    wanted = held(releases)
    template = described(product_files(), _host_image_id(source), _settings(source), wanted)
    if not template.exists():
        with step(f"Building the host template {template.ready}"):
            _make(template, source, list(wanted))
        _remove_older(template)
    return hosts.Start(template.ready, template.disk)


def held(releases: Collection[str]) -> dict[str, str]:
    """Images of the template by the names that hosts use, each with its digest in the lab's registry.

    Args:
        releases: Airflow releases; none means the default release.
    """
    chosen = [recipe for recipe in recipes.wanted(releases) if _is_held(recipe, releases)]
    return {recipe.reference.removeprefix("library/"): registry.manifest(recipe) for recipe in chosen}


def _is_held(recipe: Recipe, releases: Collection[str]) -> bool:
    if recipe.name != "airflow":
        return not recipe.release
    return recipe.args["AIRFLOW_VERSION"] in releases or not releases


def product_files() -> dict[str, File]:
    """Files that match the patterns in MADE_BY, by their path in the repository.

    Raises:
        LabError: A pattern matches no file.
    """
    found = {}
    for pattern in MADE_BY:
        paths = [path for path in REPO.glob(pattern) if path.is_file() and path.suffix != ".pyc"]
        if not paths:
            raise LabError(f"tests/lab/template.py: no file matches '{pattern}' of MADE_BY; write its new path there")
        found.update({str(path.relative_to(REPO)): File(path.read_bytes()) for path in paths})
    return found


def described(files: dict[str, File], host_image: str, settings: str, wanted: dict[str, str]) -> Template:
    """Names of the template that is built from these inputs.

    Args:
        files: Files of the repository that determine what is installed.
        host_image: Id of the bare host's image.
        settings: Variables of the lab's inventory, as text.
        wanted: Images, each with its digest.
    """
    key = recipes.digest(files, host_image, settings)
    releases = [name.partition(":")[2] for name in wanted if name.startswith("apache/airflow:")]
    contents = recipes.digest({}, key, *(f"{name}={digest}" for name, digest in sorted(wanted.items())))
    tag = f"{'_'.join(releases)}-{contents}"
    ready = f"{REPOSITORY}:{tag}"
    return Template(key, f"{REPOSITORY}:engine-{key}", ready, disk_of(ready))


def _settings(source: str) -> str:
    return json.dumps(inventory.variables(machine.certificates(), source, feeds=False), sort_keys=True)


def _host_image_id(source: str) -> str:
    image = build.ensure_local(recipes.local()["host"], source)
    return str(docker.inspect("image", image)[0]["Id"])


def _make(template: Template, source: str, references: list[str]) -> None:
    has_engine = docker.image_exists(template.engine)
    start = template.engine if has_engine else build.ensure_local(recipes.local()["host"], source)
    _remove_maker()
    try:
        directory = instance.up(MAKER, [Platform(HOST, ("airflow",), starts_from=TEMPLATE)], (), hosts.Start(start))
        _play(directory / "hosts.yml", references)
        container = hosts.container_name(MAKER, HOST)
        # The files must not change while they are copied, and a killed engine would leave them in need of repair.
        docker.docker("exec", container, "systemctl", "stop", "docker.socket", "docker.service", "containerd.service")
        docker.docker("stop", "--time", "60", container)
        if not has_engine:
            committed = docker.docker("commit", container)
            build.build(template.engine, recipes.directory("template"), {"BASE": committed, "KEY": template.key})
        # An earlier attempt that was interrupted leaves a volume behind.
        docker.docker("volume", "rm", "--force", template.disk)
        docker.docker("volume", "create", "--label", f"{TEMPLATE_LABEL}={template.key}", template.disk)
        disks.copy_images(f"{container}-docker", template.disk, template.engine)
        docker.docker("tag", template.engine, template.ready)
    finally:
        _remove_maker()


def _remove_maker() -> None:
    if MAKER in teardown.instances():
        teardown.remove(MAKER)


def _play(hosts_file: Path, references: list[str]) -> None:
    program = Path(sys.executable).with_name("ansible-playbook")
    if not program.exists():
        raise LabError(f"Building a host template needs Ansible, but {program} does not exist; run 'make setup'")
    # Molecule's settings are for its scenario, whose log must not contain this run.
    settings = [f"--unset={name}" for name in os.environ if name.startswith("ANSIBLE_")]
    settings += [f"ANSIBLE_CONFIG={REPO / 'ansible.cfg'}", "ANSIBLE_NOCOLOR=1"]
    variables = json.dumps({"template_images": references})
    run(["env", *settings, str(program), "-i", str(hosts_file), "-e", variables, str(PLAYBOOK)])


def _remove_older(template: Template) -> None:
    """Remove outdated templates: engines with another key, and older images of the same release."""
    release = template.ready.rpartition("-")[0]
    current = docker.templates("image", template.key)
    kept = {name for name in current if not name.startswith(f"{release}-")} | {template.ready}
    for image in set(docker.templates("image")) - kept:
        # An image that a host still uses cannot be removed; it stays until the next template is built.
        result(["docker", "image", "rm", image])
    for disk in set(docker.templates("volume")) - {disk_of(image) for image in kept}:
        docker.docker("volume", "rm", disk)


def disk_of(image: str) -> str:
    """Name of the volume that belongs to a template's image."""
    return f"{PREFIX}-template-{image.partition(':')[2]}"
