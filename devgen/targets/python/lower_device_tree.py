"""Lowers a device's identity in device trees to the class attribute ``DEVICE_TREE``."""

from __future__ import annotations

from collections.abc import Iterator

from devgen.language import model
from devgen.targets.python.imports import imported
from devgen.targets.python.python_literals import string
from devgen.targets.python.source_tree import Node, call, keyword, listing


def lower_device_tree(identity: model.DeviceTree) -> Node:
    """Return ``DeviceTreeIdentity(…)`` without arguments that have their defaults."""
    return call("DeviceTreeIdentity", _arguments(identity), imported("DeviceTreeIdentity"))


def _arguments(identity: model.DeviceTree) -> Iterator[Node]:
    yield Node(string(identity.node))
    yield _value(identity.compatible)
    if identity.clocks:
        yield keyword("clocks", listing("(", map(_pair, identity.clocks), ")"))
    if identity.properties:
        yield keyword("properties", listing("(", map(_pair, identity.properties), ")"))
    if identity.console:
        yield keyword("console", Node("True"))


def _pair(pair: tuple[str, model.TreeValue]) -> Node:
    name, value = pair
    return listing("(", (Node(string(name)), _value(value)), ")")


def _value(value: model.TreeValue) -> Node:
    if isinstance(value, tuple):
        return listing("(", map(_value, value), ")")
    return Node(string(value) if isinstance(value, str) else str(value))
