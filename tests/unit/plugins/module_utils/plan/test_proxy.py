"""Proxies for Airflow's containers."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.proxy import proxy, proxy_problems

PLAN = {
    "services": {"table": {"postgres": {}, "webserver": {}}, "airflow": ["webserver"]},
    "addresses": {"a": "10.0.0.1", "b": "10.0.0.2", "c": ""},
    "servers": {"postgres": "10.0.0.1", "redis": "redis"},
}
NONE: dict[str, Any] = {
    "airflow_http_proxy": "",
    "airflow_https_proxy": "",
    "airflow_no_proxy": [],
    "airflow_environment": {},
}
STACK = "localhost,127.0.0.1,::1,host.docker.internal,postgres,webserver,webserver-h1,10.0.0.1,10.0.0.2,redis"


@pytest.mark.parametrize(
    ("given", "http", "https", "without"),
    [
        ({"airflow_http_proxy": "http://p:3128"}, "http://p:3128", "http://p:3128", STACK),
        (
            {"airflow_https_proxy": "http://s:1", "airflow_no_proxy": [".corp", "postgres"]},
            None,
            "http://s:1",
            f".corp,postgres,{STACK.replace(',postgres', '')}",
        ),
        # As people write it who know only the containers' variables.
        (
            {"airflow_environment": {"http_proxy": "http://p:1", "NO_PROXY": " .a , b,"}},
            "http://p:1",
            None,
            f".a,b,{STACK}",
        ),
        ({"airflow_http_proxy": "http://p:1", "airflow_no_proxy": ["*"]}, "http://p:1", "http://p:1", "*"),
        (
            {"airflow_http_proxy": "http://p:1", "airflow_environment": {"HTTPS_PROXY": ""}},
            "http://p:1",
            None,
            STACK,
        ),
    ],
)
def test_the_stack_is_reached_without_it(
    given: dict[str, Any], http: str | None, https: str | None, without: str
) -> None:
    found = proxy({**NONE, **given}, PLAN, "h1")
    for names, value in ((("HTTP_PROXY", "http_proxy"), http), (("HTTPS_PROXY", "https_proxy"), https)):
        assert [found.get(name) for name in names] == [value, value]
    assert found["NO_PROXY"] == found["no_proxy"] == without


@pytest.mark.parametrize("given", [{}, {"airflow_no_proxy": ["a"]}, {"airflow_environment": {"NO_PROXY": "a"}}])
def test_without_a_proxy_nothing_is_set(given: dict[str, Any]) -> None:
    assert proxy({**NONE, **given}, PLAN, "h1") == {}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"airflow_http_proxy": "proxy:3128"}, ["airflow_http_proxy: this is not the address of a proxy"]),
        ({"airflow_https_proxy": "user:s3cret@p:1"}, ["airflow_https_proxy: this is not"]),
        ({"airflow_http_proxy": "http://user:word@p:3128/"}, []),
    ],
)
def test_problems(given: dict[str, Any], words: list[str]) -> None:
    found = proxy_problems({**NONE, **given})
    assert len(found) == len(words)
    assert "s3cret" not in "".join(found)
    assert all(text.startswith(start) for text, start in zip(found, words, strict=True))
