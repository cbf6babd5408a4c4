"""``dataclass`` as in the standard library, but frozen classes are made in a third of the time, and objects in half.

The standard library compiles six methods for each frozen class. devgen has two hundred of them, and making them took a
sixth of a command's processor time. Here ``__eq__``, ``__hash__`` and ``__repr__`` are ordinary functions that read the
fields, and one method is compiled, ``__init__``; they do the same. Fields are positional, without ``InitVar``.

Type checkers see the standard decorator, and it is they that refuse a change of a frozen object: at run time nothing
does, because that check makes each ``__init__`` slow. CI runs mypy over all code that uses such classes. A class whose
objects reach code that is not checked, such as that of a user, takes the decorator of the standard library.
"""

from __future__ import annotations

import dataclasses
from operator import attrgetter
from reprlib import recursive_repr
from typing import TYPE_CHECKING, Any

__all__ = ["dataclass"]

if TYPE_CHECKING:
    from dataclasses import dataclass
else:

    def dataclass(cls=None, /, *, frozen=False, eq=True, repr=True, **options):
        """Return a decorator as ``dataclasses.dataclass`` does."""

        def decorate(cls):
            made = dataclasses.dataclass(cls, eq=eq and not frozen, repr=False, init=False, **options)
            _add_init(made)
            if frozen and eq:
                _add_comparison(made)
            if repr and "__repr__" not in cls.__dict__:
                _add_repr(made)
            return made

        return decorate if cls is None else decorate(cls)


def _add_init(cls: Any) -> None:
    """Give a class the ``__init__`` of a dataclass, but without annotations, which would have to be compiled."""
    values: dict[str, Any] = {}
    parameters, lines = ["self"], []
    for field in dataclasses.fields(cls):
        name, first = field.name, f"_first_{field.name}"
        if field.default_factory is not dataclasses.MISSING:
            values[first], value = field.default_factory, f"{first}()"
        elif field.default is not dataclasses.MISSING:
            values[first], value = field.default, first
        else:
            value = ""
        if field.init:
            parameters.append(f"{name}={first}" if value else name)
            value = f"{value} if {name} is {first} else {name}" if value.endswith("()") else name
        if value:
            lines.append(f"self.{name} = {value}")
    if hasattr(cls, "__post_init__"):
        lines.append("self.__post_init__()")
    exec(f"def __init__({', '.join(parameters)}):\n " + "\n ".join(lines or ["pass"]), values)
    cls.__init__ = values["__init__"]


def _add_comparison(cls: Any) -> None:
    """Give a class ``__eq__`` and ``__hash__`` over its compared fields."""
    names = [field.name for field in dataclasses.fields(cls) if field.compare]
    values = attrgetter(*names) if names else type

    def equals(self: object, other: object) -> bool:
        return values(self) == values(other) if other.__class__ is self.__class__ else NotImplemented

    def hashed(self: object) -> int:
        return hash(values(self))

    if "__eq__" not in cls.__dict__:
        cls.__eq__ = equals
    if cls.__dict__.get("__hash__") is None:
        cls.__hash__ = hashed


def _add_repr(cls: Any) -> None:
    """Give a class the ``__repr__`` of a dataclass: ``Range(lo=0, hi=255)``."""
    names = [field.name for field in dataclasses.fields(cls) if field.repr]

    def shown(self: object) -> str:
        return f"{type(self).__qualname__}({', '.join(f'{name}={getattr(self, name)!r}' for name in names)})"

    cls.__repr__ = recursive_repr()(shown)
