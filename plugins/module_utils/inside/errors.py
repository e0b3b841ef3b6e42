"""Classifies exceptions of Airflow."""

from __future__ import annotations


def first_line(text: object) -> str:
    """Return the first line of an exception's text."""
    return str(text).strip().split("\n")[0]


def describe(error: BaseException, complaints: str) -> dict[str, str]:
    """Classify an exception, without the SQL statement or the row at fault: these may hold secrets.

    Args:
        error: The exception.
        complaints: Standard error output of the last command.

    Returns:
        ``kind``, a keyword for the caller, and ``detail``, one line for people.
    """
    names = {kind.__name__ for kind in type(error).__mro__}
    origin = getattr(error, "orig", None)
    if origin is not None:
        return _database_error(origin, unreachable=bool(names & {"OperationalError", "InterfaceError"}))
    if "InvalidToken" in names:
        return {"kind": "fernet", "detail": "a value in the database cannot be decrypted"}
    if isinstance(error, SystemExit):
        detail = error.code if isinstance(error.code, str) else complaints.strip().split("\n")[-1]
        unmigrated = "You need to" in detail and "database" in detail
        return {"kind": "migration" if unmigrated else "refused", "detail": detail}
    broker = type(error).__module__.startswith("kombu")
    return {"kind": "broker" if broker else "other", "detail": f"{type(error).__name__}: {first_line(error)}"}


def _database_error(origin: BaseException, *, unreachable: bool) -> dict[str, str]:
    """Classify an error of the database driver.

    Args:
        origin: The driver's exception.
        unreachable: Whether SQLAlchemy classifies it as a connection problem.
    """
    # Use only the first line: the row at fault follows it, and SQLAlchemy's own text contains the parameters.
    detail = f"{type(origin).__name__}: {first_line(origin)}"
    if type(origin).__name__ in ("UndefinedTable", "UndefinedColumn") or "no such table" in detail:
        return {"kind": "migration", "detail": detail}
    return {"kind": "database" if unreachable else "refused", "detail": detail}
