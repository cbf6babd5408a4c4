"""Explains what is written in another language: C, C++, Verilog, Python, with what the behaviour language has for it.

Python's parser says "invalid syntax" for these. Each entry of ``_IDIOMS`` is one idiom: a pattern of the line, what it
is, and what to write. The entries are tried in order, and the first that is found explains the error.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from devgen.common.quick_dataclass import dataclass
from devgen.language.reading.mistaken_values import odd_character
from devgen.language.reading.notations import as_number

_LONGEST_LINE = 1000

_NAME = r"[A-Za-z]\w*(?:\.[A-Za-z]\w*)*(?:\[\w+\])?"
_C_TYPE = r"(?:u?int(?:8|16|32|64)?_t|uint\d*|[us](?:8|16|32|64)|(?:unsigned|signed)(?: +\w+)?|int|char|short|long)"


MISSING_OPERATOR: Final = "two values without an operator between them"


@dataclass(slots=True, frozen=True)
class Idiom:
    """What is found, from ``column`` (from 0) on: what it is, what to do, and the text that replaces it, if any."""

    column: int
    length: int
    problem: str
    hint: str
    new: str | None = None


@dataclass(slots=True, frozen=True)
class _Entry:
    pattern: re.Pattern[str]
    problem: str
    hint: str
    new: Callable[[re.Match[str]], str | None] = lambda match: None


def _width(type_name: str) -> str:
    """Return ``u32`` for ``uint32_t``, ``unsigned int`` or ``u32``, ``s8`` for ``int8_t``."""
    name = type_name.replace(" ", "").casefold()
    signed = name.startswith(("int", "s", "char", "short", "long"))
    digits = re.search(r"\d+", name)
    bits = digits[0] if digits else {"char": "8", "short": "16", "long": "64"}.get(name.removeprefix("unsigned"), "32")
    return f"{'s' if signed else 'u'}{bits}"


def _cast(match: re.Match[str]) -> str:
    return f"{_width(match[1])}({match[2]})"


def _number(match: re.Match[str]) -> str | None:
    return as_number(match[0])


def _entry(
    pattern: str, problem: str, hint: str, new: Callable[[re.Match[str]], str | None] = lambda match: None
) -> _Entry:
    return _Entry(re.compile(pattern), problem, hint, new)


def _downto(match: re.Match[str]) -> str:
    return f"{match[1]}[{match[2]}:{match[3]}]"


def _part_select(match: re.Match[str]) -> str | None:
    start, down, width = int(match[2]), match[3] == "-", int(match[4])
    low, high = (start - width + 1, start) if down else (start, start + width - 1)
    return f"{match[1]}[{high}:{low}]" if width and low >= 0 else None


def _word_operator(match: re.Match[str]) -> str:
    return _OPERATORS[match[1].casefold()]


_OPERATORS: Final = {
    "mod": "%",
    "rem": "%",
    "div": "//",
    "xor": "^",
    "shl": "<<",
    "sll": "<<",
    "shr": ">>",
    "srl": ">>",
}

_IDIOMS: Final = (
    _entry(r"^\s*(?://|--|;|'(?=[ A-Za-z]+$))", "a comment begins with #", "write # before the comment", lambda m: "#"),
    _entry(r"(?<=[\w)\]])\s*//(?=\s*[A-Za-z]\w* +[A-Za-z]\w*)", "a comment begins with #; `//` divides",
           "write # before the comment", lambda m: "  #"),
    _entry(r"(?<=[\w)\]]) +--\s(?=\s*[A-Za-z])", "a comment begins with #", "write # before the comment",
           lambda m: "  # "),
    _entry(rf"({_NAME})\[\s*(\d+)\s*([+-]):\s*(\d+)\s*\]", "a part select of Verilog", "write `{new}`",
           _part_select),
    _entry(rf"({_NAME})\s*[\[(]\s*(\d+)\s+downto\s+(\d+)\s*[\])]", "a slice of VHDL", "write `{new}`", _downto),
    _entry(r"[!=]==", "`===` is not part of the language", "write `==` or `!=`", lambda m: m[0][:2]),
    _entry(r">>>", "`>>>` is not part of the language", "write `>>`: numbers without a sign have nothing to extend",
           lambda m: ">>"),
    _entry(r"::", "`::` is not part of the language", "a part is named after a dot: `STATUS.BUSY`", lambda m: "."),
    _entry(r"(?<=[\w)\]] )(mod|rem|div|xor|shl|sll|shr|srl|MOD|REM|DIV|XOR|SHL|SHR)(?= [\w(])",
           "a word for an operator", "write `{new}`", _word_operator),
    _entry(r"\b(?:AND|OR|NOT)\b", "operators are written in small letters", "write `{new}`", lambda m: m[0].lower()),
    _entry(r"^\s*assign\s+", "`assign` is not part of the language", "write the assignment alone", lambda m: ""),
    _entry(r"^\s*unless\b", "`unless` is not part of the language", "write `if not (...):`"),
    _entry(r"^\s*(?:foreach\b|repeat\b|loop\b|forever\b|for\b.*?(?:=|\bto\b))", "a loop is written in another way",
           "write `for n in range(4):`, which counts from 0 to 3"),
    _entry(r"^\s*elif\b", "`elif` without an `if` before it", "begin with `if`, in the same column"),
    _entry(r"^\s*else\s*:", "`else` without an `if` before it", "it stands in the column of its `if`"),
    _entry(r"(?:=|\(|,)\s*\$([0-9a-fA-F]+)\b", "a hexadecimal number of another language", "write `0x{1}`"),
    _entry(r"&[hH]([0-9a-fA-F]+)\b", "a hexadecimal number of another language", "write `{new}`", _number),
    _entry(rf"({_NAME})\s*\+\+", "`++` is not part of the language", "write `{1} += 1`", lambda m: f"{m[1]} += 1"),
    _entry(rf"({_NAME})\s*--", "`--` is not part of the language", "write `{1} -= 1`", lambda m: f"{m[1]} -= 1"),
    _entry(r"->", "`->` is not part of the language", "a part is named after a dot: `STATUS.BUSY`", lambda m: "."),
    _entry(r"(?<![\w'])\d*'[sS]?[hHdDbBoO][0-9a-fA-F_]+", "a Verilog number", "write `{new}`", _number),
    _entry(rf"\(\s*({_C_TYPE})\s*\)\s*({_NAME})(?![\w(])", "a cast of C", "write `{new}`", _cast),
    _entry(rf"\(\s*({_C_TYPE})\s*\)\s*\(", "a cast of C", "write the type as a function: `u32(...)`"),
    _entry(rf"^\s*({_C_TYPE})\s+([A-Za-z]\w*)\s*=(?!=)", "the type stands behind a local's name",
           "write `{2}: {type} = ...`"),
    _entry(r"^\s*(?:var|let|const|auto|reg|wire|logic|bool|static)\s+([A-Za-z]\w*)\s*=(?!=)",
           "a local is declared with its type", "write `{1}: u32 = ...`"),
    _entry(r"\belse\s+if\b", "`else if` is one word", "write `elif`", lambda m: "elif"),
    _entry(r"\b(?:elsif|elseif)\b", "this is spelled `elif`", "write `elif`", lambda m: "elif"),
    _entry(r"\b(?:if|elif)\b[^:]*\bthen\b", "`then` is not part of the language", "write `if test:`"),
    _entry(r"^\s*(?:if|elif)\b[^:]*$", "no colon after the condition", "write `:` behind it"),
    _entry(r"^\s*(?:if|elif)\b[^:]*?[\w)\]]\s+[A-Za-z][\w.]*(?:\[[^\]]*\])?\s*(?:[-+|&^]|<<|>>)?=(?!=)[^:]*$",
           "no colon after the condition", "write `if test: statement`"),
    _entry(r"(?<=\bif )([^:=]*[^:=!<>])=(?!=)(?=.*:)|(?<=\()[^()=]*[^()=!<>]=(?!=)", "`=` assigns", "`==` compares"),
    _entry(r"<>", "`<>` is not part of the language", "write `!=`", lambda m: "!="),
    _entry(r"(?:^|[=(,])\s*\[\s*\d+\s*:\s*\d+\s*\]", "bits of nothing", "bits are taken of a value: `X[3:0]`"),
    _entry(r"\bif\b[^:]*:.*\belse\b", "`else` after a statement",
           "write `a if test else b`, or `else:` on its own line"),
    _entry(r"\b(?:switch|case)\b", "there is no `switch`", "write `if`, `elif` and `else`"),
    _entry(r"\bgoto\b", "there is no `goto`", "write an action, and call it"),
    _entry(r"\b(?:begin|end|endif|fi|done)\b", "blocks have no `begin` and `end`", "indent the statements of a block"),
    _entry(rf"(?:=|\(|,|\bif)\s*&\s*{_NAME}", "there are no pointers", "name the thing itself"),
    _entry(r"=>", "`=>` is not part of the language", "`=` assigns, `>=` compares"),
    _entry(rf"^\s*{_C_TYPE}\s+[A-Za-z]\w*\[", "an array is no local", "declare it under `state`, with `count`"),
    _entry(rf"^\s*({_C_TYPE})\s+([A-Za-z]\w*)\s*$", "the type stands behind a local's name, which has a value",
           "write `{2}: {type} = 0`"),
    _entry(r"=\s*$", "nothing is assigned", "write a value after `=`"),
    _entry(r"^\s*=(?!=)", "nothing stands before `=`", "write what is assigned to"),
    _entry(r"(?:[-+*%&|^<>]|//|==|!=|\band|\bor|\bnot)\s*$", "the line ends with an operator",
           "write its other side; inside brackets a line goes on by itself"),
    _entry(r"\bif\b(?!.*\belse\b)(?=.*=)|=.*\bif\b(?!.*\belse\b)", "a value with `if` needs `else`",
           "write `a if test else b`"),
    _entry(r"\b(?!(?:and|or|not|if|elif|else|for|in|pass)\b)\w+[)\]]?[ \t]+(?!(?:and|or|not|if|elif|else|for|in)\b)\w",
           MISSING_OPERATOR, "a statement stands on a line of its own, and `=` assigns"),
)  # fmt: skip


def explain_line(line: str) -> Idiom | None:
    """Return the idiom of another language in a line that Python's parser refused."""
    if len(line) > _LONGEST_LINE:
        return None
    for entry in _IDIOMS:
        match = entry.pattern.search(line)
        if match is not None:
            new = entry.new(match)
            hint = entry.hint.format(*match.group(0, *range(1, len(match.groups()) + 1)), new=new, type=_type(match))
            return Idiom(match.start(), len(match[0]), entry.problem, hint, new)
    return None


def _type(match: re.Match[str]) -> str:
    return _width(match[1]) if match.groups() and match[1] and re.fullmatch(_C_TYPE, match[1]) else ""


def explain_number(text: str) -> str | None:
    """Return a number as the language writes it, for `10h`, `0x10UL`, …"""
    return as_number(text)


_STATEMENTS: Final = tuple(
    (re.compile(pattern), words, hint)
    for pattern, words, hint in (
        (r"\s*for\s*\(", ";{", "write `for n in range(4):`, which counts from 0 to 3"),
        (r"\s*(?:while|do)\b", "{;", "`for n in range(...)` has a bound"),
        (r"\s*(?:switch|case)\b", ";{:", "write `if`, `elif` and `else`"),
        (r"\s*(?:\}?\s*else|if)\b", "{", "write `if test:`, and indent the statements of the block"),
        (r".*[=(,&|+]\s*\{", "{", "bits are joined with shifts: `HIGH << 16 | LOW`"),
        (r"\s*;", ";", "a comment begins with #"),
        (r"\s*\{", "{", "blocks have no braces: indent their statements"),
    )
)
"""How a line begins in C or Verilog, the characters in it that are refused, and what to write."""

_CHARACTERS: Final[dict[str, str]] = {"\u2260": "!=", "\u2264": "<=", "\u2265": ">=", "\u00d7": "*", "\u00f7": "//",
                                      "\u00ac": "not", "\u2227": "and", "\u2228": "or", "\u2192": "."}  # fmt: skip


def statement_help(word: str, line: str, column: int) -> str:
    """Return what to write for a statement of C or Verilog in which ``word`` is refused, or an empty string."""
    if len(line) > _LONGEST_LINE:
        return ""
    text = line[: column + 1]
    return next((hint for begin, words, hint in _STATEMENTS if word in words and begin.match(text)), "")


def character_help(line: str, column: int) -> str:
    """Return what to write for a character that the language does not have, or an empty string."""
    char = line[column : column + 1]
    if char in _CHARACTERS:
        return f"write `{_CHARACTERS[char]}`"
    hexadecimal = re.match(r"\$([0-9a-fA-F]+)\b", line[column:])
    if hexadecimal is not None:
        return f"write `0x{hexadecimal[1].lower()}`"
    return odd_character(char).partition(": ")[2]


# Names of other languages and of other emulators, with what to write.
_NAMES: Final[dict[str, str]] = {
    **dict.fromkeys(("TRUE", "True"), "write `true`"),
    **dict.fromkeys(("FALSE", "False"), "write `false`"),
    **dict.fromkeys(("NULL", "nullptr", "nil", "undefined", "null", "Null"), "there is no empty value; numbers are 0"),
    **dict.fromkeys(
        ("self", "this", "dev", "s", "opaque"), "registers, fields and state are named alone, as `STATUS.BUSY`"
    ),
    **dict.fromkeys(
        ("print", "printf", "log", "qemu_log", "pr_info", "pr_debug", "dev_info", "dev_err", "display", "debug",
         "qemu_log_mask", "warn", "puts", "printk", "pr_warn", "pr_err", "dev_warn", "dev_dbg", "error", "info",
         "trace", "log_guest_error", "error_report", "fprintf", "logger", "cout", "report", "warning",
         "DPRINTF"),
        "declare an event (`events:`) or an error (`errors:`), and report it: `MY_EVENT(value=5)`",
    ),
    **dict.fromkeys(
        ("sleep", "usleep", "delay", "udelay", "mdelay", "msleep", "wait", "nanosleep"),
        "nothing waits here: arm a timer, `t.arm_in(nanoseconds)`, and go on in its `on_expire`",
    ),
    **dict.fromkeys(
        ("time", "time_ns", "clock", "get_time", "ktime_get", "jiffies", "qemu_clock_get_ns", "millis", "micros"),
        "`now` is the time in nanoseconds",
    ),
    **dict.fromkeys(
        ("irq", "IRQ", "intr", "interrupt_line", "irq_line", "int_out"),
        "an interrupt is declared under `interrupts:`; its name is assigned to, or it has a `level`",
    ),
    **dict.fromkeys(("mem", "memory", "ram", "RAM", "MEM", "guest_memory"),
                    "RAM is reached with `load32(address)` and `store32(address, value)`"),
    **dict.fromkeys(("timer", "timers"), "a timer is declared under `timers:` and armed by its name: `t.arm_in(1000)`"),
    **dict.fromkeys(("regs", "reg", "registers", "bus"),
                    "registers, fields and state are named alone, as `STATUS.BUSY`"),
    **dict.fromkeys(("clz", "ctz", "ffs", "fls", "ilog2", "__builtin_clz", "__builtin_ctz", "hweight32"),
                    "a loop finds a bit: `for n in range(32):`; `popcount(x)` counts the ones"),
    **dict.fromkeys(("endif", "end", "endcase", "endfunction", "esac"), "blocks have no end: indent their statements"),
    **dict.fromkeys(("new_value", "wvalue", "write_value", "written_value"), "in a write, `value` is what was written"),
    **dict.fromkeys(("old_value", "oldvalue"), "in a write, `old` is the register before it"),
    **dict.fromkeys(
        ("set_irq", "raise_irq", "qemu_irq_raise", "qemu_set_irq", "irq_raise", "trigger", "assert_irq", "interrupt",
         "raise_interrupt", "qemu_irq_pulse", "pulse_irq"),
        "give the interrupt a `level`, or drive it: `intr = 1`, `pulse(intr)`",
    ),
    **dict.fromkeys(
        ("lower_irq", "qemu_irq_lower", "clear_irq", "deassert"),
        "give the interrupt a `level`, or drive it: `intr = 0`",
    ),
    **dict.fromkeys(("BIT", "bit", "BIT_ULL"), "write `1 << n`, or take a bit: `X[3]`"),
    **dict.fromkeys(("GENMASK", "FIELD_GET", "extract32", "extract64", "get_bits"), "take bits: `X[7:4]`"),
    **dict.fromkeys(("FIELD_PREP", "deposit32", "set_bits"), "assign bits: `X[7:4] = 5`"),
    **dict.fromkeys(("sizeof", "len"), "sizes are known when the device is built: write the number, or a property"),
    **dict.fromkeys(("readl", "read32", "ldl", "dma_read", "pci_dma_read", "ioread32"), "write `load32(address)`"),
    **dict.fromkeys(("writel", "write32", "stl", "dma_write", "pci_dma_write", "iowrite32"),
                    "write `store32(address, value)`"),
    **dict.fromkeys(("memcpy", "memmove"), "write `load_bytes(address, buffer[0], length)` or `store_bytes(...)`"),
    **dict.fromkeys(("memset",), "write `fill_bytes(buffer[0], length, value)`"),
    **dict.fromkeys(("rand", "random", "randint"), "behaviour is deterministic: there are no random numbers"),
    **dict.fromkeys(("int", "uint", "unsigned", "static_cast", "to_unsigned", "std_logic_vector"),
                    "types are `u1` to `u64` and `s1` to `s64`: `u32(x)`"),
    **dict.fromkeys(("data", "val", "wdata", "written", "newval", "new", "writedata"),
                    "in a write, `value` is what was written"),
    **dict.fromkeys(("oldval", "previous", "prev"), "in a write, `old` is the register before it"),
    **dict.fromkeys(("addr", "offset"), "each register has behaviour of its own; in an array `index` is the element"),
    **dict.fromkeys(("i", "idx"), "in an array `index` is the element"),
    **dict.fromkeys(("exit", "abort", "quit"), "declare an event, and let the board exit at it (`on_event`)"),
}  # fmt: skip


def name_help(name: str) -> str:
    """Return what to write for a name of another language, or an empty string."""
    if re.fullmatch(_C_TYPE, name) and name not in _NAMES:
        return f"a type is written as a function: `{_width(name)}(x)`"
    if re.fullmatch(r"[0-9a-fA-F]{1,16}[hH]", name):
        return f"write `0x{name[:-1].lower()}`"
    return _NAMES.get(name, "")


# Methods of registers, fields and lines in other frameworks.
_METHODS: Final[dict[str, str]] = {
    **dict.fromkeys(("set", "write", "assign", "put"), "assign to it: `{of} = 1`"),
    **dict.fromkeys(("clear", "reset"), "assign to it: `{of} = 0`"),
    **dict.fromkeys(
        ("get", "read", "value", "peek", "val", "data", "all", "reg", "raw"), "its name is its value: `{of}`"
    ),
    **dict.fromkeys(("raise_", "assert_", "high", "up"), "assign to it: `{of} = 1`"),
    **dict.fromkeys(("lower", "deassert", "low", "down"), "assign to it: `{of} = 0`"),
    **dict.fromkeys(("toggle", "flip"), "write `{of} = not {of}`"),
    **dict.fromkeys(("start", "schedule", "mod"), "arm it: `{of}.arm_in(nanoseconds)`"),
    **dict.fromkeys(("stop", "del", "disarm"), "write `{of}.cancel()`"),
}


def method_help(of: str, method: str) -> str:
    """Return what to write for a method of a thing, or an empty string."""
    return _METHODS.get(method, "").format(of=of)
