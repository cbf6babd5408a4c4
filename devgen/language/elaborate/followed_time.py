"""Reports levels, enables and rooms whose changes over time cannot be predicted by a timer."""

from __future__ import annotations

from collections.abc import Iterator

from devgen.language.diagnostics.codes_parts import NOT_FOLLOWED
from devgen.language.elaborate.elaboration import Context, Tree, entries
from devgen.language.ir import Expr
from devgen.language.model import Device


def check_followed_time(ctx: Context, tree: Tree, device: Device) -> None:
    """Report each expression of ``device`` that depends on time in an unsupported way."""
    followed = list(_followed(device))
    if not followed:
        return
    from devgen.language.behaviour.ramps import NotFollowedError
    from devgen.language.behaviour.time_changes import change_finder

    finder = change_finder(device)
    for section, name, key, expr in followed:
        try:
            finder.changes(expr)
        except NotFollowedError as error:
            ctx.at_value(NOT_FOLLOWED, entries(tree, section)[name], key, key=key, name=name, reason=error)


def _followed(device: Device) -> Iterator[tuple[str, str, str, Expr]]:
    """Yield (section, name, key, expression) of each level, enable and room."""
    for section, lines in (("interrupts", device.interrupts), ("gpio_out", device.gpio_out)):
        yield from ((section, line.name, "level", line.level) for line in lines if line.level is not None)
    yield from (
        ("counters", counter.name, "enable", counter.enable)
        for counter in device.counters
        if counter.enable is not None
    )
    yield from (("streams", stream.name, "room", stream.room) for stream in device.streams if stream.room is not None)
