"""From a description to SystemRDL and back, and what is compared."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from devgen import export_devices, import_registers, load_device
from devgen.language.model import Mark

ROOT = Path(__file__).parents[3]
CATALOGUE = [path for path in sorted((ROOT / "devices").glob("*.yaml")) if "\ndevice:" in path.read_text()]


def there_and_back(source: Path, folder: Path) -> Path:
    """The description that an import makes of the export of ``source``. Both files are below ``folder``."""
    (file,) = export_devices(source, folder / "rdl", form="systemrdl").files
    (report,) = import_registers(file.path, folder / "devices")
    assert report.findings == ()
    (name,) = report.devices
    return folder / "devices" / f"{name}.yaml"


def model(path: Path) -> Any:
    """The checked model of a description without places and sources; white space around texts does not count."""
    return _plain(dataclasses.replace(load_device(path).device, sources=()))


def _plain(part: Any) -> Any:
    match part:
        case Mark():
            return None
        case str():
            return part.strip()
        case list() | tuple():
            return [_plain(item) for item in part]
        case dict():
            return [(key, _plain(value)) for key, value in part.items()]
    if dataclasses.is_dataclass(part):
        values = [(field.name, _plain(getattr(part, field.name))) for field in dataclasses.fields(part)]
        return type(part).__name__, *values
    return part
