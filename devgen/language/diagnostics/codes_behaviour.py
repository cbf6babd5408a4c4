"""Diagnostics of expressions and statements (DG05xx and DG06xx)."""

from __future__ import annotations

from devgen.language.diagnostics.diagnostic import Kind

# --- DG050x: the text ------------------------------------------------------------------

TOO_LONG = Kind(
    "DG0501",
    "error",
    "a piece of behaviour has {characters} characters; at most {limit} are read",
    "The length of an expression or a block of statements is limited, so that checking a description takes "
    "bounded time.",
    "read: 1 + 1 + 1 + ...",
    "Split it into functions and actions.",
)
TOO_DEEP = Kind(
    "DG0502",
    "error",
    "this nests deeper than {limit} levels",
    "Blocks, brackets and chained operators may be nested at most 64 levels deep. The same limit applies to "
    "functions that call functions.",
    "read: ((((((((((...))))))))))",
    "Split it with locals, functions or actions.",
)
BAD_CHARACTER = Kind(
    "DG0503",
    "error",
    "'{char}' is not allowed here",
    "Behaviour consists of ASCII letters, digits and operators. Only comments may contain other characters.",
    "on_write: A = B $ C",
    "Remove the character.",
)
BAD_ESCAPE = Kind(
    "DG0508",
    "error",
    "`{name}` cannot be written in backticks",
    "Backticks are only for names that are Python keywords, such as `class` or `None`. Every other name is "
    "written without them.",
    "read: A & `B`",
    "Write the name without backticks.",
)
BAD_NUMBER = Kind(
    "DG0504",
    "error",
    "'{text}' is not a number: {why}",
    "Numbers are written as in a datasheet: 12, 0x1c, 0b101 or 0o17, with `_` allowed between digits. They "
    "have at most 256 bits.",
    "read: 010",
    "Write 8, 0o10 or 0x10, depending on the value that you need.",
)
SYNTAX = Kind(
    "DG0505",
    "error",
    "this cannot be read: {reason}",
    "The text is neither an expression nor a statement of the language.",
    "read: A +",
    "See the chapter on behaviour in docs/language.md.",
)
NOT_IN_LANGUAGE = Kind(
    "DG0506",
    "error",
    "{what} is not part of the language",
    "The language has Python's syntax, but only integers, the names that the description declares, and a few "
    "statements. It cannot call Python, so building an untrusted description never runs code from it.",
    "on_write: import os",
    "See the chapter on behaviour in docs/language.md for the constructs of the language.",
)
EMPTY = Kind(
    "DG0507",
    "error",
    "{what} is expected here, but there is nothing",
    "The text of a hook is empty or holds only comments.",
    "on_write: '# later'",
    "Write `pass` for statements that do nothing, or leave the key out.",
)

# --- DG051x: names ---------------------------------------------------------------------

UNKNOWN_NAME = Kind(
    "DG0510",
    "error",
    "nothing here is called '{name}'",
    "A name in behaviour must be declared in the description, be a local that was declared earlier, or be "
    "provided by the hook.",
    "on_write: RISS &= ~value",
    "Correct the name, or declare it; a local is declared with its type: `x: u32 = ...`.",
)
UNKNOWN_MEMBER = Kind(
    "DG0511",
    "error",
    "{what} has no '{name}'",
    "A dot is followed by a register's field, a field's label, a register file's member, or a method of a "
    "timer, counter or stream.",
    "on_write: seconds.rewind()",
    "Use one of the allowed names.",
)
NOT_A_VALUE = Kind(
    "DG0512",
    "error",
    "{what} has no value",
    "Timers, streams, events, actions and whole register files have no value and cannot be used as a number.",
    "read: alarm",
    "Use something that has a value: `alarm.armed`, a register of the register file, or a function.",
)
NEEDS_INDEX = Kind(
    "DG0513",
    "error",
    "{what} is an array; select an element: {name}[...]",
    "An expression can use only one element of an array, not the whole array.",
    "read: history",
    "Write `history[n]`.",
)
NO_INDEX = Kind(
    "DG0514",
    "error",
    "{what} is not an array and has no bits to take",
    "`x[n]` selects an element of an array or a bit of a number. `x[7:0]` selects bits of a number.",
    "on_write: alarm[0].arm()",
    "Remove the index.",
)
BAD_SIGNATURE = Kind(
    "DG0515",
    "error",
    "'{text}' is not a signature: {why}",
    "Functions and actions are declared as `name(parameters):`. A parameter may have a type (`n: u5`) or an "
    "upper bound that it stays below (`n: timers + 1`). Without either, its range is inferred from the calls.",
    "functions: {ticks: now // 10}",
    "Write `ticks()`, `route(n)`, `route(n: u5)`.",
)
BAD_TYPE = Kind(
    "DG0516",
    "error",
    "'{text}' is not a type",
    "Locals are declared with a type: `int` (up to 256 bits), `bool`, `u1` to `u64`, `s1` to `s64`.",
    "on_write: 'x: word = value'",
    "Use one of the types.",
)
WRONG_ARGUMENTS = Kind(
    "DG0517",
    "error",
    "{what} takes {wanted}, not {found}",
    "A call passes every argument once, in order.",
    "on_write: alarm.arm(1)",
    "Pass the arguments that it takes.",
)
WRONG_PARAMETER = Kind(
    "DG0518",
    "error",
    "{problem}",
    "The values of an event are passed by name, each exactly once: `RTC_CHANGE(seconds=LR)`.",
    "on_write: RTC_CHANGE(LR)",
    "Pass each value by the name that the event declares.",
)
NAME_TAKEN = Kind(
    "DG0519",
    "error",
    "'{name}' already means {what}",
    "A local, a loop variable or a parameter must not have the name of something else: shadowing is not "
    "allowed, since it hides mistakes.",
    "on_write: 'MR: int = 1'",
    "Choose another name.",
)
NOT_A_NUMBER = Kind(
    "DG0520",
    "error",
    "{what} is a string, not a number",
    "String properties and literals can only be compared, with `==` and `!=`.",
    "read: label + 1",
    "Compare it: `1 if label == 'a' else 0`.",
)

# --- DG053x: ranges --------------------------------------------------------------------

INDEX_RANGE = Kind(
    "DG0530",
    "error",
    "the index may be {bounds}, but {what} has {count} elements",
    "devgen must be able to prove that the index lies inside the array for every value that a guest can write "
    "and for every value of the board's properties.",
    "read: history[value]",
    "Bound it: `history[value % 4]`, `value[1:0]`, `min(...)`, or `if n < timers:` around it.",
)
BIT_RANGE = Kind(
    "DG0531",
    "error",
    "bit {bits} of {what}, which has {width}",
    "Bit 0 is the least significant. In `[7:0]` the most significant bit comes first, and both numbers are constants.",
    "read: MR[32]",
    "Name bits that exist.",
)
ZERO_DIVISOR = Kind(
    "DG0532",
    "error",
    "the divisor may be zero: it is {bounds}",
    "A guest must not be able to make a device divide by zero.",
    "read: A // B",
    "Write `A // max(B, 1)`, or put `if B:` around it.",
)
SHIFT_RANGE = Kind(
    "DG0533",
    "error",
    "the shift amount may be {bounds}; it must lie in 0..128",
    "The shift amount must never be negative or larger than 128 for any value that a guest can write.",
    "read: A << B",
    "Bound it: `A << B[4:0]`.",
)
TOO_WIDE = Kind(
    "DG0534",
    "error",
    "this may need {bits} bits; results of more than {limit} are refused",
    "Integers do not overflow. They are limited to 256 bits, so that each operation takes bounded time.",
    "read: A * A * A * A * A * A * A * A * A",
    "Reduce the operands, for example with `u64(...)`.",
)
DOES_NOT_FIT = Kind(
    "DG0535",
    "error",
    "the value may be {bounds}, which needs {bits} bits; {what} has {room}",
    "A value that is assigned or passed must fit for everything that a guest can do. Values are never "
    "truncated silently.",
    "on_write: A = A + 1",
    "State the intended result: `u32(A + 1)` wraps, `min(A + 1, 0xffffffff)` saturates.",
)
NEGATIVE = Kind(
    "DG0536",
    "error",
    "the value may be {bounds}, but {what} takes no value below {least}",
    "Registers, times and addresses cannot be negative.",
    "on_write: A = A - 1",
    "State the intended result: `u32(A - 1)` wraps, `max(A - 1, 0)` stops at zero.",
)
TOO_MANY_CASES = Kind(
    "DG0537",
    "error",
    "'{name}' is called with too many different ranges of arguments",
    "devgen computes the range of a function's result for each combination of argument ranges. The number of "
    "combinations is limited.",
    "functions: {f(x): g(x) + g(x + 1)}",
    "Declare types for its parameters: `f(x: u32)`.",
)

# --- DG060x: statements ----------------------------------------------------------------

READ_ONLY = Kind(
    "DG0601",
    "error",
    "{what} cannot be written: it {why}",
    "Only registers with storage, fields, bits, state, declared locals and lines without `level:` can be assigned.",
    "on_write: timers = 3",
    "Assign to something that has storage.",
)
NOT_A_STATEMENT = Kind(
    "DG0602",
    "error",
    "{what} is not a statement",
    "Statements are assignments, `if`, `for n in range(...)`, calls of actions, calls of the methods of "
    "timers, counters and streams, `pulse(line)`, events, `storeN(address, value)` and `pass`.",
    "on_write: A + 1",
    "Assign the value, or call an action.",
)
NOT_AN_EXPRESSION = Kind(
    "DG0603",
    "error",
    "{what} is a statement and has no value",
    "An expression only computes a value. A statement that acts must be on a line of its own.",
    "read: alarm.arm()",
    "Move it into a hook that takes statements.",
)
REDECLARED = Kind(
    "DG0604",
    "error",
    "'{name}' is declared twice, as {first} and as {second}",
    "A local has one type in a block of statements, also in separate branches.",
    'on_write: "if value:\\n  x: u8 = 1\\nelse:\\n  x: u16 = 2"',
    "Assign it without a type, or choose another name.",
)
LOOP_BOUND = Kind(
    "DG0605",
    "error",
    "the loop may run {trips} times; at most {limit} are allowed",
    "The number of iterations must have an upper bound that is known when the device is built, so that every "
    "access takes bounded time.",
    "on_write: 'for n in range(value):\\n  pass'",
    "Bound the range: `range(min(value, 16))`.",
)
RECURSION = Kind(
    "DG0606",
    "error",
    "this is recursive: {path}",
    "Functions and actions must not call themselves, directly or through others. A register's `read:` must not "
    "depend on its own value. A timer that may expire at once (`due: now`) must not be armed by its own "
    "expiry.",
    "actions: {ping(): pong(), pong(): ping()}",
    "Remove one of the calls. For repetition use a timer with `due: tick` or `due: wrap`.",
)
TOO_COSTLY = Kind(
    "DG0607",
    "error",
    "{what} may take {steps} steps; at most {limit} are allowed",
    "devgen counts every step that an access can trigger, including called functions and actions and all "
    "iterations of loops. The limit keeps a guest from stalling the host.",
    "on_write: 'for n in range(60000):\\n  for m in range(60000):\\n    pass'",
    "Reduce the loops, or spread the work over several timer expiries.",
)
CALLS_TOO_DEEP = Kind(
    "DG0608",
    "error",
    "calls go {depth} deep here; at most {limit} are allowed",
    "The length of a chain of calls of functions and actions is limited.",
    "functions: {f1(): f2(), f2(): f3(), ...}",
    "Merge some of them.",
)
NOT_BYTES = Kind(
    "DG0611",
    "error",
    "{name}() needs an element of an array of bytes, not {what}",
    "Block operations work on an array in `state` with `width: 8` and a `count`. The argument names the first "
    "element of the block.",
    "state: {buffer: {width: 32, count: 16}}\non_write: load_bytes(value, buffer[0], 16)",
    "Declare `buffer: {width: 8, count: ...}` under `state`, and name its first element: `buffer[0]`.",
)
NEVER_CALLED = Kind(
    "DG0609",
    "warning",
    "nothing calls '{name}'",
    "A function or an action that is never called is usually left over or misspelled. A function without "
    "parameters is not reported, since traces and tests can read it.",
    "functions: {unused(n): n}",
    "Remove it, or call it.",
)
NO_MATCH = Kind(
    "DG0610",
    "error",
    "timer '{name}' has no `counter` and `match`, from which `arm()` computes the deadline",
    "`arm()` computes the deadline from the timer's counter and match value. A timer without a counter needs "
    "an explicit deadline.",
    "on_write: t.arm()",
    "Write `t.arm_in(ns)` or `t.arm_at(ns)`, or give it a counter and a match.",
)
