"""Secrets are kept, given or generated, and errors come before any change."""

import base64
import os
import stat
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.host.secret_store import (
    Derived,
    Secret,
    SecretError,
    apply,
    derive,
    new_value,
    settle,
)

ME = os.getuid()
KEY = base64.urlsafe_b64encode(b"k" * 32).decode()
OTHER = base64.urlsafe_b64encode(b"o" * 32).decode()


def put(directory: Path, name: str, value: str) -> None:
    (directory / name).write_text(value)
    (directory / name).chmod(0o400)


def test_a_missing_secret_is_generated_once(tmp_path: Path) -> None:
    outcome = settle(Secret("redis_password", owner=ME), str(tmp_path), False)
    assert outcome.write
    assert len(outcome.value) >= 32
    assert list(tmp_path.iterdir()) == [], "settling changes nothing"
    if os.getuid() == 0:
        apply(outcome, str(tmp_path))
        found = (tmp_path / "redis_password").stat()
        assert stat.S_IMODE(found.st_mode) == 0o400
        assert found.st_uid == ME
        again = settle(Secret("redis_password", owner=ME), str(tmp_path), True)
        assert (again.value, again.write, again.chown) == (outcome.value, False, False)


def test_a_signing_key_is_as_long_as_the_hash(tmp_path: Path) -> None:
    assert len(settle(Secret("jwt_secret", "signing", owner=ME), str(tmp_path), False).value) >= 64
    put(tmp_path, "jwt_secret", "short, from before")
    kept = settle(Secret("jwt_secret", "signing", owner=ME), str(tmp_path), True)
    assert (kept.value, kept.write) == ("short, from before", False)


def test_a_given_value_takes_precedence(tmp_path: Path) -> None:
    put(tmp_path, "redis_password", "old")
    outcome = settle(Secret("redis_password", value="new", owner=ME), str(tmp_path), True)
    assert outcome.write
    assert outcome.value == "new"


def test_a_secret_of_kind_text_has_any_form_and_is_never_generated(tmp_path: Path) -> None:
    text = "-----BEGIN CERTIFICATE-----\nabc\n"
    outcome = settle(Secret("ca_certificate", kind="text", value=text, owner=ME), str(tmp_path), True)
    assert (outcome.value, outcome.write) == (text, True)
    put(tmp_path, "ca_certificate", text)
    assert not settle(Secret("ca_certificate", kind="text", owner=ME), str(tmp_path), True).write
    with pytest.raises(SecretError, match=r"ca_key is missing; remove the file ca_certificate next to it"):
        settle(Secret("ca_key", kind="text"), str(tmp_path), True)


def test_the_mode_of_an_open_file_is_corrected(tmp_path: Path) -> None:
    (tmp_path / "redis_password").write_text("x")
    (tmp_path / "redis_password").chmod(0o644)
    outcome = settle(Secret("redis_password", owner=ME), str(tmp_path), False)
    assert outcome.chown
    assert not outcome.write


@pytest.mark.parametrize(
    ("secret", "present", "database", "words"),
    [
        (
            Secret("fernet_key", "fernet", KEY, keep="Rows need it.", variable="airflow_fernet_key"),
            OTHER,
            True,
            r"^airflow_fernet_key differs from the value in .*/fernet_key; .* Rows need it\.$",
        ),
        (Secret("fernet_key", "fernet", "short", variable="airflow_fernet_key"), None, False, "not a Fernet key"),
        (Secret("fernet_key", "fernet", "ü" * 44, variable="airflow_fernet_key"), None, False, "not a Fernet key"),
        (
            Secret("postgres_password", keep="Roles need it.", variable="airflow_postgres_password"),
            None,
            True,
            r"/postgres_password is missing but Airflow's database exists; .* Roles need it\.$",
        ),
        (
            Secret("redis_password", value="two\nlines", variable="airflow_redis_password"),
            None,
            False,
            "one line of text",
        ),
        (Secret("redis_password", value="  ", variable="airflow_redis_password"), None, False, "not empty"),
    ],
)
def test_refuses_bad_secrets(tmp_path: Path, secret: Secret, present: str | None, database: bool, words: str) -> None:
    if present is not None:
        put(tmp_path, secret.name, present)
    with pytest.raises(SecretError, match=words) as caught:
        settle(secret, str(tmp_path), database)
    for value in (secret.value, present):
        assert not value or len(value.strip()) == 0 or value not in str(caught.value)


def test_a_generated_fernet_key_is_valid() -> None:
    assert len(base64.urlsafe_b64decode(new_value("fernet"))) == 32


def test_a_derived_file_quotes_a_password_for_its_format(tmp_path: Path) -> None:
    odd = 'a/b:c@d%e"f\\g é'
    url = derive(
        Derived("broker_url", "redis://:{redis_password:url}@redis:6379/0", ME), {"redis_password": odd}, str(tmp_path)
    )
    assert unquote(urlsplit(url.value).password or "") == odd
    assert url.write
    conf = derive(
        Derived("redis_conf", 'requirepass "{redis_password:redis}"\n', ME), {"redis_password": odd}, str(tmp_path)
    )
    assert conf.value == 'requirepass "a/b:c@d%e\\"f\\\\g é"\n'


def test_an_up_to_date_derived_file_is_not_written(tmp_path: Path) -> None:
    put(tmp_path, "plain", "x=s")
    outcome = derive(Derived("plain", "x={secret}", ME), {"secret": "s"}, str(tmp_path))
    assert not outcome.write
    assert not outcome.chown


def test_a_template_with_an_unknown_secret_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SecretError, match="template of url names 'nope'"):
        derive(Derived("url", "{nope}", ME), {}, str(tmp_path))
