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
from types import ModuleType

import fetch_arm64_root
import pytest

from devgen.hosts.kvm.uapi import COMMON, uapi_arm64, uapi_x86

ARCHITECTURES = {"x86_64": uapi_x86, "aarch64": uapi_arm64}


def structures(modules: tuple[ModuleType, ...]) -> dict[str, type[ctypes.Structure]]:
    return {
        name: value
        for module in modules
        for name, value in vars(module).items()
        if name.startswith("kvm_") and isinstance(value, type) and issubclass(value, ctypes.Structure)
    }


def constants(modules: tuple[ModuleType, ...]) -> dict[str, int]:
    return {
        name: value
        for module in modules
        for name, value in vars(module).items()
        if name.startswith("KVM_") and isinstance(value, int)
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


def expectations(architecture: str) -> dict[str, int]:
    modules = (*COMMON, ARCHITECTURES[architecture])
    found = constants(modules)
    for name, kind in structures(modules).items():
        found[f"sizeof(struct {name})"] = ctypes.sizeof(kind)
        for path, offset, size in fields(kind):
            found[f"offsetof(struct {name}, {path})"] = offset
            found[f"sizeof(((struct {name} *)0)->{path})"] = size
    if architecture == "aarch64":
        for name, offset in uapi_arm64.CORE_REGISTERS.items():
            place = f"regs[{name[1:]}]" if name[1:].isdigit() else name
            found[f"offsetof(struct kvm_regs, regs.{place})"] = offset
    return found


def statement(index: int, expression: str) -> str:
    """A line of C that prints the expression's number and value; a macro that older headers lack prints nothing."""
    line = f'printf("%d %llu\\n", {index}, (unsigned long long)({expression}));'
    return f"#ifdef {expression}\n{line}\n#endif" if expression.startswith("KVM") else line


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_every_declared_name_is_compared(architecture: str) -> None:
    expected = expectations(architecture)
    assert len(expected) > 300
    assert "offsetof(struct kvm_run, mmio.is_write)" in expected
    assert "offsetof(struct kvm_run, system_event.data)" in expected


def headers(architecture: str) -> list[str]:
    """Options for the compiler that find the headers of an architecture first; its types have the same layout here."""
    if architecture == platform.machine():
        return []
    root = fetch_arm64_root.find()
    assert root is not None  # the marker asks for it
    return [f"-I{root}/usr/include/aarch64-linux-gnu", f"-I{root}/usr/include"]


@pytest.mark.parametrize(
    "architecture",
    [
        pytest.param("x86_64", marks=pytest.mark.skipif(platform.machine() != "x86_64", reason="needs x86-64 headers")),
        pytest.param("aarch64", marks=pytest.mark.arm64_root),
    ],
)
def test_agrees_with_the_kernels_headers(tmp_path: Path, architecture: str) -> None:
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None or not Path("/usr/include/linux/kvm.h").exists():
        pytest.skip("no C compiler, or no <linux/kvm.h>")
    expected = expectations(architecture)
    body = "\n".join(statement(index, expression) for index, expression in enumerate(expected))
    source = tmp_path / "probe.c"
    source.write_text(
        f"#include <linux/kvm.h>\n#include <stddef.h>\n#include <stdio.h>\nint main(void) {{\n{body}\nreturn 0;\n}}\n"
    )
    subprocess.run([compiler, *headers(architecture), "-o", str(tmp_path / "probe"), str(source)], check=True)
    answer = subprocess.run([str(tmp_path / "probe")], check=True, capture_output=True, text=True).stdout
    names = list(expected)
    seen = {names[int(index)]: int(value) for index, value in map(str.split, answer.splitlines())}
    assert seen == {name: expected[name] for name in seen}
    assert len(seen) > 0.9 * len(expected)
