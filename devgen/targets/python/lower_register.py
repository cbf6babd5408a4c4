"""A register's methods and its entry in the bank, from its plan."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from devgen.common.quick_dataclass import dataclass
from devgen.language import ir
from devgen.plan.register_plan import ReadPlan, RegisterPlan
from devgen.plan.registers import PlannedRegister, mask_of_bits
from devgen.plan.steps import WindowRead
from devgen.targets.python import module
from devgen.targets.python.field_comments import comment, fields_read
from devgen.targets.python.imports import imported
from devgen.targets.python.lower_expr import Lowering, value_method
from devgen.targets.python.lower_stmt import StatementLowering
from devgen.targets.python.module import Entry, Method
from devgen.targets.python.python_literals import hexadecimal, split_paragraphs, string
from devgen.targets.python.source_tree import Line, Node, Statements, call, keyword, literal, uses
from devgen.targets.python.symbols import RegisterSymbol, condition_method

_ANSWERS = {(True, True): "both", (True, False): "reads", (False, True): "writes", (False, False): "both"}


def lower_register(steps: StatementLowering, plan: RegisterPlan) -> module.Register:
    """The methods of one register and its entry in the bank."""
    lowering = steps.lowering
    if not plan.register.answers:
        return _view(lowering, plan)
    methods = _Register(steps, plan, lowering.symbols.registers[plan.register.key])
    register, described = plan.register, plan.register.described
    write = methods.write_method()
    return module.Register(
        name=register.title,
        about=f"{register.title} ({hexadecimal(register.offset, 3)}, {described.access})",
        title=described.title,
        entry=_bank_entry(lowering, plan, write),
        methods=tuple(_described_methods(methods, write)),
    )


def _described_methods(methods: _Register, write: Method | None) -> Iterator[tuple[str, str, Method, list[str]]]:
    """Yield a register's methods with what their docstrings say."""
    value, read = methods.value_method(), methods.read_method()
    if value is not None:
        yield "Value of", "int", value, []
    if read is not None:
        yield "Read", "int", read, split_paragraphs(methods.plan.register.described.description)
    if write is not None:
        yield "Write", "None", write, []


def _view(lowering: Lowering, plan: RegisterPlan) -> module.Register:
    """A register whose accesses reach another one: it has no methods, and the bank knows its name and place only."""
    register, view = plan.register, plan.register.described.view
    assert view is not None
    words = [
        *_place(lowering, register, "None", "None"),
        keyword("view", Node(string(f"{view.file}.{view.register}" if view.file else view.register))),
    ]
    return module.Register(register.title, "", "", call("Reg", words, imported("Reg")), ())


def _place(lowering: Lowering, register: PlannedRegister, read: str, write: str) -> list[Node]:
    """The arguments of ``Reg`` that every register has, and those of an array."""
    digits = max(3, len(f"{register.region.size - 1:x}"))
    words = [
        Node(string(register.title)),
        Node(hexadecimal(register.offset, digits)),
        literal(str(register.described.width)),
        Node(read),
        Node(write),
    ]
    if register.count is not None:
        words += [keyword("count", lowering.number(register.count)), Node(f"stride={hexadecimal(register.stride)}")]
    if register.described.dims:
        dims = ", ".join(f"({count}, {hexadecimal(stride)})" for count, stride in register.described.dims)
        words.append(Node(f"dims=({dims})"))
    return words


def _bank_entry(lowering: Lowering, plan: RegisterPlan, write: Method | None) -> Node:
    """The ``Reg(...)`` that ties a register's methods to its addresses."""
    register, described = plan.register, plan.register.described
    stem = lowering.symbols.registers[register.key].stem
    words = _place(
        lowering,
        register,
        "None" if plan.read is None else f"self.read_{stem}",
        "None" if write is None else f"self.{write.name}",
    )
    if described.decode != register.region.decode:
        words.append(Node(f'decode="{described.decode}"'))
    if described.intent is not None:
        words.append(Node(f'intent="{described.intent.value}"'))
    if plan.access.reads_lanes:
        words.append(Node("read_mask=True"))
    if write is not None and "mask" in uses(write.body):
        words.append(Node("write_mask=True"))
    if plan.access.fixed:
        words.append(Node(f"reset={hexadecimal(plan.access.fixed)}"))
    if described.sizes is not None:
        words.append(Node(f"sizes={described.sizes}"))
    if register.shares and (plan.access.readable, plan.access.writable) != _inferred(plan, write):
        words.append(Node(f'answers="{_ANSWERS[plan.access.readable, plan.access.writable]}"'))
    if register.condition is not None:
        words.append(Node(f"when=self.{condition_method(lowering.symbols, register.condition)}"))
    return call("Reg", words, imported("Reg"))


def _inferred(plan: RegisterPlan, write: Method | None) -> tuple[bool, bool]:
    """Whether the bank takes the register for one that answers reads, and writes."""
    return plan.read is not None or bool(plan.access.fixed), write is not None


def lower_conditions(lowering: Lowering, plans: Iterable[RegisterPlan]) -> Iterator[Entry]:
    """Yield a method for each `when`; members of a register file may share one."""
    done = set()
    for plan in plans:
        condition, when = plan.register.condition, plan.register.described.when
        if condition is None or when is None or condition in done:
            continue
        done.add(condition)
        body = (Line("return ", lowering.truth(when), comment=comment(fields_read(when))),)
        index = () if plan.register.count is None else ("index: int",)
        name = condition_method(lowering.symbols, condition)
        yield Entry(".".join(part for part in condition if part), "", Method(name, index, body))


@dataclass(slots=True, frozen=True)
class _Register:
    steps: StatementLowering
    plan: RegisterPlan
    symbol: RegisterSymbol

    @property
    def lowering(self) -> Lowering:
        """What lowers the register's expressions."""
        return self.steps.lowering

    # --- reading -----------------------------------------------------------------------------

    def value_method(self) -> Method | None:
        """Return the method that computes ``read``, if a read also has effects."""
        if self.plan.computed is None or self.plan.quiet:
            return None
        named, origin = comment(fields_read(self.plan.computed)), self._origin()
        body = (Line("return ", self._computed(self.plan.computed), comment=named, origin=origin),)
        return Method(value_method(self.symbol), self._index(), body)

    def read_method(self) -> Method | None:
        """Return the method that the bank calls for a read, or None if nothing can be read."""
        if self.plan.read is None:
            return None
        mask = (f"mask: int = {self._full()}",) if self.plan.access.reads_lanes else ()
        return Method(f"read_{self.symbol.stem}", (*self._index(), *mask), self._read_body(self.plan.read))

    def _read_body(self, read: ReadPlan) -> Statements:
        steps = self.steps
        before, after, value = steps.statements(read.before), steps.statements(read.after), self._shown(read.value)
        named = comment(fields_read(self.plan.computed if self.plan.quiet else None))
        origin = self._origin() if self.plan.quiet else ""
        if not after:
            return (*before, Line("return ", value, comment=named, origin=origin))
        return (
            *before,
            Line(f"{read.result} = ", value, comment=named, origin=origin),
            *after,
            Line(f"return {read.result}"),
        )

    def _shown(self, value: ir.Expr | WindowRead) -> Node:
        """Return the value of a read."""
        match value:
            case WindowRead():
                return self.lowering.window_read(value)
            case ir.Int(bits):
                return Node(hexadecimal(bits))
            case _ if self.plan.computed is not None and self.plan.quiet:
                return self._computed(self.plan.computed)
            case _:
                return self.lowering.number(value)

    def _computed(self, read: ir.Expr) -> Node:
        return self.lowering.within(self.plan.register.key).number(read)

    # --- writing -----------------------------------------------------------------------------

    def write_method(self) -> Method | None:
        """Return the method that the bank calls for a write, or None if a write has no effect."""
        if self.plan.write is None:
            return None
        body = self.steps.statements(self.plan.write)
        mask = (f"mask: int = {self._full()}",) if "mask" in uses(body) else ()
        return Method(f"write_{self.symbol.stem}", (*self._index(), "value: int", *mask), body)

    # --- shared ------------------------------------------------------------------------------

    def _origin(self) -> str:
        """The mark of the line that computes ``read``."""
        computed = self.plan.computed
        return "" if computed is None else self.lowering.symbols.origin_of(computed)

    def _index(self) -> tuple[str, ...]:
        return () if self.plan.register.count is None else ("index: int",)

    def _full(self) -> str:
        return hexadecimal(mask_of_bits(self.symbol.model.width))
