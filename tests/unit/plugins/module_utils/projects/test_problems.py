"""Each invalid input of role projects gets one error, valid inputs get none."""

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.projects.problems import projects_problems


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "context").mkdir()
    (tmp_path / "context" / "Dockerfile").write_text("FROM scratch\n")
    (tmp_path / "empty").mkdir()
    (tmp_path / "image.tar").write_bytes(b"")
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "hosts.yml").touch()
    return tmp_path


GOOD: list[dict[str, Any]] = [
    {
        "name": "news_fetcher-2.0",
        "mode": "0750",
        "directories": [{"path": "out"}, {"path": "out/deep", "mode": "2775"}],
        "files": [
            {"path": "config.json", "content": {"a": [1]}},
            {"path": "conf/x", "content": [1], "format": "yaml"},
            {"path": "text", "content": ""},
            {"path": "copied", "src": "config.json"},
            {"path": "gone", "state": "absent"},
        ],
        "image": {"name": "registry.example.com:5000/team/news:1.0", "source": "build", "build_context": "context"},
    },
    {"name": "a", "image": {"name": "python"}},
    {"name": "b", "image": {"name": f"python@sha256:{'0' * 64}", "pull": "always"}},
    {"name": "c", "image": {"name": "x:1", "source": "archive", "archive": "image.tar"}},
    {"name": "d", "state": "absent"},
    {"name": "e", "image": {"name": "python"}},
]


def test_good_inputs_have_no_problem(root: Path) -> None:
    assert projects_problems(GOOD, "/usr/local/projects", [str(root / "hosts.yml")]) == []


@pytest.mark.parametrize(
    ("projects", "sentence"),
    [
        ([{"name": "a/b"}], "projects_list: a/b: the name must be a single directory, without a slash"),
        ([{"name": ".."}], "projects_list: ..: the name must be a single directory"),
        ([{"name": "News"}], "the name must be a single directory"),
        ([{"name": ""}], "the name must be a single directory"),
        ([{"name": ".managed"}], "the name must be a single directory"),
        ([{"name": "airflow"}], "projects_list: airflow: the name is reserved"),
        ([{"name": "airflow", "state": "absent"}], "projects_list: airflow: the name is reserved"),
        ([{"name": "a"}, {"name": "a"}], "projects_list: a: listed 2 times"),
        ([{"name": "a"}, {"name": "a", "state": "absent"}], "projects_list: a: listed 2 times"),
        ([{"name": "a", "mode": 493}], "projects_list: a: mode 493 must be three or four octal digits in quotes"),
        ([{"name": "a", "mode": "u=rwx"}], "mode u=rwx must be"),
        ([{"name": "a", "directories": [{"path": "x", "mode": "888"}]}], "projects_list: a: x: mode 888 must be"),
    ],
)
def test_bad_projects(projects: list[dict[str, Any]], sentence: str, root: Path) -> None:
    (problem,) = projects_problems(projects, "/usr/local/projects", [str(root / "hosts.yml")])
    assert sentence in problem


@pytest.mark.parametrize("path", ["/etc/passwd", "../x", "a/../../x", "a/", "./a", ".", "a//b"])
@pytest.mark.parametrize("kind", ["files", "directories"])
def test_paths_stay_inside_the_project(path: str, kind: str) -> None:
    entry = {"path": path, "content": ""} if kind == "files" else {"path": path}
    (problem,) = projects_problems([{"name": "a", kind: [entry]}], "/usr/local/projects", [])
    assert f"projects_list: a: path {path} must be relative" in problem


@pytest.mark.parametrize(
    ("file", "sentence"),
    [
        ({"path": "x"}, "projects_list: a: file x: write either content or src"),
        ({"path": "x", "content": "", "src": "config.json"}, "write either content or src"),
        ({"path": "x", "src": "missing.json"}, "src missing.json is not a file on the controller"),
        ({"path": "x", "src": "context"}, "src context is not a file on the controller"),
        ({"path": "x", "content": {"a": 1}}, "add format: json or format: yaml"),
        ({"path": "x", "content": 7}, "content must be text, a dict or a list"),
        ({"path": "x", "content": "", "mode": "rw"}, "projects_list: a: x: mode rw must be"),
    ],
)
def test_bad_files(file: dict[str, Any], sentence: str, root: Path) -> None:
    (problem,) = projects_problems([{"name": "a", "files": [file]}], "/usr/local/projects", [str(root / "hosts.yml")])
    assert sentence in problem


def test_a_path_may_be_listed_only_once() -> None:
    project = {"name": "a", "files": [{"path": "x", "content": ""}], "directories": [{"path": "x"}]}
    (problem,) = projects_problems([project], "/usr/local/projects", [])
    assert "path x is listed 2 times" in problem


def test_the_error_for_a_missing_source_lists_the_directories_searched(root: Path) -> None:
    project = {"name": "a", "files": [{"path": "x", "src": "y"}]}
    (problem,) = projects_problems([project], "/usr/local/projects", ["one,two", str(root)])
    assert f"looked up in {root} and {Path.cwd()}." in problem


def test_a_build_context_in_an_inventory_directory_is_refused(root: Path) -> None:
    image = {"name": "n", "source": "build", "build_context": "context"}
    (problem,) = projects_problems([{"name": "a", "image": image}], "/usr/local/projects", [str(root)])
    assert f"build_context {root}/context is in the inventory directory {root}: Ansible reads all files" in problem


@pytest.mark.parametrize(
    ("image", "sentence"),
    [
        ({"name": "News:1"}, "image News:1: the name must have the form repository/name:tag"),
        ({"name": "news:1:2"}, "the name must have the form"),
        ({"name": "news 1"}, "the name must have the form"),
        ({"name": f"n@sha256:{'0' * 64}", "source": "build", "build_context": "context"}, "name must have the form"),
        ({"name": "n", "source": "archive"}, "source: archive requires archive"),
        ({"name": "n", "source": "build"}, "source: build requires build_context"),
        ({"name": "n", "source": "archive", "archive": "no.tar"}, "archive no.tar is not a file on the controller"),
        ({"name": "n", "source": "archive", "archive": "context"}, "archive context is not a file"),
        ({"name": "n", "source": "build", "build_context": "no"}, "build_context no is not a directory on the"),
        ({"name": "n", "source": "build", "build_context": "empty"}, "build_context empty has no Dockerfile"),
        ({"name": "n", "archive": "image.tar"}, "archive does not apply to source: pull"),
        ({"name": "n", "build_context": "context"}, "remove it, or write source: build"),
        (
            {"name": "n", "source": "archive", "archive": "image.tar", "build_args": {"A": 1}},
            "build_args does not apply",
        ),
    ],
)
def test_bad_images(image: dict[str, Any], sentence: str, root: Path) -> None:
    (problem,) = projects_problems([{"name": "a", "image": image}], "/usr/local/projects", [str(root / "hosts.yml")])
    assert sentence in problem


def test_two_projects_cannot_define_one_image_differently(root: Path) -> None:
    projects = [
        {"name": "a", "image": {"name": "x:1"}},
        {"name": "b", "image": {"name": "x:1", "source": "archive", "archive": "image.tar"}},
    ]
    found = projects_problems(projects, "/usr/local/projects", [str(root / "hosts.yml")])
    assert [problem.split(",")[0] for problem in found] == [
        "projects_list: a: image x:1 is defined differently by b",
        "projects_list: b: image x:1 is defined differently by a",
    ]


@pytest.mark.parametrize("directory", ["projects", "/", "//", ""])
def test_projects_directory_must_be_absolute(directory: str) -> None:
    (problem,) = projects_problems([], directory, [])
    assert problem.startswith("projects_directory:")


def test_a_problem_never_shows_file_contents() -> None:
    project = {"name": "a", "files": [{"path": "x", "content": {"password": "hunter2"}, "secret": True}]}
    assert "hunter2" not in "".join(projects_problems([project], "/usr/local/projects", []))


@pytest.mark.parametrize("owner", ["", "-1", "a:b", " root", "a/b", "root\n"])
@pytest.mark.parametrize("key", ["owner", "group"])
def test_an_owner_is_a_name_or_a_number(owner: str, key: str) -> None:
    for project in ({key: owner}, {"files": [{"path": "x", "content": "", key: owner}]}):
        (problem,) = projects_problems([{"name": "a", **project}], "/usr/local/projects", [])
        assert problem.id == "owner-invalid"
        assert f"{key} {owner!r} is neither a name nor a number" in problem
    for good in ("1000", 1000, 0, "x", "www-data", "jane@example.com", "EXAMPLE\\domain users"):
        assert projects_problems([{"name": "a", key: good}], "/usr/local/projects", []) == []


@pytest.mark.parametrize(
    "image",
    ["Registry.Example.com/x", "localhost/x", "host:5000/a__b/c--d.e:V1.0_x", "a/b/c", f"x:1@sha256:{'0' * 64}"],
)
def test_unusual_names_of_images(image: str) -> None:
    assert projects_problems([{"name": "a", "image": {"name": image}}], "/usr/local/projects", []) == []


@pytest.mark.parametrize(
    "image", ["/x", "x/", "a//b", "-x", "x-", "a___b", "a..b", "Team/x", "x:", "x:-1", "x@sha256:1", "host:port/x", ""]
)
def test_impossible_names_of_images(image: str) -> None:
    (problem,) = projects_problems([{"name": "a", "image": {"name": image}}], "/usr/local/projects", [])
    assert problem.id == "image-name-invalid"


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ({"A B": "x"}, "'A B' cannot be the name of an ARG"),
        ({"A=B": "x"}, "'A=B' cannot be the name of an ARG"),
        ({"1": "x"}, "'1' cannot be the name of an ARG"),
        ({"A": ["x"]}, "the value of A is a dict or a list"),
        ({"A": {"b": "x"}}, "the value of A is a dict or a list"),
        ({"BASE": "python:3.13", "n": 1, "_x": True, "EMPTY": ""}, ""),
    ],
)
def test_build_arguments(arguments: dict[str, Any], word: str, root: Path) -> None:
    image = {"name": "n", "source": "build", "build_context": "context", "build_args": arguments}
    found = projects_problems([{"name": "a", "image": image}], "/usr/local/projects", [str(root / "hosts.yml")])
    assert [problem.id for problem in found] == ["image-argument-invalid"] * bool(word)
    assert all(word in problem for problem in found)


@pytest.mark.parametrize(
    "project",
    [
        {"files": [{"path": "x", "content": ""}, {"path": "x/y", "content": ""}]},
        {"files": [{"path": "x", "content": ""}], "directories": [{"path": "x/y/z"}]},
        {"files": [{"path": "x", "state": "absent"}, {"path": "x/y", "content": ""}]},
    ],
)
def test_nothing_is_below_a_file(project: dict[str, Any]) -> None:
    (problem,) = projects_problems([{"name": "a", **project}], "/usr/local/projects", [])
    assert problem.id == "path-below-file"
    assert "path x is a file, and x/y" in problem


@pytest.mark.parametrize("path", ["x" * 256, f"a/{'ü' * 128}/b", "a\nb", "a\0b"])
def test_impossible_paths(path: str) -> None:
    (problem,) = projects_problems([{"name": "a", "directories": [{"path": path}]}], "/usr/local/projects", [])
    assert problem.id == "path-invalid"
    assert projects_problems([{"name": "a", "directories": [{"path": "a b/ü"}]}], "/usr/local/projects", []) == []


@pytest.mark.parametrize(
    ("projects", "finding", "place"),
    [
        ([{"name": "airflow"}], "project-name-reserved", "projects_list: airflow"),
        ([{"name": "x" * 256}], "project-name-invalid", f"projects_list: {'x' * 256}"),
        ([{"name": "a"}, {"name": "a"}], "project-twice", "projects_list: a"),
        ([{"name": "a", "mode": 493}], "mode-invalid", "projects_list: a"),
        ([{"name": "a", "files": [{"path": "x"}]}], "file-source-unclear", "projects_list: a: file x"),
        ([{"name": "a", "image": {"name": "N"}}], "image-name-invalid", "projects_list: a: image N"),
    ],
)
def test_a_problem_has_an_id_and_a_place(projects: list[dict[str, Any]], finding: str, place: str) -> None:
    (problem,) = projects_problems(projects, "/usr/local/projects", [])
    assert (problem.id, problem.place) == (finding, place)
