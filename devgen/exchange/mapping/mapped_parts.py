"""Registers, register files and fields of a device's view as parts of a neutral register map."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import prod
from typing import Final

from devgen.exchange.findings import Outcome
from devgen.exchange.register_map import (
    AccessWord,
    Constraint,
    Dimension,
    Field,
    Group,
    Label,
    Labels,
    LabelUse,
    Place,
    Register,
)
from devgen.language.view import (
    DimensionView,
    EnumerationView,
    FieldView,
    RegionView,
    RegisterFileView,
    RegisterView,
    WriteConstraintView,
)

Members = tuple[Register | Group, ...]
Say = Callable[[Outcome, str, str], None]
"""Reports what becomes of the part at a path: outcome, path, text."""

_USES: Final[dict[str, LabelUse]] = {"both": "read-write", "read": "read", "write": "write"}


@dataclass(slots=True, frozen=True)
class DescribedParts:
    """The registers of one region. ``place`` returns where a path is described; ``say`` reports."""

    region: RegionView
    place: Callable[[str], Place]
    say: Say
    form: str
    """The format, for reports."""

    def members(self, file: str | None = None, base: int = 0) -> Members:
        """Return the members of the region, or of a register file at ``base``, by offset."""
        found: list[tuple[int, Register | Group]] = []
        for register in self.region.registers:
            if register.file == file:
                found += [(part.offset, part) for part in self._register(register, base)]
        for inner in self.region.files:
            if (inner.name.rpartition(".")[0] or None) == file:
                found.append((inner.offset - base, self._file(inner, base)))
        return tuple(member for _, member in sorted(found, key=lambda pair: pair[0]))

    def _file(self, file: RegisterFileView, base: int) -> Group:
        self._say_modes(file, file.name)
        members = self.members(file.name, file.offset)
        name = file.parts[-1].name
        group = Group(name, file.offset - base, members, self.place(file.name), words(file.description or file.title))
        repeated = self._repeated(group, file.parts[-1].dimensions, file.name)
        assert isinstance(repeated, Group)
        return repeated

    def _register(self, register: RegisterView, base: int) -> list[Register | Group]:
        """Return the register; several if it is an array whose elements have different reset values."""
        path = register.path
        if register.intent == "reserved":
            self.say(Outcome.LEFT_OUT, path, f"a reserved register: {self.form} does not list them")
            return []
        self._say_modes(register, path)
        self._say_unsaid(register, path)
        fields = self._fields(register)
        access = _access(register, fields)
        reset, known = self._reset(register)
        constraint = register.write_constraint if not register.fields else None
        made = Register(
            register.name,
            register.offset - base,
            register.width,
            self.place(path),
            words(register.description),
            words(register.title),
            access,
            reset,
            known,
            tuple(replace(field, access=None) if field.access == access else field for field in fields),
            register.read_effect if access not in ("wo", "w1") else None,
            register.write_effect if access != "ro" else None,
            constraint=_constraint(constraint),
            protection=register.protection or "",
        )
        dimensions = register.parts[-1].dimensions
        if values := _values_of_elements(register):
            self.say(Outcome.CORRECTED, path, "its elements have different reset values; exported as single registers")
            return [
                replace(
                    made,
                    name=f"{register.name}{dimensions[0].names[step] if dimensions[0].names else step}",
                    offset=made.offset + step * dimensions[0].stride,
                    reset=value if known is None else value & known,
                    title=made.title and f"{made.title} {step}",
                )
                for step, value in enumerate(values)
            ]
        return [self._repeated(made, dimensions, path)]

    def _repeated(self, part: Register | Group, dimensions: tuple[DimensionView, ...], path: str) -> Register | Group:
        """Return an array of the part, of one dimension."""
        if not dimensions:
            return part
        for dimension in dimensions:
            if not dimension.count.fixed:
                greatest = f"exported as {dimension.count.greatest}, the greatest"
                text = f"count '{dimension.count.text}' depends on properties; {greatest}"
                self.say(Outcome.CORRECTED, path, text)
        outer, inner = dimensions[0], dimensions[1:]
        if not inner:
            return _repeated(part, outer)
        shape = " by ".join(str(dimension.count.greatest) for dimension in dimensions)
        if all(first.stride == second.stride * second.count.greatest for first, second in pairwise(dimensions)):
            count = prod(dimension.count.greatest for dimension in dimensions)
            self.say(
                Outcome.CORRECTED,
                path,
                f"an array of {shape}; exported as one of {count}: {self.form} has one dimension",
            )
            return replace(part, dimension=Dimension(tuple(map(str, range(count))), dimensions[-1].stride))
        self.say(
            Outcome.CORRECTED,
            path,
            f"an array of {shape}; exported as clusters: arrays of {self.form} have one dimension",
        )
        member = self._repeated(replace(part, offset=0), inner, path)
        group = Group(part.name, part.offset, (member,), part.place, part.description)
        return _repeated(group, outer)

    def _reset(self, register: RegisterView) -> tuple[int, int | None]:
        """Return the reset value, and the bits in which it is known: the same in all elements, for all properties."""
        ones = (1 << register.width) - 1
        values = register.constant or register.resets
        if not values and register.reset.number is not None:
            values = (register.reset.number,)
        if not values:
            text = f"its reset value '{register.reset.text}' depends on properties or the index; exported as unknown"
            self.say(Outcome.CORRECTED, register.path, text)
            return 0, 0
        known = ones if register.reset_mask is None else register.reset_mask
        differing = 0
        for value in () if _values_of_elements(register) else values:
            differing |= value ^ values[0]
        if differing & known:
            text = f"its elements have different reset values; the bits {differing:#x} are exported as unknown"
            self.say(Outcome.CORRECTED, register.path, text)
        known &= ~differing
        for field in register.fields:
            known &= ones if field.reset_known else ~field.mask
        return values[0] & known, None if known == ones else known

    def _fields(self, register: RegisterView) -> list[Field]:
        fields: list[Field] = []
        taken = [0, 0]
        for field in register.fields:
            access = _within(field.access, register.access)
            sides = (access not in ("wo", "w1"), access != "ro")
            if any(side and taken[number] & field.mask for number, side in enumerate(sides)):
                text = f"another meaning of bits that a field has: {self.form}'s fields do not overlap"
                self.say(Outcome.LEFT_OUT, field.path, text)
                continue
            for number, side in enumerate(sides):
                taken[number] |= field.mask if side else 0
            fields.append(self._field(field, access))
        return fields

    def _field(self, field: FieldView, access: AccessWord) -> Field:
        if field.singlepulse:
            self.say(Outcome.LEFT_OUT, field.path, f"singlepulse: {self.form} has no such property")
        if field.write_enable is not None:
            self.say(Outcome.LEFT_OUT, field.path, f"its lock, write_enable: {field.write_enable.text}")
        return Field(
            field.name,
            field.msb,
            field.lsb,
            self.place(field.path),
            words(_both(field.title, field.description)),
            access,
            field.read_effect if access not in ("wo", "w1") else None,
            field.write_effect if access != "ro" else None,
            _labels(field, access),
            constraint=_constraint(field.write_constraint),
        )

    def _say_modes(self, part: RegisterView | RegisterFileView, path: str) -> None:
        if part.when is not None:
            text = f"it answers only when {part.when.text}; exported as an alternate: {self.form} has no modes"
            self.say(Outcome.CORRECTED, path, text)

    def _say_unsaid(self, register: RegisterView, path: str) -> None:
        if register.alias:
            self.say(
                Outcome.CORRECTED, path, f"an alias of {register.alias}; exported as a register with storage of its own"
            )
        if register.write_enable is not None:
            self.say(Outcome.LEFT_OUT, path, f"its lock, write_enable: {register.write_enable.text}")
        if register.window is not None:
            self.say(Outcome.LEFT_OUT, path, f"its window to the region {register.window.region}")
        if register.singlepulse and not register.fields:
            self.say(Outcome.LEFT_OUT, path, f"singlepulse: {self.form} has no such property")
        if register.intent is not None:
            self.say(Outcome.LEFT_OUT, path, f"intent: {register.intent}")


def _values_of_elements(register: RegisterView) -> tuple[int, ...]:
    """Return the reset value of each element where they differ, for an array of one dimension in no register file."""
    values = register.constant or register.resets
    alone = (
        register.file is None and len(register.dimensions) == 1 and len(values) == register.dimensions[0].count.greatest
    )
    return values if alone and len({*values}) > 1 else ()


def words(text: str) -> str:
    """Return a text with all white space as single blanks."""
    return " ".join(text.split())


def _both(title: str, description: str) -> str:
    return f"{title}: {description}" if title and description and title != description else title or description


def _repeated(part: Register | Group, dimension: DimensionView) -> Register | Group:
    names = dimension.names or tuple(map(str, range(dimension.count.greatest)))
    pattern = f"{part.name}%s" if dimension.names else ""
    return replace(part, dimension=Dimension(names, dimension.stride), pattern=pattern)


def _within(access: AccessWord, outer: AccessWord) -> AccessWord:
    """Return a field's access as far as its register allows it."""
    if outer in ("rw", access) or access == "ro":
        return access
    if outer == "ro":
        return "ro"
    return outer if access == "rw" else access


def _access(register: RegisterView, fields: Sequence[Field]) -> AccessWord:
    """Return a register's access: that of its fields together, as SVDConv wants it (M367)."""
    found = {field.access or register.access for field in fields}
    if len(found) == 1:
        return found.pop()
    if not found:
        return register.access
    reads, writes = found - {"wo", "w1"}, found - {"ro"}
    return "rw" if reads and writes else "ro" if reads else "wo"


def _constraint(constraint: WriteConstraintView | None) -> Constraint | None:
    if constraint is None:
        return None
    return (constraint.low, constraint.high) if constraint.kind == "range" else constraint.kind


def _labels(field: FieldView, access: AccessWord) -> tuple[Labels, ...]:
    """Return the enumerations: one for reads and one for writes, or one for both."""
    by_use: dict[LabelUse, list[Label]] = {"read-write": [], "read": [], "write": []}
    for label in field.values:
        by_use[_USES[label.use]].append(_label(label, field))
    both = by_use.pop("read-write")
    if not any(by_use.values()):
        return (Labels(tuple(both)),) if both else ()
    possible: tuple[LabelUse, ...] = (
        ("read",) if access == "ro" else ("write",) if access == "wo" else ("read", "write")
    )
    return tuple(Labels((*both, *by_use[use]), use) for use in possible if both or by_use[use])


def _label(label: EnumerationView, field: FieldView) -> Label:
    ones = (1 << field.width) - 1
    text = words(_both(label.title, label.description))
    if label.mask == 0:
        return Label(label.name, None, None, text)
    return Label(label.name, label.value, None if label.mask == ones else label.mask, text)
