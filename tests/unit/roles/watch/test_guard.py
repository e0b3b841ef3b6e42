"""Whether the stack's firewall is active, and how its program loads and holds it."""

from __future__ import annotations

import re
import signal
from pathlib import Path

import pytest
import yaml
from airflow_watch import firewall, holder
from airflow_watch.nft import NftError

from tests.rows import ROLES

FILE = firewall.FILE
HELD = "airflow-firewall.service does not hold table inet airflow_firewall with its present program"
TEXT = "# A comment.\ntable inet airflow_firewall {\n\tchain a {\n\t\taccept\n\t}\n}\n"
LISTED = "table inet airflow_firewall { # progname python3\n\tflags owner,persist\n\n\tchain a {\n\t\taccept\n\t}\n}\n"
ORPHANED = LISTED.replace(" # progname python3", "").replace("owner,", "")
PROGRAM = firewall.program_digest()
NOTE = firewall.record(TEXT, PROGRAM, LISTED)


def test_an_active_firewall_has_no_problem() -> None:
    assert firewall.problems(LISTED, NOTE, TEXT, PROGRAM) == []
    # Another process has taken the table over.
    assert firewall.problems(LISTED.replace("python3", "nft"), NOTE, TEXT, PROGRAM) == []


@pytest.mark.parametrize(
    ("listed", "note", "text", "problem"),
    [
        ("", NOTE, TEXT, "table inet airflow_firewall is missing"),
        # After a reboot, or if the note could not be written on a full disk.
        (LISTED, "", TEXT, "it is unknown whether table inet airflow_firewall is what airflow-firewall.service loaded"),
        (
            LISTED.replace("accept", "drop"),
            NOTE,
            TEXT,
            "table inet airflow_firewall is not what airflow-firewall.service loaded",
        ),
        ("table inet airflow_firewall {\n}\n", NOTE, TEXT, "table inet airflow_firewall is not what"),
        # Its process has ended, or never was there.
        (ORPHANED, NOTE, TEXT, HELD),
        (ORPHANED, firewall.record(TEXT, "", ORPHANED), TEXT, HELD),
        (LISTED, NOTE.replace(PROGRAM, "0" * 64), TEXT, HELD),
        (LISTED, NOTE, TEXT + "\n", f"{FILE} was not loaded since it changed"),
    ],
)
def test_each_problem_is_named(listed: str, note: str, text: str, problem: str) -> None:
    (found,) = firewall.problems(listed, note, text, PROGRAM)
    assert found.startswith(problem.replace(str(FILE), str(firewall.FILE)))


@pytest.mark.parametrize(
    ("listed", "flags", "first", "created"),
    [
        ("", "owner,persist", "{ flags owner,persist; }", "{ flags owner,persist;"),
        # The flags of a table cannot change, so the first command repeats them.
        (LISTED, "owner,persist", "{ flags owner,persist; }", "{ flags owner,persist;"),
        (ORPHANED, "owner,persist", "{ flags persist; }", "{ flags owner,persist;"),
        ("table inet airflow_firewall {\n}\n", "owner", "{  }", "{ flags owner;"),
        (LISTED, "", "{ flags owner,persist; }", "{ "),
    ],
)
def test_a_table_is_replaced_in_one_transaction(listed: str, flags: str, first: str, created: str) -> None:
    lines = firewall.commands(TEXT, listed, flags).splitlines()
    assert lines[0] == f"table inet airflow_firewall {first}"
    assert lines[1] == "delete table inet airflow_firewall"
    assert lines[2:4] == ["# A comment.", f"table inet airflow_firewall {created}"]


class Kernel:
    """Stand in for nft: a table, the flags that the kernel supports, and who owns the table."""

    def __init__(self, *flags: str) -> None:
        self.supported = flags
        self.table = ""
        self.loaded: list[str] = []

    def run(self, commands: str) -> str:
        if commands == firewall.LIST:
            if not self.table:
                raise NftError("No such file or directory")
            return self.table
        if "broken" in commands:
            raise NftError("syntax error")
        flags = re.search(r"\{ (?:flags ([a-z,]+);)?$", commands, re.MULTILINE)
        assert flags
        if (flags[1] or "") not in self.supported:
            raise NftError("syntax error")
        self.loaded.append(flags[1] or "")
        self.table = f"table inet airflow_firewall {{\n\tflags {flags[1]}\n{commands}"
        return ""


@pytest.fixture(autouse=True)
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write the file with the table."""
    monkeypatch.setattr(firewall, "FILE", tmp_path / "table.nft")
    monkeypatch.setattr(firewall, "NOTE", tmp_path / "run" / "firewall")
    monkeypatch.setattr(firewall, "KEPT", tmp_path / "kept.nft")
    monkeypatch.setattr(holder, "RELOAD_SECONDS", 0)
    firewall.FILE.write_text(TEXT, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("supported", "used"),
    [(("owner,persist", "owner", ""), "owner,persist"), (("owner", ""), "owner"), (("",), "")],
)
def test_the_strongest_flags_that_the_kernel_supports_are_used(supported: tuple[str, ...], used: str) -> None:
    kernel = Kernel(*supported)
    assert holder.load(kernel, PROGRAM) == used  # type: ignore[arg-type]
    assert kernel.loaded == [used]
    assert holder.problems(kernel) == []  # type: ignore[arg-type]


def test_a_table_that_nft_refuses_changes_nothing() -> None:
    kernel = Kernel("owner")
    holder.load(kernel, PROGRAM)  # type: ignore[arg-type]
    firewall.FILE.write_text(f"{TEXT}broken", encoding="utf-8")
    with pytest.raises(NftError, match="syntax error"):
        holder.load(kernel, PROGRAM)  # type: ignore[arg-type]
    assert kernel.loaded == ["owner"]
    (problem,) = holder.problems(kernel)  # type: ignore[arg-type]
    assert problem.endswith("was not loaded since it changed")


def test_a_table_that_appears_meanwhile_costs_no_flag(monkeypatch: pytest.MonkeyPatch) -> None:
    """airflow-watch loads a table without flags if systemd delays the unit, which then replaces it."""
    kernel = Kernel("owner,persist", "owner", "")
    run, refused = kernel.run, []

    def meanwhile(commands: str) -> str:
        if commands != firewall.LIST and not refused:
            refused.append(commands)
            kernel.table = "table inet airflow_firewall {\n}\n"
            raise NftError("the flags of a table cannot change")
        return run(commands)

    monkeypatch.setattr(kernel, "run", meanwhile)
    assert holder.load(kernel, PROGRAM) == "owner,persist"  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["", "# nothing\n", "table inet other {\n}\n", "table inet airflow_firewall {\n"])
def test_a_file_without_the_table_does_not_delete_it(text: str) -> None:
    """nft would accept an empty file, as a full disk or an editor can leave it."""
    kernel = Kernel("owner")
    holder.load(kernel, PROGRAM)  # type: ignore[arg-type]
    firewall.FILE.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match="it does not define table inet airflow_firewall"):
        holder.load(kernel, PROGRAM)  # type: ignore[arg-type]
    assert kernel.loaded == ["owner"]


@pytest.mark.parametrize("damage", ["", "table inet airflow_firewall {\nbroken\n}\n", None])
def test_a_start_with_a_damaged_file_loads_the_last_good_one(
    damage: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    kernel = Kernel("owner")
    holder.begin(kernel, PROGRAM)  # type: ignore[arg-type]
    assert firewall.KEPT.read_text(encoding="utf-8") == TEXT
    kernel.table = ""
    if damage is None:
        firewall.FILE.unlink()
    else:
        firewall.FILE.write_text(damage, encoding="utf-8")
    holder.begin(kernel, PROGRAM)  # type: ignore[arg-type]
    assert "accept" in kernel.table
    assert "loading the last good rules" in capsys.readouterr().out


def test_a_full_disk_does_not_end_the_firewall(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (files / "run").write_text("in the way of the directory", encoding="utf-8")
    kernel = Kernel("owner")
    assert holder.load(kernel, PROGRAM) == "owner"  # type: ignore[arg-type]
    assert "the firewall is active, but airflow-watch cannot check it" in capsys.readouterr().out


def test_the_program_reloads_the_file_and_ends_on_a_signal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    kernel, told = Kernel("owner", ""), []
    signals = iter([signal.SIGHUP, signal.SIGHUP, signal.SIGTERM])

    def wait(_: object) -> int:
        if len(kernel.loaded) == 2:
            firewall.FILE.write_text("broken", encoding="utf-8")
        return next(signals)

    monkeypatch.setattr(holder, "Nft", lambda: kernel)
    monkeypatch.setattr(holder, "notify", told.append)
    monkeypatch.setattr(signal, "sigwait", wait)
    monkeypatch.setattr(signal, "pthread_sigmask", lambda *_: None)
    assert holder.main([]) == 0
    assert told == ["READY=1"]
    assert kernel.loaded == ["owner", "owner"]
    assert "was not loaded, the rules from before are still active: " in capsys.readouterr().out


def test_a_missing_file_or_library_is_an_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    kernel = Kernel("owner", "")
    monkeypatch.setattr(holder, "Nft", lambda: kernel)
    assert holder.main(["load"]) == 0
    # Loaded, but not held.
    assert holder.main(["check"]) == 1
    holder.load(kernel, PROGRAM)  # type: ignore[arg-type]
    assert holder.main(["check"]) == holder.main(["wait"]) == 0
    firewall.FILE.write_text(TEXT + "# changed", encoding="utf-8")
    # A reload is enough for the role.
    assert holder.main(["check"]) == holder.main(["wait"]) == 3
    kernel.table = ""
    assert holder.main(["check"]) == 1
    firewall.FILE.unlink()
    assert holder.main(["load"]) == 1
    assert "other hosts may reach the stack" in capsys.readouterr().out


def test_names_match_those_of_the_role() -> None:
    role = ROLES / "airflow_watch"
    files = [role / "vars" / "main" / f"{name}.yml" for name in ("firewall", "program")]
    given = {name: value for path in files for name, value in yaml.safe_load(path.read_text(encoding="utf-8")).items()}
    assert given["__airflow_watch_firewall_unit"] == firewall.UNIT
    directory = given["__airflow_watch_directory"]
    assert given["__airflow_watch_firewall_program"].endswith("/airflow-firewall")
    assert f"{directory}/airflow-firewall" == firewall.PROGRAM
