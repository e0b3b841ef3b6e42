"""Contract of library/python:3.13-slim, the base of project images. DF is docker-library/python's Dockerfile."""

import zipfile
from pathlib import Path

from tests.lab.contract.containers import PYTHON, config, run


def wheel(directory: Path) -> Path:
    """Write the smallest package that pip can install, and return its path."""
    path = directory / "lab_probe-1.0-py3-none-any.whl"
    about = "lab_probe-1.0.dist-info"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("lab_probe.py", "word = 'installed'\n")
        archive.writestr(f"{about}/METADATA", "Metadata-Version: 2.1\nName: lab-probe\nVersion: 1.0\n")
        archive.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{about}/RECORD", "")
    path.chmod(0o644)
    directory.chmod(0o755)
    return path


def test_the_configuration_is_the_official_one() -> None:
    found = config(PYTHON)
    assert found["Cmd"] == ["python3"]  # DF
    assert not found["Entrypoint"]  # DF has none
    assert found["User"] in {"", "root"}  # DF has no USER
    assert found["Env"]["PATH"].startswith("/usr/local/bin:") or "/usr/local/bin:" in found["Env"]["PATH"]  # DF


def test_python_and_pip_are_the_named_release() -> None:
    done = run(PYTHON, "sh", "-c", "python --version && python3 --version && pip --version && command -v python")
    assert done.code == 0, done.output
    python, python3, pip, place = done.output.splitlines()
    assert python == python3
    assert python.startswith("Python 3.13.")  # the tag
    assert pip.endswith("(python 3.13)")
    assert place == "/usr/local/bin/python"  # DF: the links in /usr/local/bin


def test_pip_installs_for_everyone(tmp_path: Path) -> None:
    path = wheel(tmp_path)
    script = (
        f"pip install --quiet --no-index /tmp/{path.name} && cd / && python -c 'import lab_probe as p; print(p.word)'"
    )
    done = run(PYTHON, "sh", "-c", script, options=("--volume", f"{path}:/tmp/{path.name}:ro"))
    assert done.code == 0, done.output
    assert done.output.splitlines()[-1] == "installed"  # DF: not Debian's Python, so without PEP 668's marker
