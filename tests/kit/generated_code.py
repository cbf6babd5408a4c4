"""Generated modules brought to life: source text, the class, and an instance on a manual clock."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from findings import noteworthy

from devgen.build.target_files import find_target
from devgen.build.templates import Renderer
from devgen.language import load_device, model
from devgen.runtime.device.device import Device
from devgen.runtime.device.environment import Environment
from devgen.runtime.pci import PciDevice
from devgen.runtime.time.clock import Clocks
from devgen.targets.python.lower_device import lower_device
from devgen.targets.python.rendering import module_context

RENDERER = Renderer(find_target("python"))


def source_of(device: model.Device) -> str:
    """The module's text."""
    return RENDERER.render("device.py.j2", module_context(lower_device(device, "devices/test.yaml")))


def class_of(device: model.Device) -> type[Any]:
    """The device class, as importing the module would define it."""
    namespace: dict[str, Any] = {"__name__": "generated_test"}
    exec(compile(source_of(device), "generated.py", "exec"), namespace)
    classes = [one for one in namespace.values() if isinstance(one, type) and issubclass(one, Device)]
    return next(one for one in classes if one not in (Device, PciDevice))


def described_in(text: str, folder: Path) -> model.Device:
    """The device that a description's text makes; nothing is to be said about it but that parts are unused."""
    path = folder / "dut.yaml"
    path.write_text(text)
    result = load_device(path)
    assert noteworthy(result.diagnostics) == []
    assert result.device is not None
    return result.device


def instance_of(device: model.Device, **properties: Any) -> Any:
    """A device on a manual clock; ``events`` collects what it emits."""
    events: list[tuple[str, dict[str, int]]] = []
    env = Environment(Clocks.manual(), on_event=lambda _, name, values: events.append((name, values)))
    made = class_of(device)(env, **properties)
    made.seen = events
    return made


def body_of(device: model.Device, method: str) -> list[str]:
    """The statements of one method, without its docstring and comments."""
    lines = source_of(device).splitlines()
    start = next(at for at, line in enumerate(lines) if line.startswith(f"    def {method}("))
    end = next((at for at in range(start + 1, len(lines)) if lines[at].startswith("    def ")), len(lines))
    text = [line[8:] for line in lines[start + 1 : end]]
    closing = next(at for at, line in enumerate(text) if line.endswith('"""') and (at or line.count('"""') == 2))
    statements = (line.partition("  # ")[0] for line in text[closing + 1 :] if not line.lstrip().startswith("# "))
    return [line for line in statements if line]
