"""What docs/language.md says about a card of tests/kit/generated_descriptions.py, in plain Python without devgen.

Registers are cut into bytes, time into the edges of the counter, and each line is looked at after everything that
happens. It is slow and simple, and follows the choices of `PLAIN` only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from generated_descriptions import Drawn, DrawnRegister, Span
from generated_steps import Advance, Begin, Drive, Place, Read, Receive, Reset, Shown, Step, Take, Write

ANYTHING = -1
"""The value of a read that the language leaves open: the oldest entry of an empty FIFO."""

WRITE_RESULTS: dict[str | None, Callable[[int, int, int], int]] = {
    None: lambda old, bits, taken: (old & ~taken) | (bits & taken),
    "woclr": lambda old, bits, taken: old & ~(bits & taken),
    "woset": lambda old, bits, taken: old | (bits & taken),
    "wot": lambda old, bits, taken: old ^ (bits & taken),
    "wzc": lambda old, bits, taken: old & ~(~bits & taken),
    "wzs": lambda old, bits, taken: old | (~bits & taken),
    "wzt": lambda old, bits, taken: old ^ (~bits & taken),
    "wclr": lambda old, _, taken: old & ~taken,
    "wset": lambda old, _, taken: old | taken,
}

ACTIONS: dict[str, Callable[[Model], None]] = {
    "once.arm_in(0)": lambda m: m.arm("once", m.now),
    "once.arm_in(700)": lambda m: m.arm("once", m.now + 700),
    "once.arm_at(2000)": lambda m: m.arm("once", 2000),
    "once.cancel()": lambda m: m.cancel("once"),
    "alarm.arm()": lambda m: m.arm_alarm(),
    "alarm.cancel()": lambda m: m.cancel("alarm"),
    "ticks.load(A[7:0])": lambda m: m.ticks.load(m.now, m.values["A"] & 0xFF),
    "queue.push(B[7:0])": lambda m: m.push(m.values["B"] & 0xFF),
    "queue.clear()": lambda m: m.queue.clear(),
    "line.send(C[7:0])": lambda m: m.send(m.values["C"] & 0xFF),
    "NOTE(n=A[7:0])": lambda m: m.note(m.values["A"] & 0xFF),
    "A ^= 3": lambda m: m.put("A", m.values["A"] ^ 3),
    "B = u32(B + ticks)": lambda m: m.put("B", m.values["B"] + m.ticks.at(m.now)),
    "C = u32(C + 1)": lambda m: m.put("C", m.values["C"] + 1),
    "D = queue.count": lambda m: m.put("D", len(m.queue)),
}

LEVELS: dict[str, Callable[[Model], object]] = {
    "A[0] & B[1]": lambda m: m.values["A"] & m.values["B"] >> 1 & 1,
    "A > 5": lambda m: m.values["A"] > 5,
    "A == B": lambda m: m.values["A"] == m.values["B"],
    "not queue.empty": lambda m: m.queue,
    "queue.count >= 2 and C[0]": lambda m: len(m.queue) >= 2 and m.values["C"] & 1,
    "ticks >= MATCH": lambda m: m.ticks.at(m.now) >= m.values["MATCH"],
    "ticks >= 5": lambda m: m.ticks.at(m.now) >= 5,
    "D[31] or once.armed": lambda m: m.values["D"] >> 31 or "once" in m.deadlines,
}


@dataclass
class Counter:
    """Counts periods: its value was ``base`` at ``since`` ns; its first edge comes at ``first``."""

    period: int
    modulus: int
    phase: str
    since: int = 0
    base: int = 0

    def load(self, now: int, value: int) -> None:
        self.since, self.base = now, value

    def edges(self, now: int) -> int:
        """Edges since the start, or since time 0."""
        return (now - self.since) // self.period if self.phase == "start" else now // self.period

    def at(self, now: int) -> int:
        passed = self.edges(now) - (0 if self.phase == "start" else self.edges(self.since))
        return (self.base + passed) % self.modulus

    def edge(self, now: int, number: int) -> int:
        """The time of the edge ``number`` after ``now``."""
        start = self.since if self.phase == "start" else 0
        return start + (self.edges(now) + number) * self.period


@dataclass
class Model:
    """The card, on a clock that only `carry_out` moves."""

    drawn: Drawn
    now: int = 0
    values: dict[str, int] = field(default_factory=dict)
    spent: dict[str, int] = field(default_factory=dict)
    queue: list[int] = field(default_factory=list)
    deadlines: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Of an armed timer: its deadline, and the number of its arming."""
    lines: dict[str, int] = field(default_factory=lambda: {"inta": 0, "lamp": 0})
    outputs: Shown = field(default_factory=list)
    store: bytearray = field(default_factory=lambda: bytearray(4096))
    left: int | None = None
    armings: int = 0

    def __post_init__(self) -> None:
        self.registers = {register.name: register for register in self.drawn.registers}
        self.ticks = Counter(self.drawn["period"], 1 << self.drawn["width"], self.drawn["phase"])
        self.reset()

    # --- what behaviour does ----------------------------------------------------------------------

    def put(self, name: str, value: int) -> None:
        """An assignment reaches the bits of the register's fields."""
        self.values[name] = value & sum(bits_of(span) for span in self.registers[name].spans)

    def note(self, value: int) -> None:
        self.outputs.append(("event", "NOTE", 0, (("n", value),), self.now))

    def send(self, value: int) -> None:
        self.outputs.append(("tx", "line", value, (), self.now))
        if self.left:
            self.left -= 1

    def push(self, value: int) -> None:
        if len(self.queue) < 3:
            self.queue.append(value)

    def arm(self, timer: str, deadline: int) -> None:
        self.armings += 1
        self.deadlines[timer] = (deadline, self.armings)

    def cancel(self, timer: str) -> None:
        self.deadlines.pop(timer, None)

    def arm_alarm(self) -> None:
        distance = (self.values["MATCH"] - self.ticks.at(self.now)) % self.ticks.modulus
        if distance == 0 and self.drawn["due"] != "now":
            distance = 1 if self.drawn["due"] == "tick" else self.ticks.modulus
        if distance == 0 or self.drawn["align"] == "now":
            self.arm("alarm", self.now + distance * self.ticks.period)
        else:
            self.arm("alarm", self.ticks.edge(self.now, distance))

    def do(self, *hooks: str | None) -> None:
        """Run hooks of the description, named by its keys or given as actions."""
        for hook in hooks:
            if hook is not None:
                ACTIONS[self.drawn.choices.get(hook, hook)](self)

    # --- time and lines ---------------------------------------------------------------------------

    def look(self) -> None:
        """Update the lines."""
        for line in ("inta", "lamp"):
            level = int(bool(LEVELS[self.drawn[line]](self)))
            if level != self.lines[line]:
                self.lines[line] = level
                self.outputs.append(("gpio_out" if line == "lamp" else "irq", line, level, (), self.now))

    def settle(self) -> None:
        """The end of an entry: timers that are due fire."""
        self.look()
        while due := min(((at, name) for name, at in self.deadlines.items() if at[0] <= self.now), default=None):
            self.fire(due[1])

    def fire(self, timer: str) -> None:
        del self.deadlines[timer]
        self.note(3 if timer == "once" else 2)
        self.do(f"on_{timer}")
        self.look()

    def advance(self, ns: int) -> None:
        end = self.now + ns
        self.settle()
        while self.now < end:
            moments = [self.ticks.edge(self.now, 1), *(deadline for deadline, _ in self.deadlines.values())]
            self.now = min(end, *moments)
            self.settle()

    # --- accesses ---------------------------------------------------------------------------------

    def reset(self) -> None:
        for register in self.drawn.registers:
            self.values[register.name] = sum(span.reset << span.lsb for span in register.spans)
        self.values |= {"MATCH": 0, "RUN": 1, "WIDE": 0, "TIME": 0, "SHORT": 0, "LAST": 0}
        self.spent = dict.fromkeys("ABCD", 0)
        self.queue.clear()
        self.deadlines.clear()
        self.ticks.load(self.now, 0)
        self.do("on_reset")
        self.settle()

    def places(self) -> dict[Place, dict[str, tuple[int, int]]]:
        """Offset and bytes of the registers."""
        drawn = {register.name: (register.offset, 4) for register in self.drawn.registers}
        width = self.drawn["width"] // 8
        later = {"TICKS": (0x20, 4), "MATCH": (0x24, width), "GO": (0x28, 4), "DATA": (0x2C, 1), "LEVEL": (0x30, 1)}
        bank = {"WIDE": (0, 8), "TIME": (8, 8), "SHORT": (0x10, 2), "SEND": (0x14, 1), "LOG": (0x18, 4)}
        return {"ports": {**drawn, **later, "RUN": (0x34, 1)}, "bank": {**bank, "LAST": (0x1C, 4)}, "store": {}}

    def parts(self, place: Place, offset: int, size: int) -> Iterator[tuple[str, int, int, int]]:
        """Each register that an access reaches: its name, the register's byte, bytes, and the access's byte."""
        most = 8 if place == "bank" and self.drawn["implemented"] == "1..8" else 4
        for start in range(offset, offset + size, most):
            end = min(start + most, offset + size)
            for name, (at, length) in self.places()[place].items():
                low, high = max(at, start), min(at + length, end)
                if low < high:
                    yield name, low - at, high - low, low - offset

    def read(self, place: Place, offset: int, size: int) -> int:
        if place == "store":
            return int.from_bytes(self.store[offset : offset + size], "little")
        ones = place == "ports" and self.drawn["reserved"] == "ones"
        value = (1 << 8 * size) - 1 if ones else 0
        for name, byte, length, at in self.parts(place, offset, size):
            mask = (1 << 8 * length) - 1
            part = self.read_register(name, byte, mask << 8 * byte)
            if part is ANYTHING:
                return ANYTHING
            value = (value & ~(mask << 8 * at)) | (part >> 8 * byte & mask) << 8 * at
            self.look()
        return value

    def read_register(self, name: str, byte: int, lanes: int) -> int:
        """The bytes in ``lanes``, at their places; 0 of a register that cannot be read."""
        match name:
            case "TICKS":
                return self.ticks.at(self.now)
            case "GO" | "SEND" | "LOG":
                return 0
            case "LEVEL":
                return len(self.queue)
            case "DATA":
                return self.queue.pop(0) if self.queue else ANYTHING
            case "TIME" if byte == 0:
                self.values["TIME"] = self.now
        if name not in self.registers:
            return self.values[name]
        return self.read_drawn(self.registers[name], lanes)

    def read_drawn(self, register: DrawnRegister, lanes: int) -> int:
        readable = [span for span in register.spans if span.access in ("rw", "ro", "rw1")]
        if not readable:
            return 0
        value = 0
        for span in readable:
            touched = bits_of(span) & lanes
            stored = self.values[register.name]
            value |= 0 if span.pulse else stored & touched
            if span.read_effect is not None:
                self.values[register.name] = stored | touched if span.read_effect == "rset" else stored & ~touched
        self.do(register.on_read)
        return value

    def write(self, place: Place, offset: int, size: int, value: int) -> None:
        if place == "store":
            self.store[offset : offset + size] = value.to_bytes(size, "little")
            return
        for name, byte, length, at in self.parts(place, offset, size):
            mask = (1 << 8 * length) - 1
            self.write_register(name, (value >> 8 * at & mask) << 8 * byte, mask << 8 * byte)
            self.look()

    def write_register(self, name: str, bits: int, lanes: int) -> None:
        match name:
            case "MATCH" | "RUN" | "WIDE":
                self.values[name] = (self.values[name] & ~lanes) | bits
                self.after_write(name, lanes)
            case "SHORT":
                self.values[name] = WRITE_RESULTS[self.drawn["short"]](self.values[name], bits, lanes)
            case "GO":
                self.do("on_go")
                self.note(1)
            case "DATA":
                self.push(bits)
            case "SEND":
                if self.left is None or self.left:
                    self.send(bits)
            case "LOG":
                self.values["LAST"] = bits
                self.do("on_log")
            case "A" | "B" | "C" | "D":
                self.write_drawn(self.registers[name], bits, lanes)

    def after_write(self, name: str, lanes: int) -> None:
        if name == "MATCH":
            self.arm_alarm()
        if name == "WIDE" and (self.drawn["halves"] == "each" or lanes >> 63):
            self.note(self.values["WIDE"] >> 32 & 0xFF)
            self.do("on_wide")

    def write_drawn(self, register: DrawnRegister, bits: int, lanes: int) -> None:
        name, taken_by_any = register.name, 0
        for span in register.spans:
            taken = 0 if span.access == "ro" else bits_of(span) & lanes
            if span.access in ("w1", "rw1"):
                taken &= ~self.spent[name]
                self.spent[name] |= taken
            self.values[name] = WRITE_RESULTS[span.write_effect](self.values[name], bits, taken)
            taken_by_any |= taken
        if taken_by_any:
            self.do(register.on_write)
        for span in register.spans:
            if span.pulse and taken_by_any:
                self.values[name] &= ~bits_of(span)

    # --- steps ------------------------------------------------------------------------------------

    def carry_out(self, step: Step) -> tuple[int | None, Shown]:
        """The value read, if the step is a read, and the outputs in order."""
        self.outputs = []
        value = self._step(step)
        self.settle()
        return value, self.outputs

    def _step(self, step: Step) -> int | None:
        match step:
            case Read(place, offset, size):
                return self.read(place, offset, size)
            case Write(place, offset, size, value):
                self.write(place, offset, size, value)
            case Advance(ns):
                self.advance(ns)
            case Drive():
                self.put("A", self.values["A"] ^ 1)
                self.do("on_button")
            case Receive(data):
                for value in data:
                    self.push(value)
                    self.do("on_receive")
                    self.settle()
            case Take(count):
                self.take(count)
            case Begin():
                self.take(None)
            case Reset():
                self.reset()
        return None

    def take(self, count: int | None) -> None:
        self.left = count
        if count != 0:
            self.note(4)


def bits_of(span: Span) -> int:
    """The span's bits."""
    return (1 << span.msb + 1) - (1 << span.lsb)
