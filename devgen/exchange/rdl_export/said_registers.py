"""Registers and register files as components."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from devgen.exchange.rdl_export.address_layers import Item, layered
from devgen.exchange.rdl_export.array_runs import offset_within, place, runs_of, wrapped
from devgen.exchange.rdl_export.devgen_property import devgen_property
from devgen.exchange.rdl_export.native_aliases import with_aliases
from devgen.exchange.rdl_export.rdl_component import Component
from devgen.exchange.rdl_export.rdl_order import carried_order
from devgen.exchange.rdl_export.said import Said
from devgen.exchange.rdl_export.said_fields import RdlFields, fields_of
from devgen.exchange.rdl_export.said_texts import said_texts
from devgen.language.view import DimensionView, RegionView, RegisterFileView, RegisterView

Spec = Mapping[str, Any]

EFFECTS: Final = ("read_effect", "write_effect", "singlepulse")
"""Keys that a register states for its fields. Each field says them in SystemRDL too."""

_SAID: Final = frozenset(
    (
        *("at", "width", "access", "fields", "registers", "count", "stride", "title", "description"),
        *("reset", "reset_mask", *EFFECTS),
    )
)


@dataclass(slots=True, frozen=True)
class RdlRegisters:
    """Turns the registers of one region into components."""

    registers: Mapping[str, RegisterView]
    files: Mapping[str, RegisterFileView]
    widest: int
    """The widest access of a register in bits."""

    @staticmethod
    def of(region: RegionView) -> RdlRegisters:
        """Return the registers of a region by their paths."""
        return RdlRegisters(
            {register.path: register for register in region.registers},
            {file.name: file for file in region.files},
            region.implemented[1] * 8,
        )

    def layers(self, specs: Spec, path: str = "", base: int = 0) -> list[list[Item]]:
        """Return the members of a region or register file by layer; ``base`` is the offset of the register file."""
        items: list[Item] = []
        for name, spec in specs.items():
            if "registers" in spec:
                items += self._file(f"{path}{name}", spec, base)
            else:
                items.append(self._register(self.registers[f"{path}{name}"], spec, base))
        return layered(items)

    def _file(self, path: str, spec: Spec, base: int) -> list[Item]:
        """Return the register file: one component for each layer of its members."""
        file = self.files[path]
        dimensions = file.parts[-1].dimensions
        offset = file.offset - base
        layers = self.layers(spec["registers"], f"{path}.", file.offset)
        carried = _carried_count(spec, dimensions) | {k: v for k, v in spec.items() if k not in _SAID}
        names = [item.component.name for layer in layers for item in layer]
        carried |= carried_order(spec["registers"], names)
        said = said_texts(spec) + Said({}, carried)
        items: list[Item] = []
        runs = runs_of(dimensions, 0)
        at = place(runs[-1], offset_within(runs, offset))
        for members in layers:
            enums, children = with_aliases([item.component for item in members])
            properties = (*said.properties.items(), *devgen_property(said.carried)) if not items else ()
            component = Component("regfile", path.rpartition(".")[2], at, properties, enums, children)
            size = max(item.end for item in members)
            items.append(Item(wrapped(component, runs, offset), offset, offset + _extent(dimensions, size)))
        return items

    def _register(self, register: RegisterView, spec: Spec, base: int) -> Item:
        dimensions = register.parts[-1].dimensions
        offset = register.offset - base
        resets = _carried_resets(register, spec)
        fields = fields_of(register, spec, _numeric(register), bool(resets) or "constant" in spec)
        said = said_texts(spec) + Said(self._widths(register, dimensions))
        said += Said({}, _carried(register, spec, fields) | resets)
        runs = runs_of(dimensions, register.size)
        component = Component(
            "reg",
            register.name,
            place(runs[-1], offset_within(runs, offset)),
            (*said.properties.items(), *devgen_property(said.carried)),
            fields.enums,
            fields.components,
            spec.get("external") is True,
            alias=str(spec.get("alias", "")) if len(runs) == 1 else "",
        )
        whole, end = wrapped(component, runs, offset), offset + _extent(dimensions, register.size)
        if len(runs) > 1:
            return Item(whole, offset, end)
        reads = any(word not in ("wo", "w1") for word in fields.accesses)
        return Item(whole, offset, end, reads, any(word != "ro" for word in fields.accesses))

    def _widths(self, register: RegisterView, dimensions: tuple[DimensionView, ...]) -> dict[str, str]:
        """Return ``regwidth`` and ``accesswidth``; a register is aligned to its access width (10.6)."""
        access = min(register.width, self.widest)
        strides = (register.offset, *(dimension.stride for part in register.parts for dimension in part.dimensions))
        while access > 8 and any(stride % (access // 8) for stride in strides):
            access //= 2
        widths = {} if register.width == 32 else {"regwidth": str(register.width)}
        return widths if access == register.width else widths | {"accesswidth": str(access)}


def _carried(register: RegisterView, spec: Spec, fields: RdlFields) -> dict[str, Any]:
    """Return the keys of a register that SystemRDL does not say."""
    carried: dict[str, Any] = {}
    if "fields" not in spec:
        carried["fields"] = {}
    elif fields.left:
        carried["fields"] = dict(fields.left)
    words = set(fields.accesses)
    if register.access != (words.pop() if len(words) == 1 else "rw"):
        carried["access"] = register.access
    carried |= carried_order(spec.get("fields", {}), fields.by_bits, fields.left) if "fields" in spec else {}
    carried |= _carried_count(spec, register.parts[-1].dimensions)
    if "fields" in spec:
        carried |= {key: spec[key] for key in EFFECTS if key in spec}
    return carried | {key: value for key, value in spec.items() if key not in _SAID}


def _carried_resets(register: RegisterView, spec: Spec) -> dict[str, Any]:
    """Return ``reset`` unless it is a number, and ``reset_mask`` if it does not follow from the fields."""
    carried: dict[str, Any] = {}
    if "reset" in spec and not (_numeric(register) and isinstance(spec["reset"], int)):
        carried["reset"] = spec["reset"]
    if register.reset_mask is not None and (carried or _known(register) != register.reset_mask):
        carried["reset_mask"] = register.reset_mask
    return carried


def _carried_count(spec: Spec, dimensions: tuple[DimensionView, ...]) -> dict[str, Any]:
    """Return ``count`` where it depends on properties or constants."""
    text = isinstance(spec.get("count"), str) or any(not dimension.count.fixed for dimension in dimensions)
    return {"count": spec["count"]} if text else {}


def _extent(dimensions: tuple[DimensionView, ...], size: int) -> int:
    """Return the bytes from the first element's start to the last one's end."""
    return size + sum((dimension.count.greatest - 1) * dimension.stride for dimension in dimensions)


def _numeric(register: RegisterView) -> bool:
    """Whether the reset value is one number for all elements and all properties."""
    constants = set(register.constant)
    return register.reset.number is not None and not register.resets and len(constants) < 2


def _known(register: RegisterView) -> int:
    """Return the bits that are known if those of fields without a known reset value are not."""
    known = (1 << register.width) - 1
    for field in register.fields:
        if not field.reset_known:
            known &= ~field.mask
    return 0 if not register.fields and register.reset_mask == 0 else known
