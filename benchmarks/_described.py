"""Devices for benchmarks, compiled from a description when the benchmark runs."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from devgen.build.builder import build
from devgen.runtime.device.device import Device
from devgen.runtime.machine.device_registry import Registry


def device_class(description: str) -> type[Device]:
    """The class that the compiler makes of a description. Ends the program if the description has errors."""
    with TemporaryDirectory(prefix="devgen-benchmark-") as folder:
        source, output = Path(folder, "device.yaml"), Path(folder, "generated")
        source.write_text(description)
        report = build([source], output)
        if not report.ok:
            raise SystemExit("\n".join(map(str, report.diagnostics)))
        registry = Registry([output], bundled=False, installed=False)
        (name,) = registry.names()
        return registry.find(name)


def registers(number: int) -> str:
    """A device ``big`` with that many distinct registers of 4 fields, 26 lines of YAML each."""
    lines = ["device: big", "bus: sysbus", "regions:", "  r:", "    space: mmio", "    size: 64 KiB", "    registers:"]
    for register in range(number):
        lines += [
            f"      R{register}:",
            f"        at: {register * 4:#x}",
            "        access: rw",
            f"        reset: {register % 256:#x}",
            f"        description: Register number {register} of the block",
            "        fields:",
        ]
        for field in range(4):
            lines += [
                f"          F{field}:",
                f"            bits: '{field * 8 + 7}:{field * 8}'",
                f"            access: {_ACCESS[(register + field) % len(_ACCESS)]}",
                f"            title: Field {field}",
                f"            description: What field {field} of register {register} does",
            ]
    return "\n".join(lines) + "\n"


_ACCESS = ("rw", "rw", "ro", "rw", "w1", "wo", "rw")
