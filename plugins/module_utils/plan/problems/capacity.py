"""Checks whether a host has the memory and the disks for its services, and of the variable with the minimums."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.findings.finding import Finding
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.capacity import KEYS, inodes


def minimum_problems(minimums: Mapping[str, Any]) -> list[Finding]:
    """Return what is wrong with ``airflow_host_minimums``.

    Args:
        minimums: Value of the variable.
    """
    if unknown := sorted(set(minimums) - set(KEYS)):
        text = f"{', '.join(unknown)} is not known; write numbers for {', '.join(KEYS)}."
        return [Finding("host-minimum-unknown", "airflow_host_minimums", text)]
    return [
        Finding(
            "host-minimum-invalid",
            f"airflow_host_minimums.{key}",
            f"{value!r} is not a whole number of 0 or more; write MiB without a unit, such as 2048, or a number of "
            "inodes. 0 turns the check off.",
        )
        for key, value in minimums.items()
        if not isinstance(value, int) or isinstance(value, bool) or value < 0
    ]


def capacity_problems(found: Mapping[str, Any], wanted: Mapping[str, Any], *, new: bool) -> list[Finding]:
    """Return what a host lacks, one sentence each.

    Args:
        found: ``memory`` and ``file_systems`` of the host; see the module airflow_host_state.
        wanted: What it needs; see `capacity`.
        new: Whether the host has no stack yet, and so needs space for all of it. Otherwise space must not be low.
    """
    return [
        *_memory(found["memory"], wanted, new=new),
        *(text for disk in found["file_systems"] for text in _space(disk, wanted, new=new)),
        *(text for disk in found["file_systems"] for text in _inodes(disk, wanted, new=new)),
    ]


def _id(what: str, *, new: bool) -> str:
    """Return the id of a finding; only a new host is refused."""
    return f"{what}-low" if new else f"{what}-low-in-use"


def _memory(there: int, wanted: Mapping[str, Any], *, new: bool) -> list[Finding]:
    """Return whether the memory is too small. A host that does not report it is not refused."""
    needed = wanted["minimums"].get("memory", sum(wanted["memory"].values()))
    if not there or there >= needed:
        return []
    parts = ", ".join(f"{name} {size}" for name, size in wanted["memory"].items())
    return [
        Finding(
            _id("memory", new=new),
            "memory",
            f"the host has {there} MiB, and needs {needed} ({parts}). Use a larger machine, reduce "
            "airflow_worker_concurrency, or move services to other hosts. airflow_host_minimums.memory sets another "
            "minimum.",
        )
    ]


def _space(disk: Mapping[str, Any], wanted: Mapping[str, Any], *, new: bool) -> list[Finding]:
    """Return whether a file system has too little free space."""
    spaces = [wanted["space"][name] for name in disk["places"]]
    places = disk["places"]
    if new and "disk" in wanted["minimums"]:
        key, needed = "disk", wanted["minimums"]["disk"]
    elif new:
        key, needed = "disk", sum(space["needed"] for space in spaces)
        places = [f"{name} {wanted['space'][name]['needed']}" for name in disk["places"]]
    else:
        key, needed = "disk_low", max(space["low"] for space in spaces)
    if disk["free"] >= needed:
        return []
    what = "needs" if new else "is low below"
    return [
        Finding(
            _id("disk", new=new),
            "disk",
            f"{disk['mount']} has {disk['free']} MiB free, and {what} {needed} for {', '.join(places)}. Free "
            f"space, or mount a larger disk. airflow_host_minimums.{key} sets another minimum.",
        )
    ]


def _inodes(disk: Mapping[str, Any], wanted: Mapping[str, Any], *, new: bool) -> list[Finding]:
    """Return whether a file system has too few free inodes. Only some have a fixed number."""
    key = "inodes" if new else "inodes_low"
    needed = inodes(disk["places"], wanted[key])
    if not 0 <= disk["inodes"] < needed:
        return []
    return [
        Finding(
            _id("inodes", new=new),
            "disk",
            f"{disk['mount']} has {disk['inodes']} inodes free, and needs {needed} for {', '.join(disk['places'])}. "
            "Remove small files, or create the file system with more inodes. "
            f"airflow_host_minimums.{key} sets another minimum.",
        )
    ]
