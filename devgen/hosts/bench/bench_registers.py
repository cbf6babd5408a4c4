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

Dims = tuple[int | tuple[str, ...], ...]
"""The dimensions of an array that still need an index: a number of elements, or their names."""

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
            return _register(self._bench, self._map.find(name), name, 0, None)
        return _group(self._bench, name, {member: self._map.find(f"{name}.{member}") for member in members}, 0, None)

    def _names(self) -> list[str]:
        return list(self._files)

    def __repr__(self) -> str:
        """The device and the number of names."""
        return f"<the {len(self)} registers of {self._title}>"


class RegisterGroup(_Named):
    """A register file, or one element of an array of them."""

    __slots__ = ("_index", "_members", "_parts")

    _index: int | None
    _parts: int
    _members: Mapping[str, RegisterArray]

    def __init__(
        self, bench: Accesses, title: str, members: Mapping[str, RegisterArray], parts: int, index: int | None
    ) -> None:
        """``members`` are by their names in the file, ``parts`` is the number of parts of the file's own path."""
        _set(self, "_bench", bench)
        _set(self, "_title", title)
        _set(self, "_members", members)
        _set(self, "_parts", parts)
        _set(self, "_index", index)

    def __getitem__(self, name: str) -> Any:
        """Return a register, an array, or a register file inside this one. Raises UnknownName."""
        member, title = self._members.get(name), f"{self._title}.{name}"
        if member is not None:
            return _register(self._bench, member, title, self._parts, self._index)
        inside = {
            tail: found for path, found in self._members.items() if (tail := path.removeprefix(f"{name}.")) != path
        }
        if not inside:
            raise self._unknown(name)
        return _group(self._bench, title, inside, self._parts, self._index)

    def _names(self) -> list[str]:
        return list(dict.fromkeys(name.partition(".")[0] for name in self._members))

    def __repr__(self) -> str:
        """The name, with the index of the element."""
        return f"<register file {self._title}>"


class _Elements:
    """One dimension of an array: its elements by index, from 0 up, or by name."""

    __slots__ = ("_bench", "_dims", "_index", "_title")

    _bench: Accesses
    _dims: Dims
    _index: int | None
    _title: str

    def __len__(self) -> int:
        """The number of elements."""
        first = self._dims[0]
        return first if isinstance(first, int) else len(first)

    def _number(self, index: object) -> tuple[int, str]:
        """Return the number of an element over all dimensions so far, and its title. Raises UnknownName."""
        first = self._dims[0]
        names = () if isinstance(first, int) else first
        at = names.index(index) if isinstance(index, str) and index in names else index
        if not isinstance(at, int) or not 0 <= at < len(self):
            elements = f"elements 0 to {len(self) - 1}" if len(self) else "no elements"
            named = f", named {', '.join(names[:_SHOWN])}" if names else ""
            if str(index) in names:
                raise UnknownName(
                    f"{self._title} has {elements}{named}: a number counts from 0, a name is a text, '{index}'"
                )
            raise UnknownName(f"{self._title} has {elements}{named}, not {index!r}")
        return int(at) + (self._index or 0) * len(self), f"{self._title}[{names[at] if names else at}]"

    def __getattr__(self, name: str) -> Register:
        """Refuse what only an element has. Raises UnknownName."""
        if name.startswith("__"):
            raise AttributeError(name)
        raise UnknownName(f"{self._title} is an array: name an element, as {self._title}[0].{name}")

    def __repr__(self) -> str:
        """The name and the number of elements."""
        return f"<array {self._title} of {len(self)}>"


class Array(_Elements):
    """An array of registers, or one dimension of it."""

    __slots__ = ("_register",)

    def __init__(self, bench: Accesses, register: RegisterArray, title: str, dims: Dims, index: int | None) -> None:
        """``index`` is the element of the dimensions outside of ``dims``."""
        self._bench, self._register, self._title, self._dims, self._index = bench, register, title, dims, index

    def __getitem__(self, index: int | str) -> Any:
        """Return an element, or the next dimension. Raises UnknownName for an index outside the array."""
        number, title = self._number(index)
        if len(self._dims) > 1:
            return Array(self._bench, self._register, title, self._dims[1:], number)
        return Register(self._bench, self._register.element(number))

    def __setitem__(self, index: int | str, value: int) -> None:
        """Write an element. Raises UnknownName, or BenchError for a value that does not fit."""
        self[index].write(value)

    def __iter__(self) -> Iterator[Any]:
        """The elements."""
        return map(self.__getitem__, range(len(self)))


class Groups(_Elements):
    """An array of register files, or one dimension of it."""

    __slots__ = ("_members", "_parts")

    def __init__(
        self,
        bench: Accesses,
        members: Mapping[str, RegisterArray],
        title: str,
        dims: Dims,
        parts: int,
        index: int | None,
    ) -> None:
        """``parts`` is the number of parts of the file's path, ``index`` the element of the dimensions outside."""
        self._bench, self._members, self._title, self._dims = bench, members, title, dims
        self._parts, self._index = parts, index

    def __getitem__(self, index: int | str) -> Any:
        """Return an element, or the next dimension. Raises UnknownName for an index outside the array."""
        number, title = self._number(index)
        if len(self._dims) > 1:
            return Groups(self._bench, self._members, title, self._dims[1:], self._parts, number)
        return RegisterGroup(self._bench, title, self._members, self._parts, number)

    def __setitem__(self, index: int | str, value: int) -> None:
        """Refuse to write a register file as a whole. Raises BenchError."""
        raise BenchError(f"{self[index]!r} is written register by register")

    def __iter__(self) -> Iterator[Any]:
        """The elements."""
        return map(self.__getitem__, range(len(self)))


def _register(bench: Accesses, register: RegisterArray, title: str, parts: int, index: int | None) -> Register | Array:
    """Return a register or an array; ``parts`` of its path are outside of it, with the element ``index``."""
    dims = register.shape[parts]
    return Array(bench, register, title, dims, index) if dims else Register(bench, register.element(index))


def _group(
    bench: Accesses, title: str, members: Mapping[str, RegisterArray], parts: int, index: int | None
) -> RegisterGroup | Groups:
    """Return a register file or an array of them; ``parts`` of its path are outside of it."""
    dims = next(iter(members.values())).shape[parts]
    if dims:
        return Groups(bench, members, title, dims, parts + 1, index)
    return RegisterGroup(bench, title, members, parts + 1, index)


_set = object.__setattr__
