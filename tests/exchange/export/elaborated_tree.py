"""What SystemRDL and the description language both can say of an elaborated address map, as data to compare."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from systemrdl import RDLCompiler
from systemrdl.node import AddressableNode, AddrmapNode, FieldNode, Node, RegNode

from devgen.exchange.rdl_export.array_runs import KEY as OUTER


class NoMessages:
    """Fails on each message of the compiler, warnings too."""

    def print_message(self, severity: Any, text: str, source: Any) -> None:
        raise AssertionError(f"{severity}: {text}")


def compiled(path: Path) -> AddrmapNode:
    compiler = RDLCompiler(message_printer=NoMessages())
    compiler.compile_file(str(path))
    return compiler.elaborate().top


def registers(top: AddrmapNode) -> list[Any]:
    """All registers by address.

    A register file that is no array is a part of its registers' names. One that devgen made for the outer dimensions of
    an array is no part of them.
    """
    return sorted(_registers(top, "", 0, ()), key=repr)


def _registers(node: Node, prefix: str, base: int, outer: tuple[Any, ...]) -> Iterator[Any]:
    for child in node.children():
        if not isinstance(child, AddressableNode):
            continue
        address = base + child.raw_address_offset
        own = ((tuple(child.array_dimensions or ()), child.array_stride),) if child.is_array else ()
        name = f"{prefix}{child.inst_name}"
        if isinstance(child, RegNode):
            yield address, name, (*outer, *own), child.get_property("regwidth"), *texts(child), fields(child)
        elif OUTER in (child.get_property("devgen", default=None) or ""):
            yield from _registers(child, prefix, address, (*outer, *own))
        else:
            yield from _registers(child, f"{name}." if own else f"{name}_", address, (*outer, *own))


def fields(register: RegNode) -> list[Any]:
    return [
        (
            field.inst_name,
            (field.high, field.low),
            [_word(field, name) for name in ("sw", "onread", "onwrite")],
            bool(field.get_property("singlepulse")),
            field.get_property("reset"),
            texts(field),
            _labels(field),
        )
        for field in register.fields()
    ]


def texts(node: Node) -> tuple[str, str]:
    return node.get_property("name", default=""), node.get_property("desc") or ""


def _word(field: FieldNode, name: str) -> str | None:
    value = field.get_property(name)
    return None if value is None else value.name


def _labels(field: FieldNode) -> list[Any]:
    encode = field.get_property("encode")
    return [(label.name, label.value, label.rdl_name, label.rdl_desc) for label in encode or ()]
