from pathlib import Path

import pytest

from tests.lab import machine


def test_pip_options_are_read_from_files_and_environment(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.write_text("[global]\nindex-url = https://one.example/simple\ncert = /etc/x.crt\nfind-links = /srv/wheels\n")
    second.write_text("[global]\nextra-index-url = file:///srv/packages https://more.example/simple\n")
    found = machine.pip_options([first, second, tmp_path / "missing"], {"PIP_TRUSTED_HOST": "one.example"})
    assert found == {
        "index-url": "https://one.example/simple",
        "extra-index-url": "https://more.example/simple",
        "trusted-host": "one.example",
    }


def test_the_environment_overrides_files_and_the_uv_index_is_the_fallback(tmp_path: Path) -> None:
    file = tmp_path / "pip.conf"
    file.write_text("[global]\nindex-url = https://one.example/simple\n")
    env = {"PIP_INDEX_URL": "https://two.example/simple", "UV_DEFAULT_INDEX": "https://uv.example/simple"}
    assert machine.pip_options([file], env) == {"index-url": "https://two.example/simple"}
    assert machine.pip_options([], {"UV_INDEX_URL": "https://uv.example/simple"}) == {
        "index-url": "https://uv.example/simple"
    }
    assert machine.pip_options([], {}) == {}


@pytest.mark.parametrize(
    ("makes", "mode"), [(["cgroup.controllers"], "v2"), (["unified/cgroup.procs"], "hybrid"), (["memory/x"], "v1")]
)
def test_the_cgroup_mode_is_detected(tmp_path: Path, makes: list[str], mode: str) -> None:
    for name in makes:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert machine.cgroup_mode(tmp_path) == mode


@pytest.mark.parametrize(
    ("mask", "lacks"),
    [("000001fffeffffff", True), ("000001ffffffffff", False), ("0000000000000000", True)],
)
def test_the_missing_capability_is_detected(mask: str, lacks: bool) -> None:
    assert machine.lacks_sys_resource(f"CapEff:\t0\nCapBnd:\t{mask}\n") is lacks
    assert machine.lacks_sys_resource("no such line") is False
