"""Contract of library/redis:7. DOC is the image's documentation (docker-library/docs, redis), ENT its
docker-entrypoint.sh and DF its Dockerfile.
"""

from pathlib import Path

from tests.lab.contract.containers import REDIS, config, docker, must, run, running, until


def test_the_configuration_is_the_official_one() -> None:
    found = config(REDIS)
    assert found["Entrypoint"] == ["docker-entrypoint.sh"]  # DF
    assert found["Cmd"] == ["redis-server"]  # DF
    assert found["WorkingDir"] == "/data"  # DF
    assert list(found["Volumes"]) == ["/data"]  # DF


def test_without_configuration_it_is_open_to_its_network(network: str) -> None:
    with running(REDIS, options=("--network", network, "--network-alias", "broker")) as name:
        until(name, "redis-cli", "ping")
        found = run(REDIS, "redis-cli", "-h", "broker", "ping", options=("--network", network))
        assert found.output == "PONG"  # DOC, "Security": protected mode is turned off in the image
        assert must("exec", name, "stat", "-c", "%u", "/proc/1") == "999"  # DF: uid; ENT: root becomes redis
        assert must("exec", name, "stat", "-c", "%u", "/data") == "999"  # ENT: chown


def test_a_configuration_file_is_obeyed_and_data_stay(tmp_path: Path) -> None:
    file = tmp_path / "redis.conf"
    file.write_text("requirepass secret\nappendonly yes\n")
    file.chmod(0o644)
    tmp_path.chmod(0o755)
    mounted = ("--volume", f"{file}:/etc/redis.conf:ro")
    with running(REDIS, "redis-server", "/etc/redis.conf", options=mounted) as name:  # DOC: file as the argument
        ask = ("env", "REDISCLI_AUTH=secret", "redis-cli")
        until(name, *ask, "ping")
        assert "NOAUTH" in docker("exec", name, "redis-cli", "ping").output
        assert must("exec", name, *ask, "set", "word", "kept") == "OK"
        must("restart", name)
        until(name, *ask, "ping")
        assert must("exec", name, *ask, "get", "word") == "kept"  # DOC: /data is persistent
        assert must("exec", name, "find", "/data", "-name", "*.aof*", "-type", "f")


def test_options_alone_mean_the_server() -> None:
    with running(REDIS, "--requirepass", "secret") as name:  # ENT: first argument starts with a dash
        until(name, "env", "REDISCLI_AUTH=secret", "redis-cli", "ping")


def test_other_commands_keep_root() -> None:
    assert run(REDIS, "id", "-u").output == "0"  # ENT: only redis-server drops root
    assert " v=7." in run(REDIS, "redis-server", "--version").output
