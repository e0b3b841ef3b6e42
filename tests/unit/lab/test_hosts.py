import pytest

from tests.lab.hosts import capability_arguments, cgroup_arguments, container_name
from tests.lab.shell import LabError

LACKING = "CapBnd:\t000001fffeffffff\n"
FULL = "CapBnd:\t000001ffffffffff\n"


def test_systemd_gets_a_tree_it_may_write_on_every_machine_that_has_one() -> None:
    options, command = cgroup_arguments("hybrid")
    assert options == ["--cgroupns", "host", "--volume", "/sys/fs/cgroup/unified:/sys/fs/cgroup"]
    assert command == ["/sbin/init"]
    options, command = cgroup_arguments("v2")
    assert options == ["--cgroupns", "private"]
    assert command[-1] == "mount -o remount,rw /sys/fs/cgroup && exec /sbin/init"


def test_a_machine_with_version_1_alone_is_told_what_it_needs() -> None:
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
def test_only_an_old_engine_must_be_told_of_the_missing_capability(status: str, engine: str, dropped: bool) -> None:
    assert ("--cap-drop" in capability_arguments(status, engine)) is dropped


def test_a_host_of_two_labs_is_two_containers() -> None:
    assert container_name("demo", "airflow1") != container_name("default", "airflow1")
