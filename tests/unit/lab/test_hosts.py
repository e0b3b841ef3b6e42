import pytest

from tests.lab.hosts import capability_arguments, cgroup_arguments, container_name
from tests.lab.shell import LabError

LACKING = "CapBnd:\t000001fffeffffff\n"
FULL = "CapBnd:\t000001ffffffffff\n"


def test_systemd_gets_a_writable_cgroup_tree_on_hybrid_and_v2_machines() -> None:
    options, command = cgroup_arguments("hybrid")
    assert options == ["--cgroupns", "host", "--volume", "/sys/fs/cgroup/unified:/sys/fs/cgroup"]
    assert command == ["/sbin/init"]
    options, command = cgroup_arguments("v2")
    assert options == ["--cgroupns", "private"]
    assert command[-1] == "mount -o remount,rw /sys/fs/cgroup && exec /sbin/init"


def test_a_machine_with_cgroup_v1_only_is_refused() -> None:
    with pytest.raises(LabError, match="needs version 2"):
        cgroup_arguments("v1")


@pytest.mark.parametrize(
    ("status", "engine", "dropped"),
    [
        (LACKING, "20.10.24+dfsg1", True),
        (LACKING, "28.2.2", False),
        (FULL, "20.10.24", False),
        (FULL, "28.2.2", False),
    ],
)
def test_only_an_old_engine_needs_the_missing_capability_dropped(status: str, engine: str, dropped: bool) -> None:
    assert ("--cap-drop" in capability_arguments(status, engine)) is dropped


def test_the_same_host_name_in_two_labs_gives_two_containers() -> None:
    assert container_name("demo", "airflow1") != container_name("default", "airflow1")
