"""Diagnostics of expressions and statements (DG05xx and DG06xx)."""

from __future__ import annotations

from devgen.language.diagnostics.diagnostic import Kind

# --- DG050x: the text ------------------------------------------------------------------

TOO_LONG = Kind(
    "DG0501",
    "error",
    "a piece of behaviour has {characters} characters; at most {limit} are read",
    "One expression or one text of statements is limited in length, so that checking any description "
    "takes bounded time.",
    "read: 1 + 1 + 1 + ...",
    "Split it into functions and actions.",
)
TOO_DEEP = Kind(
    "DG0502",
    "error",
    "this nests deeper than {limit} levels",
    "Blocks, brackets and operators that lean on one another are limited to 64 levels, and so are calls of "
    "functions in functions.",
    "read: ((((((((((...))))))))))",
    "Split it with locals, functions or actions.",
)
BAD_CHARACTER = Kind(
    "DG0503",
    "error",
    "'{char}' cannot stand here",
    "Behaviour is written with letters, digits and operators of ASCII; only comments may contain anything.",
    "on_write: A = B $ C",
    "Remove the character.",
)
BAD_ESCAPE = Kind(
    "DG0508",
    "error",
    "`{name}` cannot stand in backticks",
    "Backticks let behaviour name a thing whose name is one of Python's keywords, such as `class` or `None`; every "
    "other name is written as it is.",
    "read: A & `B`",
    "Write the name without backticks.",
)
BAD_NUMBER = Kind(
    "DG0504",
    "error",
    "'{text}' is not a number: {why}",
    "Numbers are written as a datasheet writes them: 12, 0x1c, 0b101, 0o17, with `_` between digits, of at most "
    "256 bits.",
    "read: 010",
    "Write 8, 0o10 or 0x10, whichever is meant.",
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
    "The language reads like Python but is not Python: it has integers, the description's own names, and few "
    "statements. There is no way out of it, so that building a stranger's description runs nothing of theirs.",
    "on_write: import os",
    "See the chapter on behaviour in docs/language.md for what there is.",
)
EMPTY = Kind(
    "DG0507",
    "error",
    "{what} is expected here, but there is nothing",
    "A hook with an empty text says nothing.",
    "on_write: '# later'",
    "Write `pass` for statements that do nothing, or leave the key out.",
)

# --- DG051x: names ---------------------------------------------------------------------

UNKNOWN_NAME = Kind(
    "DG0510",
    "error",
    "nothing here is called '{name}'",
    "A name in behaviour must be declared in the description, be a local declared before, or belong to the hook.",
    "on_write: RISS &= ~value",
    "Correct the name, or declare it; a local is declared with its type: `x: u32 = ...`.",
)
UNKNOWN_MEMBER = Kind(
    "DG0511",
    "error",
    "{what} has no '{name}'",
    "After a dot stands a register's field, a field's label, a register file's register, or what a timer, counter "
    "or stream can do.",
    "on_write: seconds.rewind()",
    "Use one of the allowed names.",
)
NOT_A_VALUE = Kind(
    "DG0512",
    "error",
    "{what} has no value",
    "Timers, streams, events, actions and whole register files cannot stand where a number is wanted.",
    "read: alarm",
    "Name what is meant: `alarm.armed`, a register of the file, a function.",
)
NEEDS_INDEX = Kind(
    "DG0513",
    "error",
    "{what} is an array; say which element: {name}[...]",
    "The elements of an array are used one at a time.",
    "read: history",
    "Write `history[n]`.",
)
NO_INDEX = Kind(
    "DG0514",
    "error",
    "{what} is not an array and has no bits to take",
    "`x[n]` is an element of an array or a bit of a number; `x[7:0]` are bits of a number.",
    "on_write: alarm[0].arm()",
    "Leave the index out.",
)
BAD_SIGNATURE = Kind(
    "DG0515",
    "error",
    "'{text}' is not a signature: {why}",
    "Functions and actions are declared as `name(parameters):`. A parameter may have a type (`n: u5`), or the bound "
    "that it stays below (`n: timers + 1`); without one its range is what the calls give it.",
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
    "A call gives every argument once, in order.",
    "on_write: alarm.arm(1)",
    "Give what it takes.",
)
WRONG_PARAMETER = Kind(
    "DG0518",
    "error",
    "{problem}",
    "An event's values are given by name, each once: `RTC_CHANGE(seconds=LR)`.",
    "on_write: RTC_CHANGE(LR)",
    "Name each value as the event declares it.",
)
NAME_TAKEN = Kind(
    "DG0519",
    "error",
    "'{name}' already means {what}",
    "A local, a loop variable or a parameter must have a name of its own: shadowing hides mistakes.",
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
    "An index must be proven to lie inside the array, whatever a guest writes and whatever the board's properties are.",
    "read: history[value]",
    "Bound it: `history[value % 4]`, `value[1:0]`, `min(...)`, or `if n < timers:` around it.",
)
BIT_RANGE = Kind(
    "DG0531",
    "error",
    "bit {bits} of {what}, which has {width}",
    "Bits are counted from 0, the least significant; `[7:0]` names the most significant first, and both are constants.",
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
    "A shift by an amount that is negative, or larger than any number here, is a mistake or an attack.",
    "read: A << B",
    "Bound it: `A << B[4:0]`.",
)
TOO_WIDE = Kind(
    "DG0534",
    "error",
    "this may need {bits} bits; results of more than {limit} are refused",
    "Integers do not overflow, but they are limited to 256 bits, so that one step takes bounded time.",
    "read: A * A * A * A * A * A * A * A * A",
    "Reduce what goes in: `u64(...)`.",
)
DOES_NOT_FIT = Kind(
    "DG0535",
    "error",
    "the value may be {bounds}, which needs {bits} bits; {what} has {room}",
    "What is assigned or passed must fit, whatever the guest does. Nothing is cut in silence.",
    "on_write: A = A + 1",
    "Say what is meant: `u32(A + 1)` wraps, `min(A + 1, 0xffffffff)` saturates.",
)
NEGATIVE = Kind(
    "DG0536",
    "error",
    "the value may be {bounds}, but {what} takes nothing below {least}",
    "Registers, times and addresses are not negative.",
    "on_write: A = A - 1",
    "Say what is meant: `u32(A - 1)` wraps, `max(A - 1, 0)` stops at zero.",
)
TOO_MANY_CASES = Kind(
    "DG0537",
    "error",
    "'{name}' is called in too many different ways to follow",
    "A function's range is worked out for each kind of call; there is a limit to how many.",
    "functions: {f(x): g(x) + g(x + 1)}",
    "Give its parameters types: `f(x: u32)`.",
)

# --- DG060x: statements ----------------------------------------------------------------

READ_ONLY = Kind(
    "DG0601",
    "error",
    "{what} cannot be written: it {why}",
    "Only registers with storage, fields, bits, state, declared locals and lines without `level:` can be assigned.",
    "on_write: timers = 3",
    "Assign something that is stored.",
)
NOT_A_STATEMENT = Kind(
    "DG0602",
    "error",
    "{what} is not a statement",
    "Statements are assignments, `if`, `for n in range(...)`, calls of actions, what timers, counters and streams do, "
    "`pulse(line)`, events, `storeN(address, value)` and `pass`.",
    "on_write: A + 1",
    "Assign the value, or call an action.",
)
NOT_AN_EXPRESSION = Kind(
    "DG0603",
    "error",
    "{what} is a statement and has no value",
    "An expression only computes; what acts stands on a line of its own.",
    "read: alarm.arm()",
    "Move it into statements.",
)
REDECLARED = Kind(
    "DG0604",
    "error",
    "'{name}' is declared twice, as {first} and as {second}",
    "In one text a local keeps its type, also in separate branches.",
    'on_write: "if value:\\n  x: u8 = 1\\nelse:\\n  x: u16 = 2"',
    "Assign it without a type, or choose another name.",
)
LOOP_BOUND = Kind(
    "DG0605",
    "error",
    "the loop may take {trips} turns; at most {limit} are allowed",
    "A loop's number of turns is known when the device is built and is bounded, so that no access takes long.",
    "on_write: 'for n in range(value):\\n  pass'",
    "Bound the range: `range(min(value, 16))`.",
)
RECURSION = Kind(
    "DG0606",
    "error",
    "this goes in a circle: {path}",
    "Functions and actions may not call themselves, a register's `read:` may not need its own value, and a timer that "
    "may expire at once (`due: now`) may not be armed by its own expiry.",
    "actions: {ping(): pong(), pong(): ping()}",
    "Break the circle; for repetition use a timer, with `due: tick` or `due: wrap`.",
)
TOO_COSTLY = Kind(
    "DG0607",
    "error",
    "{what} may take {steps} steps; at most {limit} are allowed",
    "Everything that an access can set off is counted, loops multiplied through calls, so that no guest can "
    "hold up the host.",
    "on_write: 'for n in range(60000):\\n  for m in range(60000):\\n    pass'",
    "Do less at once.",
)
CALLS_TOO_DEEP = Kind(
    "DG0608",
    "error",
    "calls go {depth} deep here; at most {limit} are allowed",
    "Functions and actions may call one another, but not in endless chains.",
    "functions: {f1(): f2(), f2(): f3(), ...}",
    "Merge some of them.",
)
NOT_BYTES = Kind(
    "DG0611",
    "error",
    "{name}() needs an element of an array of bytes, not {what}",
    "A block of bytes is copied to, copied from or filled in hidden state of 8 bits with a `count`, from the element "
    "named on.",
    "state: {buffer: {width: 32, count: 16}}\non_write: load_bytes(value, buffer[0], 16)",
    "Declare `buffer: {width: 8, count: ...}` under `state`, and name its first element: `buffer[0]`.",
)
NEVER_CALLED = Kind(
    "DG0609",
    "warning",
    "nothing calls '{name}'",
    "A function or an action that nothing calls is a left-over or a spelling mistake. A function without parameters "
    "is neither: traces and tests can look at it from outside.",
    "functions: {unused(n): n}",
    "Remove it, or call it.",
)
NO_MATCH = Kind(
    "DG0610",
    "error",
    "timer '{name}' has no `counter` and `match`, so `arm()` does not know when",
    "`arm()` computes the deadline from the counter and the match; a bare timer is given one.",
    "on_write: t.arm()",
    "Write `t.arm_in(ns)` or `t.arm_at(ns)`, or give it a counter and a match.",
)
