"""The result of compiling the behaviour of a device, apart from the hooks that are kept where they belong.

It is here and not in ``devgen.language.behaviour`` because a device without behaviour has one too, and importing the
compiler takes noticeable time.
"""

from __future__ import annotations

from devgen.common.quick_dataclass import dataclass
from devgen.language.model import Action, Function


@dataclass(slots=True, frozen=True)
class Compiled:
    """The functions and actions of a device in order of declaration, and what its behaviour touches.

    ``driven`` are the lines that statements drive; ``used`` every declared name that any behaviour, size, period or
    start value mentions; ``armed`` the timers that statements arm; ``asked`` those whose `armed` or `deadline`
    any behaviour reads.
    """

    functions: tuple[Function, ...] = ()
    actions: tuple[Action, ...] = ()
    driven: frozenset[str] = frozenset()
    used: frozenset[str] = frozenset()
    armed: frozenset[str] = frozenset()
    asked: frozenset[str] = frozenset()
