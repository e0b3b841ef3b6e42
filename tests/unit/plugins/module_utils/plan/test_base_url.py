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
        ("", "'' is not a valid URL"),
        ("/airflow", "'/airflow' is not a valid URL"),
        ("x.example/airflow", "is not a valid URL"),
        ("ftp://x.example/airflow", "is not a valid URL"),
        ("https:///airflow", "is not a valid URL"),
        ("https://x.example/air flow", "is not a valid URL"),
        ("https://x.example/airflow ", "is not a valid URL"),
        ("https://x.example/airflow\n", "is not a valid URL"),
        ("https://x.example/airflow?a=b", "is not a valid URL"),
        ("https://x.example/airflow#top", "is not a valid URL"),
        ("https://me:secret@x.example/airflow", "is not a valid URL"),
        ("https://x.example/../airflow", "is not a valid URL"),
        ("https://x.example//airflow", "is not a valid URL"),
        ("https://x.example/air%20flow", "is not a valid URL"),
        (8080, "8080 is not a valid URL"),
    ],
)
def test_addresses_that_airflow_cannot_serve_are_refused(url: Any, words: str) -> None:
    (problem,) = base_url_problems({"api": {"base_url": url}}, "api")
    assert problem.startswith("airflow_config.api.base_url: ")
    assert words in problem


def test_a_password_is_not_shown() -> None:
    (problem,) = base_url_problems({"api": {"base_url": "http://u:SUPERSECRET@a/x"}}, "api")
    assert "'http://***@a/x' is not a valid URL" in problem
