from pathlib import Path

import pytest

from tests import tables
from tests.lab.platforms import Platform, check_name, read
from tests.lab.shell import LabError


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "molecule.yml"
    path.write_text(text)
    return path


def test_a_molecule_file_is_accepted(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "driver: {name: default}\nplatforms:\n"
        "  - {name: airflow1, groups: [airflow, airflow_worker], starts_from: template}\n"
        "  - {name: feeds, serves: feeds}\n",
    )
    assert read(path) == [
        Platform("airflow1", ("airflow", "airflow_worker"), starts_from="template"),
        Platform("feeds", (), "feeds"),
    ]


def test_all_stands_for_the_groups_of_all_services(tmp_path: Path) -> None:
    text = "platforms:\n  - {name: a, groups: [all, more]}\n  - {name: b, groups: [all], without: [airflow_redis]}\n"
    one, other = read(written(tmp_path, text))
    assert one.groups == (*tables.service_groups(), "more")
    assert other.groups == tuple(group for group in tables.service_groups() if group != "airflow_redis")


def test_a_host_is_bare_unless_it_says_otherwise(tmp_path: Path) -> None:
    assert read(written(tmp_path, "platforms: [{name: a}]\n"))[0].starts_from == "bare"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("hosts: []\n", "has no list 'platforms'"),
        ("platforms: []\n", "has no list 'platforms'"),
        ("- a\n", "has no list 'platforms'"),
        ("platforms: [a\n", "cannot be read"),
        ("platforms: [{groups: [a]}]\n", "needs a 'name'"),
        ("platforms: [{name: a}, {name: a}]\n", "twice: a"),
        ("platforms: [{name: Airflow_1}]\n", "'Airflow_1' cannot be used"),
        ("platforms: [{name: a, image: debian}]\n", r"unknown keys \['image'\]"),
        ("platforms: [{name: a, groups: all}]\n", "'groups' and 'without' must be lists"),
        ("platforms: [{name: a, groups: [b], without: [c]}]\n", "'without' names c, which is not one of its groups: b"),
        ("platforms: [{name: a, serves: mail}]\n", "serves 'mail'"),
        ("platforms: [{name: a, bare: true}]\n", r"unknown keys \['bare'\]"),
        ("platforms: [{name: a, starts_from: image}]\n", "'starts_from' is 'image'; write 'template'"),
        ("platforms: [{name: a, starts_from: true}]\n", "'starts_from' is True; write 'template'"),
        ("platforms: [{name: a, starts_from: [template]}]\n", r"'starts_from' is \['template'\]; write"),
        ("platforms: [{name: a, starts_from: }]\n", "'starts_from' is None; write 'template'"),
        ("platforms: [{name: a, serves: feeds, starts_from: template}]\n", "'starts_from' is for hosts"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(LabError, match=says):
        read(written(tmp_path, text))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(LabError, match="nowhere"):
        read(tmp_path / "nowhere.yml")


@pytest.mark.parametrize("name", ["shared", "template-maker", "-a", "a-", "A", "a_b", "", "a" * 33, "a/b"])
def test_names_that_are_no_host_names_are_refused(name: str) -> None:
    with pytest.raises(LabError, match="cannot be used"):
        check_name(name, "lab")
