"""Restored files replace those of a host, which are kept; an interrupted restore can be run again."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.backup import restore
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.backup.settings import BackupError

STAMP = "20261130T071500Z"
KEPT = f".replaced_{STAMP}"


def tree(root: Path, **files: str) -> Path:
    """Create files below a directory; two underscores separate directories."""
    for name, text in files.items():
        path = root / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def texts(root: Path) -> dict[str, str]:
    """Return all files below a directory."""
    return {f"{path.relative_to(root)}": path.read_text() for path in sorted(root.rglob("*")) if path.is_file()}


def test_what_is_replaced_is_kept_beside_it(tmp_path: Path) -> None:
    source, target = tree(tmp_path / "source", news__config="restored"), tree(tmp_path / "target", news__config="newer")
    assert restore.place(f"{source}/news", f"{target}/news", STAMP) == f"{target}/{KEPT}"
    assert texts(target) == {f"{KEPT}/news/config": "newer", "news/config": "restored"}
    assert (target / KEPT).stat().st_mode & 0o777 == 0o700


def test_a_second_try_deletes_nothing(tmp_path: Path) -> None:
    target = tree(tmp_path / "target", news__config="newer")
    for text in ("first", "second"):
        source = tree(tmp_path / text, news__config=text)
        restore.place(f"{source}/news", f"{target}/news", STAMP)
    assert texts(target) == {
        f"{KEPT}/news/config": "newer",
        f"{KEPT}_2/news/config": "first",
        "news/config": "second",
    }


def test_a_stack_deep_in_a_project_is_restored_with_it(tmp_path: Path) -> None:
    paths = {name: f"/srv/{name}" for name in ("secrets", "records")}
    paths |= {"projects": "/srv/projects", "stack": "/srv/projects/team/airflow"}
    now = {name: f"{tmp_path}{path}" for name, path in paths.items()}
    fetched = tree(tmp_path / "fetched", srv__projects__team__airflow__dags__dag="restored")
    tree(tmp_path, srv__projects__team__airflow__dags__dag="newer")
    restore.files({"paths": paths}, now, str(fetched), STAMP, keeper=False)
    assert (tmp_path / "srv/projects/team/airflow/dags/dag").read_text() == "restored"
    assert (tmp_path / f"srv/projects/{KEPT}/team/airflow/dags/dag").read_text() == "newer"


def test_further_paths_get_their_own_places(tmp_path: Path) -> None:
    paths = {name: f"/srv/{name}" for name in ("secrets", "records", "projects", "stack")}
    extra = f"{tmp_path}/etc/cron.d/ours"
    fetched = tree(tmp_path / "fetched", **{f"{extra[1:]}".replace("/", "__"): "job"})
    restore.files({"paths": paths}, paths, str(fetched), STAMP, keeper=False, extra=[extra, "/nowhere"])
    assert Path(extra).read_text() == "job"


def test_a_missing_directory_gets_the_mode_of_the_restored_one(tmp_path: Path) -> None:
    source = tree(tmp_path / "source", fernet_key="k")
    source.chmod(0o700)
    assert restore.place(f"{source}/fernet_key", f"{tmp_path}/etc/secrets/fernet_key", STAMP) == ""
    assert (tmp_path / "etc/secrets").stat().st_mode & 0o777 == 0o700


def test_links_are_moved_and_not_followed(tmp_path: Path) -> None:
    source, target = tree(tmp_path / "source", releases__a__dag="1"), tree(tmp_path / "target", releases__b__dag="2")
    (source / "current").symlink_to("releases/a")
    (target / "current").symlink_to("releases/b")
    restore.place(f"{source}/current", f"{target}/current", STAMP)
    assert (target / "current").readlink() == Path("releases/a")
    assert (target / KEPT / "current").readlink() == Path("releases/b")


@pytest.mark.parametrize("keeper", [True, False])
def test_files_of_a_host_go_to_the_directories_of_the_new_one(tmp_path: Path, keeper: bool) -> None:
    was = {"secrets": "/etc/airflow/secrets", "stack": "/srv/a/airflow", "projects": "/srv/a", "records": "/var/lib/s"}
    now = {name: f"{tmp_path}/new/{name}" for name in ("secrets", "projects", "records")}
    now["stack"] = f"{now['projects']}/airflow"
    fetched = tree(
        tmp_path / "fetched",
        etc__airflow__secrets__fernet_key="k",
        srv__a__airflow__dags__releases__x__dag="1",
        srv__a__airflow__config__airflow="rendered by the next deployment",
        srv__a__news__config="c",
        **{"var__lib__s__history.jsonl": "{}"},
    )
    assert restore.files({"paths": was}, now, str(fetched), STAMP, keeper=keeper) == []
    everywhere = {"projects/airflow/dags/releases/x/dag": "1", "projects/news/config": "c"}
    on_keeper = {"records/history.jsonl": "{}", "secrets/fernet_key": "k"} if keeper else {}
    assert texts(tmp_path / "new") == {**everywhere, **on_keeper}


def test_a_history_of_this_host_is_kept(tmp_path: Path) -> None:
    paths = {name: f"{tmp_path}/{name}" for name in ("secrets", "stack", "projects", "records")}
    tree(tmp_path, **{"records__history.jsonl": "mine"})
    fetched = tree(tmp_path / "fetched", **{f"{paths['records'][1:]}/history.jsonl".replace("/", "__"): "theirs"})
    restore.files({"paths": paths}, paths, str(fetched), STAMP, keeper=True)
    assert (tmp_path / "records/history.jsonl").read_text() == "mine"


def test_a_dump_that_differs_from_the_manifest_is_refused(tmp_path: Path) -> None:
    (tmp_path / "0.dump").write_bytes(b"data")
    entry = {"file": "0.dump", "sha256": "0" * 64}
    with pytest.raises(BackupError, match=r"0\.dump of set S differs from its manifest"):
        restore.compare({"set": "S", "globals": {}, "databases": {"a": entry}}, str(tmp_path))
    with pytest.raises(BackupError, match=r"set S lacks globals\.sql"):
        restore.compare({"set": "S", "globals": {"file": "globals.sql"}, "databases": {}}, str(tmp_path))
