"""daemon.json keeps foreign options and gets ours; the engine is restarted only if a reload is not enough."""

import json
from typing import Any

import pytest
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.host.docker_daemon import (
    RELOAD,
    RESTART,
    merged,
    parse,
    plan,
)

from tests.unit.plugins.daemon_json import BROKEN, INPUTS

OURS = {"live-restore": True, "log-opts": {"max-size": "10m", "max-file": "3"}}


def planned(before: Any, **inputs: Any) -> tuple[dict[str, Any], list[str]]:
    """Return the new content and the handler topics."""
    result = plan(before if isinstance(before, str) else json.dumps(before), {**INPUTS, **inputs})
    return json.loads(result["text"]), result["notify"]


@pytest.mark.parametrize("text", ["", "  \n"])
def test_without_a_file_our_options_alone_are_written(text: str) -> None:
    assert planned(text)[0] == OURS


def test_foreign_options_stay_and_keep_their_order() -> None:
    after, _topics = planned({"bip": "10.9.0.1/16", "dns": ["192.0.2.1"], "log-opts": {"tag": "x"}})
    assert list(after)[:2] == ["bip", "dns"]
    assert after["log-opts"] == {"tag": "x", "max-size": "10m", "max-file": "3"}


@pytest.mark.parametrize("key", ["registry-mirrors", "insecure-registries"])
def test_an_empty_list_keeps_the_existing_value(key: str) -> None:
    assert planned({key: ["a.example"]})[0][key] == ["a.example"]


@pytest.mark.parametrize(
    ("present", "given", "expected"),
    [
        ([], [], ["plain.example:5000"]),
        (["old.example"], [], ["old.example", "plain.example:5000"]),
        (["old.example"], ["new.example"], ["new.example", "plain.example:5000"]),
        ([], ["plain.example:5000"], ["plain.example:5000"]),
    ],
)
def test_a_mirror_without_tls_is_an_insecure_registry(
    present: list[str], given: list[str], expected: list[str]
) -> None:
    mirrors = ["http://plain.example:5000", "https://tls.example"]
    after, _topics = planned({"insecure-registries": present}, registry_mirrors=mirrors, insecure_registries=given)
    assert after["insecure-registries"] == expected
    assert after["registry-mirrors"] == mirrors


def test_a_list_replaces_the_existing_value() -> None:
    assert planned({"registry-mirrors": ["https://old"]}, registry_mirrors=["https://new"])[0]["registry-mirrors"] == [
        "https://new"
    ]


def test_other_options_are_merged_last() -> None:
    after, _topics = planned({}, daemon_options={"log-opts": {"max-size": "1g"}, "data-root": "/srv/docker"})
    assert after == {
        **OURS,
        "log-opts": {"max-size": "1g", "max-file": "3"},
        "data-root": "/srv/docker",
    }


def test_absent_options_are_removed() -> None:
    assert (
        "registry-mirrors" not in planned({"registry-mirrors": ["https://old"]}, options_absent=["registry-mirrors"])[0]
    )


@pytest.mark.parametrize(("driver", "rotates"), [("json-file", True), ("local", True), ("journald", False)])
def test_rotation_is_set_for_drivers_that_support_it(driver: str, rotates: bool) -> None:
    assert ("log-opts" in planned({"log-driver": driver})[0]) == rotates
    assert ("log-opts" in planned({}, daemon_options={"log-driver": driver})[0]) == rotates


def test_an_empty_size_leaves_the_log_options_alone() -> None:
    assert planned({"log-opts": {"max-size": "1m"}}, log_max_size="")[0]["log-opts"] == {"max-size": "1m"}


def test_a_file_with_the_same_content_keeps_its_formatting() -> None:
    text = '{"log-opts": {"max-file": "3",\n "max-size": "10m"}, "live-restore":true}'
    assert plan(text, INPUTS) == {"text": text, "notify": []}


def test_the_written_file_needs_no_second_change() -> None:
    options = {"default-address-pools": [{"base": "10.90.0.0/16", "size": 24}], "x": {"ä": "سلام"}}
    first = plan("", {**INPUTS, "daemon_options": options})
    assert "سلام" in first["text"]
    assert plan(first["text"], {**INPUTS, "daemon_options": options})["notify"] == []


@pytest.mark.parametrize(
    ("before", "inputs", "topics"),
    [
        (OURS, {}, []),
        (OURS, {"registry_mirrors": ["https://new"]}, [RELOAD]),
        (OURS, {"insecure_registries": ["a:5000"]}, [RELOAD]),
        (OURS, {"live_restore": False}, [RELOAD]),
        (OURS, {"daemon_options": {"debug": True, "shutdown-timeout": 30}}, [RELOAD]),
        # The engine reads these only when it starts.
        (OURS, {"log_max_size": "20m"}, [RELOAD, RESTART]),
        (OURS, {"daemon_options": {"features": {"containerd-snapshotter": True}}}, [RELOAD, RESTART]),
        (OURS, {"registry_mirrors": ["https://new"], "daemon_options": {"bip": "10.9.0.1/16"}}, [RELOAD, RESTART]),
        # A reload ignores a key that was removed.
        ({**OURS, "registry-mirrors": ["https://old"]}, {"options_absent": ["registry-mirrors"]}, [RELOAD, RESTART]),
        ({**OURS, "debug": True}, {"options_absent": ["debug"]}, [RELOAD, RESTART]),
    ],
)
def test_reloads_where_a_reload_is_enough(before: dict[str, Any], inputs: dict[str, Any], topics: list[str]) -> None:
    assert planned(before, **inputs)[1] == topics


@pytest.mark.parametrize("text", BROKEN)
def test_a_text_that_is_not_a_json_object_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"line \d+ column|object in braces"):
        parse(text)


def test_merging_changes_neither_argument() -> None:
    base, over = {"a": {"b": 1}}, {"a": {"c": 2}}
    assert merged(base, over) == {"a": {"b": 1, "c": 2}}
    assert (base, over) == ({"a": {"b": 1}}, {"a": {"c": 2}})
