"""The device base: properties, state, hostile state."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from device_kit import Kit, manual
from hypothesis import given, settings
from hypothesis import strategies as st

from devgen.runtime.base.faults import DeviceError, StateError
from devgen.runtime.device.environment import Environment
from devgen.runtime.device.properties import Property


def kit(**properties: Any) -> Kit:
    return Kit(Environment(manual()[0], name="one"), **properties)


@pytest.mark.parametrize(
    ("properties", "message"),
    [
        ({"channel": 2}, "kit has no property 'channel' (did you mean 'channels'?)"),
        ({"channels": 5}, "property 'channels' is 5; it must be 1 .. 4"),
        ({"channels": "2"}, "property 'channels' must be an integer, not '2'"),
        ({"channels": True}, "property 'channels' must be an integer, not True"),
        ({"quick": 1}, "property 'quick' must be true or false, not 1"),
        ({"label": 1}, "property 'label' must be a string, not 1"),
    ],
)
def test_a_wrong_property_is_said_clearly(properties: dict[str, Any], message: str) -> None:
    with pytest.raises(DeviceError) as caught:
        kit(**properties)
    assert str(caught.value) == f"one: {message}"


@pytest.mark.parametrize(("given_depth", "depth"), [(0, 4), (8, 8), (99, 16)])
def test_a_clamped_property_is_forced_in(given_depth: int, depth: int) -> None:
    assert kit(depth=given_depth).int_property("depth") == depth


def test_a_property_named_like_the_base_leaves_the_base_alone() -> None:
    class Odd(Kit):
        PROPERTIES = (*Kit.PROPERTIES, Property("name", "string", "x"))

    odd = Odd(Environment(manual()[0], name="one"))
    assert (odd.name, odd.string_property("name")) == ("one", "x")


def test_lines_of_arrays_are_flat_and_in_order() -> None:
    device = kit(channels=3)
    assert list(device.irqs) == ["irq[0]", "irq[1]", "irq[2]"]
    assert list(device.gpio_in) == ["gate[0]", "gate[1]"]
    assert device.gpio_out["ready"].level == 1


@pytest.mark.parametrize(
    ("length", "match", "collides"), [(4, 7, True), (4, None, True), (0, None, True), (2, 7, False), (4, 8, False)]
)
def test_doorbells_collide_as_the_kernel_would_have_it(length: int, match: int | None, collides: bool) -> None:
    device = kit()
    region = device.regions["registers"]
    if not collides:
        device.add_doorbell(region, "OTHER", 0x80, length, match, lambda count: None)
        return
    with pytest.raises(DeviceError, match="'OTHER' collides with 'BELL'"):
        device.add_doorbell(region, "OTHER", 0x80, length, match, lambda count: None)


def busy() -> Kit:
    """A device in the middle of things."""
    device = kit()
    device.write_CTRL(1)
    device.deadline[1].arm_at(500)
    device.deadline[0].arm_at(500)
    device.fired[:] = [3, 4]
    device.irq[1].set(1)
    device.gpio_in["gate[0]"].set(1)
    device.regions["buffer"].memory.view[5:8] = b"abc"  # type: ignore[union-attr]
    return device


def test_state_survives_json_and_a_fresh_device() -> None:
    one, other = busy(), kit()
    other.load_state(json.loads(json.dumps(one.save_state())))
    assert other.save_state() == one.save_state()
    assert bytes(other.regions["buffer"].memory.view[5:8]) == b"abc"  # type: ignore[union-attr]


def test_restored_timers_keep_their_order() -> None:
    one, other = busy(), kit()
    other.load_state(one.save_state())
    assert [other.deadline.index(timer) for timer in other.clocks.virtual.queue.armed()] == [1, 0]


HOSTILE: list[tuple[tuple[str, ...], Any]] = [
    ((), None),
    ((), []),
    (("device",), "pl031"),
    (("version",), 2),
    (("version",), True),
    (("properties",), {}),
    (("state",), {}),
    (("state", "CTRL"), -1),
    (("state", "CTRL"), 1 << 32),
    (("state", "CTRL"), 1.5),
    (("state", "CTRL"), True),
    (("state", "fired"), [1]),
    (("state", "fired"), "ab"),
    (("state", "fired"), [1, 1 << 16]),
    (("state", "ticks"), 7),
    (("state", "deadline"), [None]),
    (("state", "deadline"), [None, {"deadline": -1, "order": 0}]),
    (("state", "deadline"), [None, {"deadline": 1}]),
    (("state", "more"), 1),
    (("irqs", "irq[0]"), 2),
    (("irqs",), {}),
    (("gpio_in", "gate[1]"), None),
    (("gpio_out",), {"ready": 1, "x": 1}),
    (("memory",), {}),
    (("memory", "buffer"), "!"),
    (("memory", "buffer"), "eJxjAAAAAQAB"),
    (("extra",), 1),
]


def broken(path: tuple[str, ...], value: Any) -> Any:
    data: Any = copy.deepcopy(busy().save_state())
    if not path:
        return value
    place = data
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return data


@pytest.mark.parametrize(("path", "value"), HOSTILE, ids=lambda value: str(value)[:24])
def test_hostile_state_is_refused_and_changes_nothing(path: tuple[str, ...], value: Any) -> None:
    device = busy()
    before = device.save_state()
    with pytest.raises(StateError, match=r"^one: "):
        device.load_state(broken(path, value))
    assert device.save_state() == before


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(("state", "irqs", "CTRL", "a")), inner),
    max_leaves=8,
)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([path for path, _ in HOSTILE if path]), JSON)
def test_no_state_raises_anything_else(path: tuple[str, ...], value: Any) -> None:
    device = kit()
    try:
        device.load_state(broken(path, value))
    except StateError:
        return


def test_memory_of_a_snapshot_cannot_be_a_bomb() -> None:
    import zlib
    from base64 import b64encode

    bomb = b64encode(zlib.compress(bytes(64 << 20))).decode()
    with pytest.raises(StateError, match="must unpack to 4096 bytes"):
        kit().load_state(broken(("memory", "buffer"), bomb))
