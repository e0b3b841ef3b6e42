"""Settings that the lab takes from this machine: mirrors, certificates, the package index, cgroups."""

import configparser
import os
import re
import sys
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from tests.lab import apt
from tests.lab.shell import result

CERTIFICATES = Path("/usr/local/share/ca-certificates")
APT = Path("/etc/apt")
# apt settings without which a mirror may be unusable; all others are preferences.
APT_OPTIONS = (
    "Acquire::http::Proxy",
    "Acquire::https::Proxy",
    "Acquire::Check-Valid-Until",
    "Acquire::Check-Date",
)
PIP_OPTIONS = ("index-url", "extra-index-url", "trusted-host")
SYS_RESOURCE = 24


@cache
def debian_mirrors() -> dict[str, str]:
    """Mirror of each pocket of the machine's own Debian release; empty on other distributions."""
    release = Path("/etc/os-release").read_text(encoding="utf-8")
    codename = re.search(r"(?m)^VERSION_CODENAME=\"?(\w+)", release)
    if not codename or not re.search(r"(?m)^ID=\"?debian", release):
        return {}
    sources: list[apt.Source] = []
    for path in [APT / "sources.list", *sorted((APT / "sources.list.d").glob("*"))]:
        if path.suffix == ".list" and path.is_file():
            sources += apt.parse_list(path.read_text(encoding="utf-8"))
        elif path.suffix == ".sources":
            sources += apt.parse_deb822(path.read_text(encoding="utf-8"))
    return apt.mirrors(sources, codename[1])


@cache
def apt_options() -> str:
    """The machine's settings for access to its mirrors, as an apt.conf."""
    if not debian_mirrors():
        return ""
    dumped = result(["apt-config", "dump", "--no-empty", *APT_OPTIONS]).stdout.decode()
    return "".join(f"{line}\n" for line in dumped.splitlines() if line.split()[0] in APT_OPTIONS)


@cache
def certificates() -> dict[str, str]:
    """Certificates of the extra CAs that this machine trusts, by name."""
    found = sorted(CERTIFICATES.glob("**/*.crt"))
    return {path.stem: path.read_text(encoding="utf-8").strip() + "\n" for path in found}


def pip_options(files: Iterable[Path], env: Mapping[str, str]) -> dict[str, str]:
    """pip's settings of package indexes that are valid on other machines too, so without local files."""
    settings = configparser.ConfigParser(interpolation=None, strict=False)
    settings.read(files, encoding="utf-8")
    found: dict[str, str] = {}
    for name in PIP_OPTIONS:
        given = [settings.get(section, name, fallback="") for section in ("global", "download", "install")]
        given.append(env.get(f"PIP_{name.upper().replace('-', '_')}", ""))
        value = next((text for text in reversed(given) if text), "")
        words = [word for word in value.split() if not word.startswith(("file:", "/"))]
        if words:
            found[name] = " ".join(words)
    # uv has its own variables for the index.
    if index := env.get("UV_DEFAULT_INDEX") or env.get("UV_INDEX_URL"):
        found.setdefault("index-url", index)
    return found


def _pip_files() -> list[Path]:
    """Configuration files of pip, later ones take precedence. Running pip itself would take a second."""
    user = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "pip" / "pip.conf"
    files = [Path("/etc/xdg/pip/pip.conf"), Path("/etc/pip.conf"), Path.home() / ".pip" / "pip.conf", user]
    files.append(Path(sys.prefix) / "pip.conf")
    named = os.environ.get("PIP_CONFIG_FILE")
    return [*files, Path(named)] if named else files


@cache
def pip() -> list[str]:
    """Command for pip: this Python's, otherwise the one in PATH."""
    own = [sys.executable, "-m", "pip"]
    return own if result([*own, "--version"]).returncode == 0 else ["pip"]


@cache
def pip_conf() -> str:
    """A pip.conf with this machine's index and certificates."""
    options = pip_options(_pip_files(), os.environ)
    if certificates():
        options["cert"] = "/etc/ssl/certs/ca-certificates.crt"
    lines = [f"{name} = {value}\n" for name, value in sorted(options.items())]
    return "[global]\n" + "".join(lines) if lines else ""


def cgroup_mode(root: Path = Path("/sys/fs/cgroup")) -> str:
    """How this machine mounts cgroups: `v2`, `hybrid` or `v1`."""
    if (root / "cgroup.controllers").exists():
        return "v2"
    return "hybrid" if (root / "unified").is_dir() else "v1"


def lacks_sys_resource(status: str) -> bool:
    """Whether this machine's root lacks CAP_SYS_RESOURCE, according to the text of /proc/self/status."""
    bounding = re.search(r"(?m)^CapBnd:\s*([0-9a-f]+)$", status)
    return bounding is not None and not int(bounding[1], 16) >> SYS_RESOURCE & 1


def default_mtu(net: Path = Path("/sys/class/net")) -> int:
    """MTU of the default route; the lab's networks must not exceed it."""
    routes = [line.split() for line in Path("/proc/net/route").read_text(encoding="utf-8").splitlines()[1:]]
    sizes = [int((net / row[0] / "mtu").read_text()) for row in routes if row[1] == "00000000"]
    return min([*sizes, 1500])


def user() -> str:
    """Current user and group in the form of Docker's --user."""
    return f"{os.getuid()}:{os.getgid()}"
