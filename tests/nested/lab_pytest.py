#!/usr/bin/env python3
"""Run tests on the KVM of the nested lab's outer Linux, as on a host whose KVM boots Linux.

    tests/nested/lab_pytest.py tests/hosts/kvm

The arguments are pytest's. Printed is what pytest prints, at the end; the exit code is pytest's.
"""

from __future__ import annotations

import sys
from pathlib import Path

if __name__ == "__main__":
    tests = Path(__file__).resolve().parents[1]
    sys.path[:0] = [*(str(tests / folder) for folder in ("fetch", "linux")), str(tests.parent)]

import fetch_qemu
from outer_lab import PYTEST, OuterLab


def main() -> int:
    """Run them. Return the exit code."""
    lab = OuterLab()
    try:
        return lab.run_python([*PYTEST, *sys.argv[1:]], sys.stdout)
    finally:
        lab.close()


if __name__ == "__main__":
    assert fetch_qemu.find() is not None, fetch_qemu.MISSING
    sys.exit(main())
