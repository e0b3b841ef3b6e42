"""Command line of the lab: `python -m tests.lab up NAME --platforms FILE`."""

import argparse
import sys
from pathlib import Path

from tests.lab import engine, images, instance, platforms, status, teardown, template
from tests.lab.locks import alone
from tests.lab.shell import LabError


def _up(options: argparse.Namespace) -> None:
    name = platforms.check_name(options.name, "lab")
    wanted = platforms.read(options.platforms)
    with alone("lock", "lab command"):
        engine.ensure()
        start = template.ensure(options.airflow) if template.is_missing(name, wanted) else None
        instance.up(name, wanted, options.airflow, start)


def _down(options: argparse.Namespace) -> None:
    with alone("lock", "lab command"):
        present = teardown.instances() if engine.answers() else []
        if not options.name and not options.all and len(present) > 1:
            raise LabError(f"Several labs run: {', '.join(present)}. Name one of them, or write --all")
        teardown.down([options.name] if options.name else present, templates=options.all)


def _images(options: argparse.Namespace) -> None:
    with alone("lock", "lab command"):
        engine.ensure()
        images.provide(images.source(), options.airflow)


def _status(_options: argparse.Namespace) -> None:
    status.show()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.lab", description="Real target hosts on one machine.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    up = commands.add_parser("up", help="create the hosts of a list of platforms, and their inventory")
    up.add_argument("name", metavar="NAME")
    up.add_argument("--platforms", type=Path, required=True, metavar="FILE", help="YAML with a list 'platforms'")
    up.set_defaults(run=_up)
    down = commands.add_parser("down", help="remove a lab; removing the last one also removes everything shared")
    down.add_argument("name", metavar="NAME", nargs="?")
    down.add_argument("--all", action="store_true", help="remove every lab of this machine, and the host templates")
    down.set_defaults(run=_down)
    ready = commands.add_parser("images", help="provide the images")
    ready.set_defaults(run=_images)
    for command in (up, ready):
        release = "Airflow release whose image to provide in addition to the default release; repeatable"
        command.add_argument("--airflow", action="append", default=[], metavar="VERSION", help=release)
    commands.add_parser("status", help="show the engine, the images and the labs").set_defaults(run=_status)
    return parser


def main() -> int:
    """Run one command."""
    options = _parser().parse_args()
    try:
        options.run(options)
    except LabError as error:
        print(f"lab: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
