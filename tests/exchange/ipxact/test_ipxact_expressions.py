"""Expressions of IP-XACT: their values, and the errors of texts without one."""

from __future__ import annotations

import pytest

from devgen.exchange.ipxact.ipxact_expressions import ExpressionError, Expressions

PARAMETERS = {"WIDTH": "8", "TWICE": "WIDTH * 2", "LOOP": "LOOP2", "LOOP2": "LOOP + 1"}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (" 12 ", 12),
        ("0x1F", 31),
        ("#1f", 31),
        ("4K", 4096),
        ("0x2M", 2 << 20),
        ("'hff", 255),
        ("8 'hF_F", 255),
        ("4'b1010", 10),
        ("'0", 0),
        ("-4", -4),
        ("2 + 3 * 4", 14),
        ("(2 + 3) * 4", 20),
        ("2 ** 3 ** 2", 64),
        ("10 - 4 - 3", 3),
        ("('hABCD) / $pow(2,8) % $pow(2,8)", 0xAB),
        ("-7 / 2", -3),
        ("-7 % 2", -1),
        ("1 << 4 | 1", 17),
        ("3 > 2 && !(1 == 2)", 1),
        ("WIDTH > 4 ? TWICE : 0", 16),
        ("$clog2(9)", 4),
        ("$max(3, 5) - $min(3, 5)", 2),
        ("true", 1),
    ],
)
def test_the_value_of_an_expression(text: str, value: int) -> None:
    assert Expressions(PARAMETERS).value(text) == value


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "it is empty"),
        ("1 +", "it ends too early"),
        ("(1", "'\\)' is missing"),
        ("1 2", "'2' is left over"),
        ("1.5", "'1.5' is no part of an expression"),
        ("* 2", "'\\*' is not expected here"),
        ("1 / 0", "it divides by 0"),
        ("2 ** 99999", "a power that is no integer of at most 4096 bits"),
        ("1 << 99999", "a shift that is not from 0 to 4096 bits"),
        ("4'b12", "'4'b12' is no number"),
        ("$sin(1)", "the function '\\$sin' is unknown"),
        ("DEPTH", "no parameter is 'DEPTH'"),
        ("LOOP", "the parameter 'LOOP' depends on itself"),
        ("(" * 2000, "more than 30 brackets and parameters inside each other"),
        ("1" * 5000, "an expression of more than 4096 characters"),
    ],
)
def test_a_text_without_a_value_is_an_error(text: str, reason: str) -> None:
    with pytest.raises(ExpressionError, match=reason):
        Expressions(PARAMETERS).value(text)
