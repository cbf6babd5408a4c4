"""Lists that several layers need: a word added to one layer alone fails here, and cannot be accepted and ignored.

The JSON Schema says what a description may write. The model types it, the plan and the targets act on it, and
``docs/language.md`` explains it. Each list below has its words in the schema and the other places that must know them.
"""

from __future__ import annotations

import ast
import copy
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

import pytest
from schema_paths import schema

from devgen.common import units
from devgen.language import board, board_guest, ir, model, scope
from devgen.language.behaviour import builtin_calls, name_meanings, named_things
from devgen.language.view import device_views, firmware_views, pci_views, register_views
from devgen.plan import side_effects
from devgen.runtime.device import firmware_identity, properties
from devgen.runtime.machine import event_actions, gsi, machine_config
from devgen.runtime.memory import access, register_bank
from devgen.runtime.pci import config_space, pci_express
from devgen.runtime.time import clock, counter
from devgen.targets import register_words

ROOT = Path(__file__).parents[2]

Words = frozenset[str]
Known = Callable[[], Iterable[object]]


def literal(hint: object) -> Known:
    """The words of a ``Literal``, which may stand in a union: ``ReadEffect | None``."""
    return lambda: literal_words(hint)


def literal_words(hint: object) -> Iterator[object]:
    if get_origin(hint) is Literal:
        yield from get_args(hint)
    for inner in get_args(hint):
        yield from literal_words(inner)


def attribute(owner: type, name: str) -> Known:
    """The words that an attribute of a dataclass may have."""
    return literal(get_type_hints(owner)[name])


def explained(page: str) -> Known:
    """Every word that a page shows as code."""
    text = (ROOT / page).read_text("utf-8")
    spans = re.findall(r"`[^`\n]+`", text) + re.findall(r"```.*?```", text, re.DOTALL)
    return lambda: set(re.findall(r"\w+", "\n".join(spans)))


@dataclass(slots=True, frozen=True)
class Place:
    """A layer's own copy of a list. ``extra``: words that no description writes.

    ``more``: the place may have any other words too, as a page of documentation does.
    """

    name: str
    known: Known
    extra: Words = frozenset()
    more: bool = False

    def missing(self, words: Words) -> Words:
        """The words that only the schema or only this place has."""
        here = frozenset(str(word) for word in self.known())
        return words - here if self.more else words ^ (here - self.extra)


@dataclass(slots=True, frozen=True)
class Listed:
    """A list: where the schema has it (an ``enum`` or the names of ``properties``), and the places that follow it."""

    path: str
    places: tuple[Place, ...]
    file: str = "device"

    def words(self, root: dict[str, Any]) -> Words:
        """What the schema allows."""
        return frozenset(str(word) for word in self._node(root))

    def add(self, root: dict[str, Any], word: str) -> None:
        """Allow one more word in a schema, as a half-made change does."""
        node = self._node(root)
        if isinstance(node, list):
            node.append(word)
        else:
            node[word] = {}

    def disagreements(self, root: dict[str, Any]) -> dict[str, Words]:
        """The words on which a place and the schema differ, by place."""
        words = self.words(root)
        return {place.name: missing for place in self.places if (missing := place.missing(words))}

    def _node(self, root: dict[str, Any]) -> Any:
        node: Any = root
        for key in self.path.split("/"):
            node = node[key]
        return node


PAGE = Place("docs/language.md", explained("docs/language.md"), more=True)
BOARDS = Place("docs/boards.md", explained("docs/boards.md"), more=True)
STORE = frozenset({"store", "unstored"})  # what a write does without an effect
ROM = frozenset({"rom"})  # `bars: rom` has no `type`

LISTS = (
    Listed(
        "$defs/writeEffect/enum",
        (
            Place("model.WriteEffect", literal(model.WriteEffect)),
            Place("RegisterView.write_effect", attribute(register_views.RegisterView, "write_effect")),
            Place("FieldView.write_effect", attribute(register_views.FieldView, "write_effect")),
            Place("plan: WRITE_EFFECTS", lambda: side_effects.WRITE_EFFECTS, STORE),
            Place("targets: words of effects", lambda: register_words.WRITE_EFFECTS),
            PAGE,
        ),
    ),
    Listed(
        "$defs/readEffect/enum",
        (
            Place("model.ReadEffect", literal(model.ReadEffect)),
            Place("RegisterView.read_effect", attribute(register_views.RegisterView, "read_effect")),
            Place("FieldView.read_effect", attribute(register_views.FieldView, "read_effect")),
            Place("plan: READ_EFFECTS", lambda: side_effects.READ_EFFECTS),
            Place("targets: words of effects", lambda: register_words.READ_EFFECTS),
            PAGE,
        ),
    ),
    Listed(
        "$defs/keySequence/properties/wrong/enum",
        (
            Place("model.WrongKey", literal(model.WrongKey)),
            Place("KeyView.wrong", attribute(device_views.KeyView, "wrong")),
            PAGE,
        ),
    ),
    Listed(
        "$defs/protection/enum",
        (
            Place("model.Protection", literal(model.Protection)),
            Place("RegisterView.protection", attribute(register_views.RegisterView, "protection")),
            PAGE,
        ),
    ),
    Listed(
        "$defs/access/enum",
        (
            Place("model.AccessType", literal(model.AccessType)),
            Place("RegisterView.access", attribute(register_views.RegisterView, "access")),
            Place("plan: READABLE and WRITABLE", lambda: side_effects.READABLE | side_effects.WRITABLE),
            Place("targets: words of accesses", lambda: register_words.ACCESSES),
            PAGE,
        ),
    ),
    Listed(
        "$defs/decode/enum",
        (
            Place("model.Decode", literal(model.Decode)),
            Place("RegisterView.decode", attribute(register_views.RegisterView, "decode")),
            Place("runtime: Decode", literal(register_bank.Decode)),
            Place("targets: words of decoding", lambda: register_words.DECODES),
            PAGE,
        ),
    ),
    Listed(
        "$defs/register/properties/halves/enum",
        (
            Place("model.Halves", literal(model.Halves)),
            Place("RegisterView.halves", attribute(register_views.RegisterView, "halves")),
            PAGE,
        ),
    ),
    Listed(
        "$defs/intent/enum",
        (
            Place("model.Intent", lambda: model.Intent),
            Place("RegisterView.intent", attribute(register_views.RegisterView, "intent")),
            Place("runtime: Intent", literal(register_bank.Intent)),
            PAGE,
        ),
    ),
    Listed(
        "properties/bus/enum",
        (
            Place("model.Bus", lambda: model.Bus),
            Place("DeviceView.bus", attribute(device_views.DeviceView, "bus")),
            PAGE,
        ),
    ),
    Listed(
        "$defs/acpi/properties/table/enum",
        (
            Place("model.AcpiTable", literal(model.AcpiTable)),
            Place("AcpiView.table", attribute(firmware_views.AcpiView, "table")),
            Place("runtime: AcpiTable", literal(firmware_identity.AcpiTable)),
            PAGE,
        ),
    ),
    Listed(
        "$defs/acpi/properties/fadt/properties",
        (
            Place("model.FadtUse", literal(model.FadtUse)),
            Place("FirmwareRegisterView.use", attribute(firmware_views.FirmwareRegisterView, "use")),
            Place("runtime: FadtUse", literal(firmware_identity.FadtUse)),
            PAGE,
        ),
    ),
    Listed(
        "$defs/bar/properties/type/enum",
        (
            Place("model.Bar.type", attribute(model.Bar, "type"), ROM),
            Place("BarView.type", attribute(pci_views.BarView, "type"), ROM),
            Place("runtime: BarType", literal(config_space.BarType), ROM),
            PAGE,
        ),
    ),
    Listed(
        "$defs/clock/enum",
        (
            Place("model.ClockName", literal(model.ClockName)),
            Place("ir.Now.clock", attribute(ir.Now, "clock")),
            Place("runtime: Clocks", lambda: get_type_hints(clock.Clocks)),
            PAGE,
        ),
    ),
    Listed(
        "$defs/property/properties/type/enum",
        (
            Place("model.Property.type", attribute(model.Property, "type")),
            Place("scope.PropertyEntry.type", attribute(scope.PropertyEntry, "type")),
            Place("PropertyView.type", attribute(device_views.PropertyView, "type")),
            Place("runtime: Property.type", attribute(properties.Property, "type")),
            PAGE,
        ),
    ),
    Listed(
        "$defs/counter/properties/phase/enum",
        (
            Place("model.Counter.phase", attribute(model.Counter, "phase")),
            Place("CounterView.phase", attribute(device_views.CounterView, "phase")),
            Place("runtime: Phase", literal(counter.Phase)),
            PAGE,
        ),
    ),
    Listed(
        "$defs/timer/properties/align/enum",
        (
            Place("model.Timer.align", attribute(model.Timer, "align")),
            Place("TimerView.align", attribute(device_views.TimerView, "align")),
            PAGE,
        ),
    ),
    Listed(
        "$defs/timer/properties/due/enum",
        (
            Place("model.Timer.due", attribute(model.Timer, "due")),
            Place("TimerView.due", attribute(device_views.TimerView, "due")),
            PAGE,
        ),
    ),
    Listed(
        "$defs/region/properties/space/enum",
        (
            Place("model.Region.space", attribute(model.Region, "space")),
            Place("RegionView.space", attribute(register_views.RegionView, "space")),
            PAGE,
        ),
    ),
    Listed(
        "$defs/region/properties/access/properties/endian/enum",
        (
            Place("model.AccessRule.endian", attribute(model.AccessRule, "endian")),
            Place("RegionView.endian", attribute(register_views.RegionView, "endian")),
            Place("runtime: Endian", literal(access.Endian)),
            PAGE,
        ),
    ),
    Listed(
        "$defs/region/properties/reserved/enum",
        (
            Place("model.Region.reserved", attribute(model.Region, "reserved")),
            Place("RegionView.reserved", attribute(register_views.RegionView, "reserved")),
            PAGE,
        ),
    ),
    Listed(
        "$defs/express/properties/type/enum",
        (
            Place("model.Express.type", attribute(model.Express, "type")),
            Place("runtime: ExpressType", literal(pci_express.ExpressType)),
            PAGE,
        ),
    ),
    Listed(
        "$defs/pci/properties/interrupt_pin/enum",
        (Place("PciView.interrupt_pin", attribute(pci_views.PciView, "interrupt_pin"), frozenset({""})),),
    ),
    Listed(
        "$defs/pci/properties/capabilities/properties",
        (
            Place("CapabilityView.kind", attribute(pci_views.CapabilityView, "kind"), frozenset({"serial_number"})),
            PAGE,
        ),
    ),
    Listed(
        "$defs/pci/properties/extended_capabilities/properties",
        (
            Place(
                "CapabilityView.kind",
                attribute(pci_views.CapabilityView, "kind"),
                frozenset({"msi", "msix", "pm", "express"}),
            ),
            PAGE,
        ),
    ),
    Listed(
        "properties/machine/properties/type/enum",
        (
            Place("BoardMachine.type", attribute(board.BoardMachine, "type")),
            Place("runtime: MachineType", literal(machine_config.MachineType)),
            BOARDS,
        ),
        "board",
    ),
    Listed(
        "properties/machine/properties/triple_fault/enum",
        (
            Place("BoardMachine.triple_fault", attribute(board.BoardMachine, "triple_fault")),
            Place("runtime: TripleFault", literal(machine_config.TripleFault)),
            BOARDS,
        ),
        "board",
    ),
    Listed(
        "properties/machine/properties/on_reset/enum",
        (
            Place("BoardMachine.on_reset", attribute(board.BoardMachine, "on_reset")),
            Place("runtime: OnReset", literal(machine_config.OnReset)),
            BOARDS,
        ),
        "board",
    ),
    Listed(
        "properties/machine/properties/irqchip/enum",
        (
            Place("BoardMachine.irqchip", attribute(board.BoardMachine, "irqchip")),
            Place("runtime: Irqchip", literal(machine_config.Irqchip)),
            BOARDS,
        ),
        "board",
    ),
    Listed(
        "properties/machine/properties/pit/enum",
        (Place("BoardMachine.pit", attribute(board.BoardMachine, "pit")), BOARDS),
        "board",
    ),
    Listed(
        "properties/guest/properties/mode/enum",
        (
            Place("BoardGuest.mode", attribute(board_guest.BoardGuest, "mode")),
            Place("runtime: CpuMode", literal(machine_config.CpuMode)),
            BOARDS,
        ),
        "board",
    ),
    Listed(
        "$defs/placement/properties/inputs/additionalProperties/enum",
        (
            Place("Placement.inputs", attribute(board.Placement, "inputs")),
            Place("runtime: Combination", literal(gsi.Combination)),
            BOARDS,
        ),
        "board",
    ),
    Listed(
        "$defs/placement/properties/on_event/additionalProperties/enum",
        (
            Place("Placement.on_event", attribute(board.Placement, "on_event")),
            Place("runtime: PlainAction", attribute(event_actions.PlainAction, "kind"), frozenset({"ignore"})),
            BOARDS,
        ),
        "board",
    ),
)


@pytest.mark.parametrize("listed", LISTS, ids=lambda listed: listed.path)
def test_every_layer_has_the_words_that_the_schema_allows(listed: Listed) -> None:
    assert listed.disagreements(schema(listed.file)) == {}


@pytest.mark.parametrize("listed", LISTS, ids=lambda listed: listed.path)
def test_a_word_added_to_the_schema_alone_is_noticed_in_every_place(listed: Listed) -> None:
    changed = copy.deepcopy(schema(listed.file))
    listed.add(changed, "brand_new")
    assert listed.disagreements(changed) == {place.name: {"brand_new"} for place in listed.places}


def enums(node: Any, path: str = "") -> Iterator[tuple[str, list[object]]]:
    """Every list of words in a schema, with its path."""
    if isinstance(node, dict):
        if isinstance(node.get("enum"), list):
            yield f"{path}/enum".removeprefix("/"), node["enum"]
        for key, value in node.items():
            yield from enums(value, f"{path}/{key}")


READ_AS_NUMBERS = {
    "$defs/powerManagement/properties/pme/items/enum",  # positions 0 to 4
    "$defs/express/properties/speed/enum",
    "$defs/region/properties/bar/enum",
    "$defs/field/properties/sticky/enum",  # `false` is None
}
"""Words that the model has as numbers or as None: the text and the number are compared where they are read."""


@pytest.mark.parametrize("file", ["device", "board"])
def test_no_list_of_a_schema_is_left_out(file: str) -> None:
    found = {path for path, words in enums(schema(file)) if any(isinstance(word, str) for word in words)}
    assert found - READ_AS_NUMBERS <= {listed.path for listed in LISTS if listed.file == file}


# --- units ---------------------------------------------------------------------------------------


def units_of(description: str) -> set[str]:
    """The units that a description of the schema names."""
    return set(re.findall(r"\b(?:[KMGT]i?B|B|[kMG]?Hz|[num]?s)\b", description))


UNITS = (("size", units.SIZE_UNITS), ("period", units.TIME_UNITS), ("frequency", units.FREQUENCY_UNITS))


@pytest.mark.parametrize(("name", "known"), UNITS, ids=lambda value: value if isinstance(value, str) else "")
def test_the_schema_names_the_units_that_are_read(name: str, known: Mapping[str, int]) -> None:
    text = schema("device")["$defs"][name]["description"].replace("hertz", "")
    assert units_of(text) == set(known)


@pytest.mark.parametrize("name", ["device", "board"])
def test_the_pattern_of_a_size_has_the_units_that_are_read(name: str) -> None:
    (pattern,) = re.findall(r"\(\?:([A-Za-z|]+)\)\$$", schema(name)["$defs"]["size"]["pattern"])
    assert pattern.split("|") == list(units.SIZE_UNITS)


# --- built-in functions --------------------------------------------------------------------------

PURE = frozenset(str(name) for name in literal_words(get_type_hints(ir.Builtin)["name"]))
FUNCTIONS: tuple[tuple[str, Known], ...] = (
    ("checked calls", lambda: builtin_calls.BUILTINS),
    ("reserved names", lambda: scope.BUILTIN_NAMES & PURE),
    ("suggestions", lambda: PURE.intersection(name_meanings._SUGGESTED)),
    ("docs/language.md", lambda: PURE.intersection(explained("docs/language.md")())),
)


@pytest.mark.parametrize(("known"), [known for _, known in FUNCTIONS], ids=[name for name, _ in FUNCTIONS])
def test_every_layer_knows_the_built_in_functions(known: Known) -> None:
    assert set(known()) == PURE


@pytest.mark.parametrize("name", sorted(PURE))
def test_python_has_each_built_in_function_or_the_lowering_names_it(name: str) -> None:
    """``min``, ``max`` and ``abs`` are Python's; the lowering handles the others by name."""
    assert name in {"min", "max", "abs"} or name in texts_in("devgen/targets/python/lower_expr.py", "_builtin")


def test_every_query_of_a_fifo_has_a_meaning() -> None:
    assert set(named_things.FIFO_QUERIES) == set(literal_words(get_type_hints(ir.FifoQuery)["query"]))


# --- kinds of statements and expressions ---------------------------------------------------------


def function(path: str, name: str) -> ast.AST:
    """The definition of a function or method in a file."""
    tree = ast.parse((ROOT / path).read_text("utf-8"))
    (found,) = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name == name]
    return found


def texts_in(path: str, name: str) -> set[object]:
    """The constants in a function's body."""
    return {node.value for node in ast.walk(function(path, name)) if isinstance(node, ast.Constant)}


def cases_in(path: str, *names: str) -> set[str]:
    """The classes that functions have a case for, or that they check with ``isinstance``."""
    found = set()
    for node in (node for name in names for node in ast.walk(function(path, name))):
        match node:
            case ast.MatchClass(cls=named) | ast.Call(func=ast.Name("isinstance"), args=[_, named]):
                found.add(ast.unparse(named).removeprefix("ir."))
    return found


HANDLED = (
    ("expressions", ir.Expr, "devgen/targets/python/lower_expr.py", ("value",)),
    ("places", ir.Place, "devgen/targets/python/lower_expr.py", ("_load",)),
    ("statements", ir.Stmt, "devgen/targets/python/lower_stmt.py", ("_statement", "_call")),
    ("expressions that follow time", ir.Expr, "devgen/language/behaviour/time_changes.py", ("_value", "_choice")),
)


@pytest.mark.parametrize(("nodes", "path", "functions"), [row[1:] for row in HANDLED], ids=[row[0] for row in HANDLED])
def test_every_kind_of_node_has_a_case(nodes: object, path: str, functions: tuple[str, ...]) -> None:
    kinds = {kind.__name__ for kind in get_args(nodes)}
    assert kinds - cases_in(path, *functions) == set()
