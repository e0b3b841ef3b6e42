"""Build images: Debian bases, and the images built on them."""

import threading
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

from tests.lab import apt, docker, engine, machine, recipes
from tests.lab.names import LABEL, PREFIX, SHARED, cache_dir, state_dir
from tests.lab.progress import step
from tests.lab.recipes import File, Recipe
from tests.lab.shell import LabError, as_root, run

# fsync takes most of the time, and a lab need not survive a power failure.
# The excluded paths are those that the official slim images leave out.
BOOTSTRAP = [
    "--variant=minbase",
    "--include=ca-certificates",
    "--dpkgopt=force-unsafe-io",
]
BOOTSTRAP += [f"--dpkgopt=path-exclude=/usr/share/{place}/*" for place in ("doc", "info", "locale", "man")]

_locks: dict[str, threading.Lock] = defaultdict(threading.Lock)


def build(tag: str, files: Mapping[str, File], args: Mapping[str, str]) -> None:
    """Build one image from a context in memory."""
    options = [word for name, value in args.items() for word in ("--build-arg", f"{name}={value}")]
    command = [
        "docker",
        "build",
        "--label",
        f"{LABEL}={SHARED}",
        "--tag",
        tag,
        "--force-rm",
        *options,
        "-",
    ]
    # Every engine has the classic builder; BuildKit needs a plugin that Debian 12 lacks.
    run(command, stdin=recipes.archive(files), env={"DOCKER_BUILDKIT": "0"})


def base_digest(codename: str, source: str) -> str:
    """Digest of the inputs of a base image."""
    return recipes.digest(
        recipes.base_context(codename),
        codename,
        *(BOOTSTRAP if source == "stand-in" else [source]),
    )


def ensure_base(codename: str, source: str) -> str:
    """Build the base image of a Debian release unless it exists, and return its tag."""
    tag = f"{PREFIX}/base:{codename}-{base_digest(codename, source)}"
    with _locks[codename]:
        if not docker.image_exists(tag):
            root = _official_base(codename) if source == "official" else _bootstrapped_base(codename)
            build(tag, recipes.base_context(codename), {"ROOT": root})
    return tag


def _official_base(codename: str) -> str:
    reference = recipes.bases()[codename]
    pull(reference)
    return reference


def pull(reference: str) -> None:
    """Pull an official image. `down` removes it later, unless it was present before."""
    if docker.image_exists(reference):
        return
    with step(f"Pulling {reference}"):
        docker.docker("pull", "--quiet", reference)
    state_dir().mkdir(parents=True, exist_ok=True)
    with (state_dir() / "pulled").open("a", encoding="utf-8") as record:
        record.write(f"{reference}\n")


def _bootstrapped_base(codename: str) -> str:
    pockets = machine.debian_mirrors()
    if not pockets:
        raise LabError(
            "No registry of Docker images answers and this machine's apt names no Debian mirror, so images "
            "cannot be built. Run the lab on Debian, or where Docker Hub can be reached."
        )
    if not engine.has("mmdebstrap"):
        engine.install("mmdebstrap")
    tag = f"{PREFIX}/debian:{codename}"
    archive = cache_dir() / "bases" / f"{codename}-{base_digest(codename, 'stand-in')}.tar"
    archive.parent.mkdir(parents=True, exist_ok=True)
    if not archive.exists():
        _remove_older(archive)
        with step(f"Bootstrapping Debian {codename}"):
            _bootstrap(codename, pockets, archive)
    docker.docker("import", "--change", f"LABEL {LABEL}={SHARED}", str(archive), tag)
    return tag


def _bootstrap(codename: str, pockets: Mapping[str, str], archive: Path) -> None:
    partial = archive.with_name(f"{archive.name}.partial.tar")
    lines = [f"deb [signed-by={apt.KEYRING}] {uri} {codename}{pocket} main" for pocket, uri in pockets.items()]
    options = [f"--aptopt={line}" for line in machine.apt_options().splitlines()]
    command = [
        "mmdebstrap",
        "--quiet",
        *BOOTSTRAP,
        *options,
        codename,
        str(partial),
        *lines,
    ]
    run(as_root(command), env={"DEBIAN_FRONTEND": "noninteractive"})
    run(as_root(["chown", machine.user(), str(partial)]))
    partial.replace(archive)


def _remove_older(path: Path) -> None:
    """Remove files of older recipes, which have the same name with another digest."""
    for old in path.parent.glob(f"{path.name.rsplit('-', 1)[0]}-*"):
        old.unlink()


def ensure_local(recipe: Recipe, source: str) -> str:
    """Load an image into this machine's engine from the cache, or build it, and return its tag."""
    files = recipes.context(recipe)
    tag = f"{PREFIX}/{recipe.name}:{recipes.digest(files, base_digest(recipe.base, source))}"
    with _locks[recipe.name]:
        if docker.image_exists(tag):
            return tag
        saved = cache_dir() / "images" / f"{tag.rsplit('/', 1)[1].replace(':', '-')}.tar"
        if saved.exists():
            with step(f"Loading the image {recipe.name} from the cache"):
                docker.docker("load", "--quiet", "--input", str(saved))
            return tag
        base = ensure_base(recipe.base, source)
        with step(f"Building the image {recipe.name}"):
            build(tag, files, {"BASE": base})
        _save(tag, saved)
    return tag


def _save(tag: str, saved: Path) -> None:
    """Save the image for the next run, and remove those of older recipes."""
    saved.parent.mkdir(parents=True, exist_ok=True)
    _remove_older(saved)
    partial = saved.with_suffix(".partial")
    docker.docker("save", "--output", str(partial), tag)
    partial.replace(saved)
