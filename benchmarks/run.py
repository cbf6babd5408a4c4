"""Run all benchmarks and print their tables in markdown.

    python benchmarks/run.py [--quick] [NAME ...]

A name is that of a benchmark's file: register_access, other_accesses, hardware_accesses, kvm_exit, messages, vfio_user,
streams, build_speed, import_speed, catalogue, footprint. ``--quick`` makes only a few calls of each, to test that they
work; its figures mean nothing.
"""

from __future__ import annotations

import argparse
import sys

import build_speed
import catalogue
import footprint
import hardware_accesses
import import_speed
import kvm_exit
import messages
import other_accesses
import register_access
import streams
import vfio_user

MODULES = (
    register_access,
    other_accesses,
    hardware_accesses,
    kvm_exit,
    messages,
    vfio_user,
    streams,
    build_speed,
    import_speed,
    catalogue,
    footprint,
)
BENCHMARKS = {module.__name__: module for module in MODULES}


def main() -> int:
    """Print the tables as they are ready."""
    parser = argparse.ArgumentParser(description="Run the benchmarks and print their tables in markdown.")
    parser.add_argument("--quick", action="store_true", help="only see that they work; the figures mean nothing")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which ones: {', '.join(BENCHMARKS)} (default: all)")
    arguments = parser.parse_args()
    unknown = [name for name in arguments.names if name not in BENCHMARKS]
    if unknown:
        parser.error(f"no benchmark '{unknown[0]}'; there are {', '.join(BENCHMARKS)}")
    for name in arguments.names or BENCHMARKS:
        for table in BENCHMARKS[name].tables(arguments.quick):
            print(table.markdown(), flush=True)
    if "kvm_exit" in (arguments.names or BENCHMARKS) and (reason := kvm_exit.why_not()) is not None:
        print(f"round trips on KVM were not measured: {reason}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
