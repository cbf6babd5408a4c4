#!/usr/bin/env python3
"""Boots Debian's kernel in QEMU with cards that `devgen serve` serves, and prints what a script in the guest prints.

    tests/linux/boot_linux.py card.sock --module gpio-pci-idio-16 --sh 'gpioset gpiochip0 3=1'

It waits for the sockets. Modules are loaded with what they need; the guest has busybox and the GPIO tools. The exit
code is 1, with the end of the guest's console, when something fails or takes too long.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "fetch"))

import fetch_linux
import fetch_qemu
from debian import Unavailable, cache_folder
from linux_guest import LinuxGuest

PATIENCE = 30.0
"""Seconds to wait for a socket."""


def wait_for(sockets: list[Path]) -> None:
    """Wait until all of them are there. Raises AssertionError if one does not come."""
    end = time.monotonic() + PATIENCE
    while lacking := [str(path) for path in sockets if not path.is_socket()]:
        assert time.monotonic() < end, f"nobody listens on {', '.join(lacking)}: is `devgen serve` running?"
        time.sleep(0.1)


def arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("sockets", nargs="*", type=Path, metavar="SOCKET", help="of a card's server")
    parser.add_argument("--module", action="append", default=[], metavar="NAME", help="a kernel module; repeatable")
    parser.add_argument("--sh", required=True, metavar="SCRIPT", help="what the guest's shell runs")
    return parser.parse_args()


def main() -> int:
    """Boot, run the script, power off."""
    wanted = arguments()
    try:
        if fetch_qemu.find() is None:
            fetch_qemu.get(cache_folder("qemu"))
        fetch_linux.get()
        wait_for(wanted.sockets)
        with (
            tempfile.TemporaryDirectory(prefix="boot-") as folder,
            LinuxGuest(Path(folder), wanted.sockets, modules=wanted.module) as guest,
        ):
            print(guest.sh(wanted.sh))
            guest.power_off()
    except (Unavailable, AssertionError, LookupError) as error:
        print(f"boot_linux: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
