"""Write an archive like `docker save` does, of an image with one small file: make_archive.py FILE IMAGE TEXT."""

import hashlib
import io
import json
import sys
import tarfile


def add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    """Add a file."""
    info = tarfile.TarInfo(name)
    info.size = len(content)
    archive.addfile(info, io.BytesIO(content))


def main(path: str, image: str, text: str) -> None:
    """Write the archive."""
    layer = io.BytesIO()
    with tarfile.open(fileobj=layer, mode="w") as archive:
        add(archive, "message", text.encode())
    config = {
        "architecture": "amd64",
        "os": "linux",
        "config": {"Labels": {"text": text}},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(layer.getvalue()).hexdigest()}"]},
    }
    name = f"{hashlib.sha256(json.dumps(config).encode()).hexdigest()}.json"
    with tarfile.open(path, mode="w") as archive:
        add(archive, name, json.dumps(config).encode())
        add(archive, "layer.tar", layer.getvalue())
        manifest = [{"Config": name, "RepoTags": [image], "Layers": ["layer.tar"]}]
        add(archive, "manifest.json", json.dumps(manifest).encode())


if __name__ == "__main__":
    main(*sys.argv[1:])
