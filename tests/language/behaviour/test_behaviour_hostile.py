"""No text makes the compiler raise, run something, or take long."""

from __future__ import annotations

import time

import pytest
from behaviour_bench import hook, small
from hypothesis import given, settings
from hypothesis import strategies as st

WORDS = [
    *[
        "MR",
        "CR",
        ".",
        "MODE",
        "RUN",
        "T",
        "[",
        "]",
        "(",
        ")",
        ":",
        ",",
        "+",
        "-",
        "*",
        "//",
        "%",
        "&",
        "|",
        "^",
        "~",
        "<<",
        ">>",
        "==",
        "!=",
        "<",
        "<=",
        ">",
        ">=",
        "=",
        "+=",
        "&=",
        "and",
        "or",
        "not",
        "if",
        "else",
        "elif",
        "for",
    ],
    *[
        "in",
        "range",
        "pass",
        "value",
        "timers",
        "DATA",
        "history",
        "alarm",
        "arm",
        "t",
        "arm_in",
        "irq",
        "pulse",
        "CHANGE",
        "DONE",
        "offset",
        "serial",
        "send",
        "min",
    ],
    *[
        "u32",
        "s8",
        "bool",
        "load32",
        "store8",
        "1",
        "0",
        "7",
        "0x10",
        "65536",
        "'x'",
        "label",
        "true",
        "int",
        "u8",
        "n",
        "lambda",
        "import",
        "_",
        "**",
        "/",
        ";",
        "{",
        "é",
        "010",
        "1.5",
        "f'x'",
    ],
    *(":\n   ", "#c\n", "\n", "\n ", "\\", "\t"),
]

EXPRESSIONS = {
    "long": ("1+" * 9000 + "1", "DG0501"),
    "chain": ("+".join(["1"] * 8000), "DG0502"),
    "brackets": ("(" * 8000 + ")" * 8000, "DG0502"),
    "not": ("not " * 4000 + "1", "DG0502"),
    "invert": ("~" * 16000 + "1", "DG0502"),
    "dots": ("a" + ".a" * 8000, "DG0502"),
    "calls": ("MR" + "()" * 8000, "DG0502"),
    "subscripts": ("MR" + "[0]" * 5000, "DG0502"),
    "conditionals": ("1 if MR else " * 1100 + "1", "DG0502"),
    "comparisons": ("<".join(["1"] * 8000), "DG0502"),
    "wide call": (f"min({','.join(['MR'] * 5000)})", "DG0517"),
    "huge decimal": ("9" * 16000, "DG0504"),
    "wide hex": ("0x" + "f" * 65, "DG0504"),
    "wide product": ("*".join(["MR"] * 9), "DG0534"),
    "null": ("a\0b", "DG0503"),
    "letter": ("é + 1", "DG0503"),
    "surrogate": ('"\ud800"', "DG0503"),
    "escape": ("label == '\x1b[31m'", "DG0503"),
    "carriage return": ("MR\r+ 1", "DG0503"),
    "underscore": ("MR.__class__", "DG0503"),
    "attribute": ("MR.real", "DG0511"),
    "builtin": ("open('x')", "DG0510"),
    "builtin name": ("print", "DG0510"),
    "f-string": ("f'{MR}'", "DG0506"),
    "bytes": ("b'x'", "DG0506"),
    "joined strings": ("label == 'a' 'b'", "DG0506"),
    "triple quotes": ('"""x"""', "DG0506"),
    "lambda": ("lambda: 1", "DG0506"),
    "comprehension": ("[n for n in MR]", "DG0506"),
    "generator": ("min(n for n in MR)", "DG0517"),
    "walrus": ("(x := 1)", "DG0506"),
    "tuple": ("1, 2", "DG0506"),
    "list": ("[1]", "DG0506"),
    "dictionary": ("{1: 2}", "DG0506"),
    "ellipsis": ("...", "DG0506"),
    "power": ("MR ** 2", "DG0506"),
    "division": ("MR / 2", "DG0506"),
    "matrix": ("MR @ 2", "DG0506"),
    "starred": ("min(*MR)", "DG0517"),
    "await": ("await MR", "DG0506"),
    "way out of brackets": ("MR) + (MR", "DG0505"),
    "pair of unlike brackets": ("(MR]", "DG0505"),
    "open bracket": ("(MR", "DG0505"),
    "backslash": ("MR + \\\n 1", "DG0506"),
    "statement": ("MR = 1", "DG0505"),
    "method": ("'x'.format(MR)", "DG0520"),
    "octal": ("010", "DG0504"),
    "fraction": ("1.5", "DG0504"),
    "exponent": ("1e5", "DG0504"),
    "imaginary": ("1j", "DG0504"),
    "number and word": ("0x1for", "DG0504"),
    "None": ("None", "DG0506"),
    "empty": ("", "DG0507"),
    "comment": ("# nothing", "DG0507"),
}

STATEMENTS = {
    "elif": ("if MR:\n pass\n" + "elif MR:\n pass\n" * 1000, "DG0502"),
    "indentation": ("".join(" " * i + "if MR:\n" for i in range(99)) + " " * 99 + "pass", "DG0502"),
    "hidden indentation": ("".join(" " * i + "if MR:\n  \n" for i in range(99)) + " " * 99 + "pass", "DG0502"),
    "loops": ("".join(" " * i + f"for i{i} in range(60):\n" for i in range(30)) + " " * 30 + "MR = 1", "DG0607"),
    "import": ("import os", "DG0506"),
    "from": ("from os import system", "DG0506"),
    "def": ("def f(): pass", "DG0506"),
    "class": ("class X: pass", "DG0506"),
    "decorator": ("@x\nMR = 1", "DG0506"),
    "while": ("while 1: pass", "DG0506"),
    "with": ("with MR: pass", "DG0506"),
    "try": ("try:\n  pass\nfinally:\n  pass", "DG0506"),
    "global": ("global MR", "DG0506"),
    "del": ("del MR", "DG0506"),
    "assert": ("assert MR", "DG0506"),
    "return": ("return MR", "DG0506"),
    "match": ("match MR:\n case 1:\n  pass", "DG0506"),
    "semicolon": ("MR = 1; MR = 2", "DG0506"),
    "several targets": ("MR = RIS = 1", "DG0506"),
    "unpacking": ("MR, RIS = 1, 2", "DG0506"),
    "starred": ("*MR = 1", "DG0506"),
    "annotated register": ("MR: u32 = 1", "DG0519"),
    "annotation with code": ("x: open('y') = 1", "DG0516"),
    "attribute of a call": ("f().x = 1", "DG0510"),
    "loop over a list": ("for n in [1]:\n  pass", "DG0506"),
    "loop with else": ("for n in range(2):\n  pass\nelse:\n  pass", "DG0506"),
    "tabs and blanks": ("if MR:\n\tMR = 1\n        MR = 2", "DG0505"),
    "bad indentation": ("  MR = 1\n MR = 2", "DG0505"),
}


@pytest.mark.parametrize(("source", "code"), EXPRESSIONS.values(), ids=EXPRESSIONS)
def test_expression_is_refused(source: str, code: str) -> None:
    bench = small()
    assert bench.expression(source, hook(bench)) is None
    assert bench.codes() == [code], bench.told()


@pytest.mark.parametrize(("source", "code"), STATEMENTS.values(), ids=STATEMENTS)
def test_statement_is_refused(source: str, code: str) -> None:
    bench = small()
    bench.statements(source, hook(bench))
    bench.finish()
    assert code in bench.codes(), bench.told()


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=80) | st.lists(st.sampled_from(WORDS), max_size=40).map(" ".join))
def test_any_text_is_taken_or_refused(source: str) -> None:
    bench = small()
    expression = bench.expression(source, hook(bench))
    assert expression is not None or bench.sink.failed
    bench.statements(source, hook(bench))
    bench.finish()
    bench.told()


def test_a_comment_may_hold_anything() -> None:
    bench = small()
    assert bench.expression("MR  # µs, \ud800, \x0c, 'open", hook(bench)) is not None
    assert bench.codes() == []


def test_functions_that_fork_end() -> None:
    bench = small()
    bench.function("f0(x)", "u8(x)")
    for n in range(1, 31):
        bench.function(f"f{n}(x)", f"f{n - 1}(x) ^ f{n - 1}(x + {n})")
    started = time.process_time()
    bench.expression("f30(1)")
    bench.finish()
    assert time.process_time() - started < 20
    assert "DG0537" in bench.codes()


def test_annotated_functions_are_worked_out_once_and_still_cost() -> None:
    bench = small()
    bench.function("f0(x: u8)", "u8(x)")
    for n in range(1, 31):
        bench.function(f"f{n}(x: u8)", f"f{n - 1}(x) ^ f{n - 1}(u8(x + {n}))")
    assert bench.expression("f30(1)") is not None
    bench.finish()
    assert set(bench.codes()) == {"DG0607"}


def test_deep_chain_of_calls_is_told() -> None:
    bench = small()
    bench.action("a0()", "MR = 1")
    for n in range(1, 2000):
        bench.action(f"a{n}()", f"a{n - 1}()")
    bench.statements("a1999()")
    bench.finish()
    assert bench.codes() == ["DG0608"]


def test_reads_that_need_each_other_are_told() -> None:
    bench = small()
    bench.expression("DR + 1", owner=("read", "DR"))
    bench.finish()
    assert bench.codes() == ["DG0606"]


def test_thousands_of_short_texts_cost_no_more_each() -> None:
    def seconds(count: int) -> float:
        bench = small()
        scope = hook(bench)
        started = time.process_time()
        for n in range(count):
            bench.statements(f"RIS &= ~value[{n % 32}]", scope)
        bench.finish()
        return (time.process_time() - started) / count

    seconds(100)
    assert seconds(2000) < 4 * seconds(200) + 0.0002
