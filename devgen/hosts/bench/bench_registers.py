"""The registers of a bench's device by name: ``bench.regs``.

``regs.CTRL`` is a register (`devgen.hosts.bench.named_register`), ``regs.ID[3]`` an element of an array and
``regs.CHANNEL[1].RING`` a register of a register file. Assigning a register writes it: ``regs.CTRL = 5``. A name that
Python cannot spell is an item: ``regs["class"]``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from devgen.hosts.bench.arguments import BenchError
from devgen.hosts.bench.named_register import Accesses, Register
from devgen.hosts.bench.register_places import RegisterArray, RegisterMap
from devgen.hosts.bench.register_values import UnknownName
from devgen.runtime.base.faults import suggest

_SHOWN = 12
"""Most names that a message lists."""


class _Named:
    """Names and what they stand for, each as an attribute and as an item."""

    __slots__ = ("_bench", "_title")

    _bench: Accesses
    _title: str

    def __getattr__(self, name: str) -> Any:
        """Return a register, an array or a register file. Raises UnknownName."""
        if name.startswith("__"):
            raise AttributeError(name)
        return self[name]

    def __getitem__(self, name: str) -> Any:
        """Return a register, an array or a register file. Raises UnknownName."""
        raise NotImplementedError

    def __setattr__(self, name: str, value: int) -> None:
        """Write a register. Raises UnknownName, or BenchError for a value that does not fit."""
        self[name] = value

    def __setitem__(self, name: str, value: int) -> None:
        """Write a register. Raises UnknownName, or BenchError for a value that does not fit."""
        part = self[name]
        if not isinstance(part, Register):
            raise BenchError(f"{part} is written element by element, or register by register")
        part.write(value)

    def __iter__(self) -> Iterator[str]:
        """The names."""
        return iter(self._names())

    def __len__(self) -> int:
        """The number of names."""
        return len(self._names())

    def __contains__(self, name: object) -> bool:
        """Whether there is this name."""
        return name in self._names()

    def __dir__(self) -> Iterator[str]:
        """The names."""
        return iter(self._names())

    def _names(self) -> list[str]:
        raise NotImplementedError

    def _unknown(self, name: object) -> UnknownName:
        names = self._names()
        shown = ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")
        hint = suggest(str(name), names)
        return UnknownName(f"{self._title} has no register {name!r}{hint}; it has {shown or 'none'}")


class Registers(_Named):
    """All registers of a device: ``bench.regs``."""

    __slots__ = ("_files", "_map")

    _map: RegisterMap
    _files: dict[str, list[str]]

    def __init__(self, bench: Accesses) -> None:
        _set(self, "_bench", bench)
        _set(self, "_title", bench.dut.NAME)
        _set(self, "_map", RegisterMap(bench.dut))
        files: dict[str, list[str]] = {}
        for name in self._map.names:
            head, dot, tail = name.partition(".")
            files.setdefault(head, []).extend([tail] if dot else [])
        _set(self, "_files", files)

    def __getitem__(self, name: str) -> Any:
        """Return a register, an array or a register file. Raises UnknownName."""
        members = self._files.get(name)
        if members is None:
            raise self._unknown(name)
        if not members:
            return _register(self._bench, self._map.find(name))
        found = {member: self._map.find(f"{name}.{member}") for member in members}
        count = next(iter(found.values())).count
        return RegisterGroup(self._bench, name, found, None) if count is None else Groups(self._bench, name, found)

    def _names(self) -> list[str]:
        return list(self._files)

    def __repr__(self) -> str:
        """The device and the number of names."""
        return f"<the {len(self)} registers of {self._title}>"


class RegisterGroup(_Named):
    """A register file, or one element of an array of them."""

    __slots__ = ("_index", "_members")

    _index: int | None
    _members: Mapping[str, RegisterArray]

    def __init__(self, bench: Accesses, name: str, members: Mapping[str, RegisterArray], index: int | None) -> None:
        _set(self, "_bench", bench)
        _set(self, "_title", name if index is None else f"{name}[{index}]")
        _set(self, "_members", members)
        _set(self, "_index", index)

    def __getitem__(self, name: str) -> Register:
        """Return a register. Raises UnknownName."""
        member = self._members.get(name)
        if member is None:
            raise self._unknown(name)
        return Register(self._bench, member.element(self._index))

    def _names(self) -> list[str]:
        return list(self._members)

    def __repr__(self) -> str:
        """The name, with the index of the element."""
        return f"<register file {self._title}>"


class _Elements:
    """An array: its elements by index, from 0 up."""

    __slots__ = ("_bench", "_count", "_name")

    _bench: Accesses
    _count: int
    _name: str

    def __len__(self) -> int:
        """The number of elements."""
        return self._count

    def _index(self, index: object) -> int:
        if isinstance(index, int) and 0 <= index < self._count:
            return int(index)
        elements = f"elements 0 to {self._count - 1}" if self._count else "no elements"
        raise UnknownName(f"{self._name} has {elements}, not {index!r}")

    def __getattr__(self, name: str) -> Register:
        """Refuse what only an element has. Raises UnknownName."""
        if name.startswith("__"):
            raise AttributeError(name)
        raise UnknownName(f"{self._name} is an array: name an element, as {self._name}[0].{name}")

    def __repr__(self) -> str:
        """The name and the number of elements."""
        return f"<array {self._name} of {self._count}>"


class Array(_Elements):
    """An array of registers."""

    __slots__ = ("_register",)

    def __init__(self, bench: Accesses, register: RegisterArray) -> None:
        self._bench, self._name, self._count = bench, register.name, register.count or 0
        self._register = register

    def __getitem__(self, index: int) -> Register:
        """Return an element. Raises UnknownName for an index outside the array."""
        return Register(self._bench, self._register.element(self._index(index)))

    def __setitem__(self, index: int, value: int) -> None:
        """Write an element. Raises UnknownName, or BenchError for a value that does not fit."""
        self[index].write(value)

    def __iter__(self) -> Iterator[Register]:
        """The elements."""
        return map(self.__getitem__, range(self._count))


class Groups(_Elements):
    """An array of register files."""

    __slots__ = ("_members",)

    def __init__(self, bench: Accesses, name: str, members: Mapping[str, RegisterArray]) -> None:
        self._bench, self._name = bench, name
        self._count = next(iter(members.values())).count or 0
        self._members = members

    def __getitem__(self, index: int) -> RegisterGroup:
        """Return an element. Raises UnknownName for an index outside the array."""
        return RegisterGroup(self._bench, self._name, self._members, self._index(index))

    def __iter__(self) -> Iterator[RegisterGroup]:
        """The elements."""
        return map(self.__getitem__, range(self._count))


def _register(bench: Accesses, register: RegisterArray) -> Register | Array:
    return Register(bench, register.element(None)) if register.count is None else Array(bench, register)


_set = object.__setattr__
