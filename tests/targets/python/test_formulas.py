"""SystemRDL's side effects: each formula as text, and all of them against a naive model that goes bit by bit."""

from __future__ import annotations

import inspect
from dataclasses import replace

import pytest
from bit_model import OPERATIONS, READABLE, WRITE_EFFECTS, Layout, Operation, layouts, mask_of_lanes, play
from codegen_models import device, field, region, register
from generated_code import body_of, instance_of
from hypothesis import given, settings
from hypothesis import strategies as st

from devgen.language import model

# effect: the whole register by lanes; the whole register replaced; a field 7:4 by lanes
STATEMENTS = {
    None: (
        "self.R = value if mask == 0xFFFFFFFF else (self.R & ~mask) | value",
        "self.R = value",
        "self.R = (value & 0xF0) if mask == 0xFFFFFFFF else (self.R & ~mask) | (value & 0xF0)",
    ),
    "woclr": ("self.R &= ~value", "self.R &= ~value", "self.R &= ~value"),
    "woset": ("self.R |= value", "self.R |= value", "self.R |= value & 0xF0"),
    "wot": ("self.R ^= value", "self.R ^= value", "self.R ^= value & 0xF0"),
    "wzs": ("self.R |= mask & ~value", "self.R |= ~value & 0xFFFFFFFF", "self.R |= mask & ~value & 0xF0"),
    "wzc": ("self.R &= ~(mask & ~value)", "self.R &= value", "self.R &= ~(mask & ~value)"),
    "wzt": ("self.R ^= mask & ~value", "self.R ^= ~value & 0xFFFFFFFF", "self.R ^= mask & ~value & 0xF0"),
    "wclr": ("self.R &= ~mask", "self.R = 0", "self.R &= ~mask"),
    "wset": ("self.R |= mask", "self.R |= 0xFFFFFFFF", "self.R |= mask & 0xF0"),
}


@pytest.mark.parametrize("effect", WRITE_EFFECTS)
def test_a_write_effect_is_one_statement(effect: model.WriteEffect | None) -> None:
    by_lanes, replaced, of_field = STATEMENTS[effect]
    whole = register("R", write_effect=effect)
    assert body_of(device(region(whole)), "write_R") == [by_lanes]
    exact = register("R", write_effect=effect, decode="exact")
    assert body_of(device(region(exact, decode="exact")), "write_R") == [replaced]
    one_field = register("R", fields=(field("F", 4, 4, write_effect=effect),))
    assert body_of(device(region(one_field)), "write_R") == [of_field]


def test_fields_of_different_effects_share_one_statement() -> None:
    fields = (field("A", 0, 8), field("B", 8, 8, write_effect="woclr"), field("C", 16, 8, write_effect="wot"))
    body = body_of(device(region(register("R", fields=fields))), "write_R")
    assert body == ["self.R = ((self.R & ~((mask & 0xFF) | (value & 0xFF00))) | (value & 0xFF)) ^ (value & 0xFF0000)"]


def test_read_only_bits_keep_their_value() -> None:
    fields = (field("A", 0, 4), field("B", 4, 4, access="ro"))
    wired = register("R", fields=fields, decode="exact")
    assert body_of(device(region(wired, decode="exact")), "write_R") == ["self.R = (self.R & ~0xF) | (value & 0xF)"]


@pytest.mark.parametrize(
    ("effect", "by_lanes", "whole"),
    [("rclr", "self.R &= ~mask", "self.R = 0"), ("rset", "self.R |= mask", "self.R |= 0xFFFFFFFF")],
)
def test_a_read_effect_follows_the_value(effect: model.ReadEffect, by_lanes: str, whole: str) -> None:
    lanes = register("R", read_effect=effect)
    assert body_of(device(region(lanes)), "read_R") == ["result = self.R", by_lanes, "return result"]
    exact = register("R", read_effect=effect, decode="exact")
    assert body_of(device(region(exact, decode="exact")), "read_R") == ["result = self.R", whole, "return result"]


def test_a_pulse_is_gone_when_the_write_ends() -> None:
    fields = (field("GO", 0, singlepulse=True), field("MODE", 4, 4))
    dut = instance_of(device(region(register("R", fields=fields))))
    dut.write_R(0x71)
    assert dut.read_R() == 0x70


# --- against a model that knows nothing of masks ---------------------------------------------


@settings(max_examples=200, deadline=None)
@given(layouts(), st.lists(OPERATIONS, max_size=8), st.sampled_from(["lanes", "exact", "word"]))
def test_any_layout_equals_the_naive_model(layout: Layout, operations: list[Operation], decode: model.Decode) -> None:
    made, bits = layout
    dut = instance_of(device(region(replace(made, decode=decode), decode=decode)))
    every = (1 << made.width // 8) - 1
    in_parts = made.width > (8 if decode == "lanes" else 32)
    by_mask = in_parts and any(one.read_effect and one.access in READABLE for one in made.fields)
    for kind, value, chosen in operations:
        lanes = chosen & every or every if in_parts else every
        mask = mask_of_lanes(lanes, made.width)
        expected = play(bits, (kind, value, lanes))
        if kind == "write":
            if hasattr(dut, "write_R"):
                told = (mask,) if "mask" in inspect.signature(dut.write_R).parameters else ()
                dut.write_R(value & mask, *told)
        elif hasattr(dut, "read_R"):
            assert (dut.read_R(mask) if by_mask else dut.read_R()) & mask == expected
        else:
            assert expected == 0
