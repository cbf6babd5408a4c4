"""What hover shows of a declared name: addresses, bits, access, reset, and its description, as Markdown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from devgen.editor.checks import Checks
from devgen.editor.device_names import Entry
from devgen.editor.source_file import SourceFile
from devgen.editor.workspace import Workspace
from devgen.language.view import DeviceView, FieldView, RegisterFileView, RegisterView
from devgen.targets.register_words import (
    access_words,
    constraint_words,
    count_words,
    effect_words,
    lock_words,
    names_words,
    reset_words,
    size_words,
)

_BOARDS_SHOWN = 8


@dataclass(slots=True)
class EntryPages:
    """Makes the pages. What a device's view says is preferred; without a view, the text of the description is used."""

    workspace: Workspace
    checks: Checks

    def page(self, entry: Entry) -> str:
        """Return the page of an entry."""
        device = self._device(entry)
        view = self.checks.view(device) if device is not None else None
        return "\n\n".join(part for part in (f"**{entry.title}**", *self._parts(entry, device, view)) if part)

    def _device(self, entry: Entry) -> SourceFile | None:
        if not entry.sites or entry.path[0] in ("local", "placement"):
            return None
        return self.workspace.devices_of(entry.sites[0].file)[0]

    def _parts(self, entry: Entry, device: SourceFile | None, view: DeviceView | None) -> Iterator[str]:
        if device is None or view is None or entry.path[0] == "types":
            yield from _from_text(entry)
            return
        match entry.kind:
            case "register" | "register file":
                yield from self._register(entry, device, view)
            case "field":
                yield from _field(entry, view)
            case "region":
                yield from self._region(entry, device, view)
            case _:
                yield from _from_text(entry)

    def _register(self, entry: Entry, device: SourceFile, view: DeviceView) -> Iterator[str]:
        owner = entry.owner.name if entry.owner is not None else None
        for file in view.files:
            if entry.kind == "register file" and (file.region, file.name) == (entry.path[1], entry.name):
                yield file.title
                yield _array(file, f"elements of {file.stride:#x} bytes")
                yield names_words(file)
                yield _condition(file)
                yield self._addresses(device, view, file.region, file.offset)
                yield file.description
        for register in view.registers:
            if (register.region, register.file, register.name) == (entry.path[1], owner, entry.name):
                yield register.title
                yield _facts(register)
                yield names_words(register)
                yield _condition(register)
                yield f"an alias of {register.alias}" if register.alias else ""
                yield constraint_words(register)
                yield lock_words(register)
                yield "may change without an access" if register.volatile else ""
                yield self._addresses(device, view, register.region, register.offset)
                yield _field_table(register)
                yield register.description

    def _region(self, entry: Entry, device: SourceFile, view: DeviceView) -> Iterator[str]:
        for region in view.regions:
            if region.name == entry.name:
                yield f"{size_words(region.size)}, {region.space}, {len(region.registers)} registers"
                yield self._addresses(device, view, region.name, 0)
                yield region.description

    def _addresses(self, device: SourceFile, view: DeviceView, region_name: str, offset: int) -> str:
        """Return where a register is: in its region, in its BAR, and on the boards of the workspace."""
        region = next(region for region in view.regions if region.name == region_name)
        lines = [f"- `{region_name}` + {offset:#x}"]
        if region.bar is not None:
            lines.append(f"- BAR {region.bar} + {region.offset + offset:#x}")
        lines += [
            f"- {base + offset:#x} on board `{board}` (`{name}`)"
            for board, name, base in self._placements(device, region_name)
        ]
        more = len(lines) - 2 - _BOARDS_SHOWN
        return "\n".join(lines[: 2 + _BOARDS_SHOWN] + [f"- and {more} more"] * (more > 0))

    def _placements(self, device: SourceFile, region: str) -> Iterator[tuple[str, str, int]]:
        for board in self.workspace.boards():
            devices = board.outline.child("devices")
            for node in devices.children if devices is not None else ():
                placed, at = node.child("device"), node.child("at", region)
                if placed is not None and at is not None and placed.value(board.text) == device.name:
                    base = _number(at.value(board.text))
                    if base is not None:
                        yield board.name, node.key, base


def _number(text: str) -> int | None:
    try:
        return int(text, 0)
    except ValueError:
        return None


def _facts(register: RegisterView) -> str:
    array = _array(register, f"elements every {register.stride:#x} bytes")
    count = f"{array}, " if array else ""
    effects = "".join(f", {words}" for words in effect_words(register))
    reset = "constant" if register.constant else "reset"
    return f"{count}{register.width} bits, {access_words(register.access)}{effects}, {reset} {reset_words(register)}"


def _array(part: RegisterView | RegisterFileView, of: str) -> str:
    """Return the numbers of elements of each dimension, the outermost first; empty for one thing."""
    counts = [count_words(dim.count) for dim in part.dimensions]
    return f"{' × '.join(counts)} {of}" if counts else ""


def _condition(part: RegisterView | RegisterFileView) -> str:
    """Return when it answers, if something else has the same bytes."""
    when = f"answers only while {part.when.text}" if part.when is not None else ""
    return when or (f"another view of {part.alternate}" if part.alternate else "")


def _field_table(register: RegisterView) -> str:
    if not register.fields:
        return ""
    rows = [
        f"| {_bits(part)} | {part.name} | {part.access} | {_field_reset(part)} | {_about(part)} |"
        for part in sorted(register.fields, key=lambda part: -part.lsb)
    ]
    return "\n".join(["| bits | field | access | reset | |", "|---|---|---|---|---|", *rows])


def _field(entry: Entry, view: DeviceView) -> Iterator[str]:
    register = entry.owner
    owner = register.owner.name if register is not None and register.owner is not None else None
    for candidate in view.registers:
        if register is not None and (candidate.file, candidate.name) == (owner, register.name):
            for part in candidate.fields:
                if part.name == entry.name:
                    effects = "".join(f", {words}" for words in effect_words(part))
                    yield part.title
                    yield f"bits {_bits(part)}, {access_words(part.access)}{effects}, reset {_field_reset(part)}"
                    yield constraint_words(part)
                    yield lock_words(part)
                    yield f"hardware: `{part.hardware.text}`" if part.hardware is not None else ""
                    yield f"another meaning of {part.alternate}" if part.alternate else ""
                    yield "\n".join(f"- `{label.name}` = {label.text}" for label in part.values)
                    yield part.description


def _field_reset(part: FieldView) -> str:
    return f"{part.reset:#x}" if part.reset_known else "unknown"


def _bits(part: FieldView) -> str:
    return f"{part.msb}:{part.lsb}" if part.width > 1 else str(part.lsb)


def _about(part: FieldView) -> str:
    return _cell(part.title or part.description)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")[:120]


_SHOWN = ("type", "width", "default", "range", "clock", "period", "frequency", "depth", "count", "at", "access",
          "bits", "reset", "level", "counter", "match")  # fmt: skip


def _from_text(entry: Entry) -> Iterator[str]:
    """Yield what the description's own text says of an entry."""
    yield entry.setting("title")
    facts = [(key, entry.setting(key)) for key in _SHOWN]
    yield ", ".join(f"{key} `{' '.join(value.split())[:80]}`" for key, value in facts if value)
    for site in entry.sites:
        value = " ".join(site.node.value(site.file.text).split())
        if value and entry.kind not in ("device", "device on the board", "local"):
            yield f"`{value[:200]}`"
            break
    if entry.kind == "device on the board":
        yield f"device `{entry.setting('device')}`"
    yield entry.setting("description")
