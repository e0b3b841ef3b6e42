"""SSH keys of an instance: one for Ansible and one for each host, so that no host key is trusted on first use."""

import io
import tarfile
from collections.abc import Mapping
from pathlib import Path

from tests.lab.shell import run


def ensure_pair(path: Path) -> None:
    """Generate an ed25519 key pair unless it exists."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "lab", "-f", str(path)])


def host_key(directory: Path, host: str) -> Path:
    """Path of the private key of a host's sshd."""
    return directory / "host_keys" / host


def known_hosts(directory: Path, addresses: Mapping[str, str]) -> str:
    """Lines of known_hosts for all hosts of an instance."""
    lines = []
    for host, address in sorted(addresses.items()):
        kind, key, _ = host_key(directory, host).with_suffix(".pub").read_text(encoding="utf-8").split()
        lines.append(f"{address} {kind} {key}\n")
    return "".join(lines)


def archive(directory: Path, host: str) -> bytes:
    """Files that a host needs before its first start, as a tar archive to unpack at its root."""
    private, login = host_key(directory, host), directory / "id_ed25519.pub"
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        _add(tar, "etc/ssh/ssh_host_ed25519_key", private.read_bytes(), 0o600, 0)
        _add(tar, "etc/ssh/ssh_host_ed25519_key.pub", private.with_suffix(".pub").read_bytes(), 0o644, 0)
        _add(tar, "home/admin/.ssh", None, 0o700, 1000)
        _add(tar, "home/admin/.ssh/authorized_keys", login.read_bytes(), 0o600, 1000)
    return buffer.getvalue()


def _add(tar: tarfile.TarFile, name: str, content: bytes | None, mode: int, owner: int) -> None:
    entry = tarfile.TarInfo(name)
    entry.mode, entry.uid, entry.gid = mode, owner, owner
    if content is None:
        entry.type = tarfile.DIRTYPE
        tar.addfile(entry)
    else:
        entry.size = len(content)
        tar.addfile(entry, io.BytesIO(content))
