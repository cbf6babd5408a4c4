"""Every structure, ioctl number and constant of the uapi package against the compiler's view of <linux/kvm.h>.

The table is the modules themselves: a name added there is compared here. Private names (those of nested, unnamed parts)
are left out; where C has a field inside an unnamed union, offsetof finds it by its plain name.
"""

import ctypes
import platform
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from devgen.hosts.kvm.uapi import MODULES, REQUESTS

CONSTANTS = REQUESTS
STRUCTURES = {
    name: value
    for module in MODULES
    for name, value in vars(module).items()
    if name.startswith("kvm_") and isinstance(value, type) and issubclass(value, ctypes.Structure)
}


def fields(kind: type[ctypes.Structure] | type[ctypes.Union], base: int = 0) -> Iterator[tuple[str, int, int]]:
    """(C path, offset, size) of every named field, through unnamed unions and into members of private types."""
    for name, member in kind._fields_:
        offset = base + getattr(kind, name).offset
        if name in getattr(kind, "_anonymous_", ()):
            yield from fields(member, offset)
            continue
        yield name, offset, ctypes.sizeof(member)
        if isinstance(member, type) and issubclass(member, ctypes.Structure | ctypes.Union):
            for path, inner, size in fields(member, offset):
                yield f"{name}.{path}", inner, size


def expectations() -> dict[str, int]:
    found = dict(CONSTANTS)
    for name, kind in STRUCTURES.items():
        found[f"sizeof(struct {name})"] = ctypes.sizeof(kind)
        for path, offset, size in fields(kind):
            found[f"offsetof(struct {name}, {path})"] = offset
            found[f"sizeof(((struct {name} *)0)->{path})"] = size
    return found


def statement(index: int, expression: str) -> str:
    """A line of C that prints the expression's number and value; a macro that older headers lack prints nothing."""
    line = f'printf("%d %llu\\n", {index}, (unsigned long long)({expression}));'
    return f"#ifdef {expression}\n{line}\n#endif" if expression.startswith("KVM") else line


def test_every_declared_name_is_compared() -> None:
    assert len(CONSTANTS) > 100
    assert len(STRUCTURES) > 20
    assert "offsetof(struct kvm_run, mmio.is_write)" in expectations()
    assert "offsetof(struct kvm_run, system_event.data)" in expectations()


@pytest.mark.skipif(platform.machine() != "x86_64", reason="the bindings state the x86-64 ABI")
def test_agrees_with_the_kernels_headers(tmp_path: Path) -> None:
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None or not Path("/usr/include/linux/kvm.h").exists():
        pytest.skip("no C compiler, or no <linux/kvm.h>")
    expected = expectations()
    body = "\n".join(statement(index, expression) for index, expression in enumerate(expected))
    source = tmp_path / "probe.c"
    source.write_text(
        f"#include <linux/kvm.h>\n#include <stddef.h>\n#include <stdio.h>\nint main(void) {{\n{body}\nreturn 0;\n}}\n"
    )
    subprocess.run([compiler, "-o", str(tmp_path / "probe"), str(source)], check=True)
    answer = subprocess.run([str(tmp_path / "probe")], check=True, capture_output=True, text=True).stdout
    names = list(expected)
    seen = {names[int(index)]: int(value) for index, value in map(str.split, answer.splitlines())}
    assert seen == {name: expected[name] for name in seen}
    assert len(seen) > 0.9 * len(expected)
