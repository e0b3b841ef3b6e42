"""The address of the web UI: what is accepted, its path, and what is refused."""

from typing import Any

import pytest
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.base_url import (
    base_url_problems,
    web_path,
)


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("https://x.example/airflow", "/airflow"),
        ("http://x.example:8080/data/air-flow_2.0", "/data/air-flow_2.0"),
        ("http://192.0.2.7", ""),
        ("https://[2001:db8::1]:8443/airflow", "/airflow"),
    ],
)
def test_an_address_and_its_path(url: str, path: str) -> None:
    for option in ("base_url", "Base_URL"):
        config = {"api": {option: url}, "webserver": {"base_url": "https://other.example/other"}}
        assert base_url_problems(config, "api") == []
        assert web_path(config, "api") == path


@pytest.mark.parametrize("config", [{}, {"api": {}}, {"webserver": {"base_url": "https://x.example/airflow"}}])
def test_no_address_has_no_path(config: dict[str, Any]) -> None:
    assert base_url_problems(config, "api") == []
    assert web_path(config, "api") == ""


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("https://x.example/airflow/", "must not end with a slash; write https://x.example/airflow."),
        ("https://x.example/", "must not end with a slash; write https://x.example."),
        ("https://x.example/airflow//", "must not end with a slash; write https://x.example/airflow."),
        ("", "'' is no address"),
        ("/airflow", "'/airflow' is no address"),
        ("x.example/airflow", "is no address"),
        ("ftp://x.example/airflow", "is no address"),
        ("https:///airflow", "is no address"),
        ("https://x.example/air flow", "is no address"),
        ("https://x.example/airflow ", "is no address"),
        ("https://x.example/airflow\n", "is no address"),
        ("https://x.example/airflow?a=b", "is no address"),
        ("https://x.example/airflow#top", "is no address"),
        ("https://me:secret@x.example/airflow", "is no address"),
        ("https://x.example/../airflow", "is no address"),
        ("https://x.example//airflow", "is no address"),
        ("https://x.example/air%20flow", "is no address"),
        (8080, "8080 is no address"),
    ],
)
def test_what_airflow_could_not_serve_is_refused(url: Any, words: str) -> None:
    (problem,) = base_url_problems({"api": {"base_url": url}}, "api")
    assert problem.startswith("airflow_config.api.base_url: ")
    assert words in problem


def test_a_password_is_not_shown() -> None:
    (problem,) = base_url_problems({"api": {"base_url": "http://u:SUPERSECRET@a/x"}}, "api")
    assert "'http://***@a/x' is no address" in problem
