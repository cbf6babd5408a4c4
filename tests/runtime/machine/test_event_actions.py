"""What a user may write as an event's action."""

from __future__ import annotations

import pytest

from devgen.runtime.base.faults import MachineError
from devgen.runtime.machine.event_actions import EventAction, PlainAction, QmpAction, RunAction, parse_action


@pytest.mark.parametrize(
    ("text", "action"),
    [
        ("exit", PlainAction("exit")),
        ("ignore", PlainAction("ignore")),
        ("run:echo a:b", RunAction("echo a:b")),
        ("qmp:/tmp/q:system_reset", QmpAction("/tmp/q", "system_reset")),
        ('qmp:q:set_link:{"name": "n:0", "up": false}', QmpAction("q", "set_link", {"name": "n:0", "up": False})),
    ],
)
def test_actions(text: str, action: EventAction) -> None:
    assert parse_action(text) == action


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("exti", "unknown action 'exti' (did you mean 'exit'?); known are exit, reset, panic, log, ignore, run:"),
        ("rnu:reboot", "unknown action 'rnu:reboot' (did you mean 'run'?)"),
        ("exit:3", "unknown action 'exit:3'"),
        ("", "unknown action ''"),
        ("run:", "'run:': write run:COMMAND"),
        ("run:  ", "write run:COMMAND"),
        ("run:a\0b", "write run:COMMAND"),
        ("qmp:/tmp/q", "'qmp:/tmp/q': write qmp:SOCKET:COMMAND"),
        ("qmp::quit", "write qmp:SOCKET:COMMAND"),
        ("qmp:/tmp/q:system reset", "write qmp:SOCKET:COMMAND"),
        ("qmp:/tmp/q:quit:", "the arguments are not JSON"),
        ("qmp:/tmp/q:quit:[1]", "the arguments are a JSON object"),
        ("qmp:/tmp/q:quit:" + "[" * 100_000, "the arguments are not JSON"),
    ],
)
def test_what_is_no_action_is_refused(text: str, said: str) -> None:
    with pytest.raises(MachineError) as caught:
        parse_action(text)
    assert said in str(caught.value)
