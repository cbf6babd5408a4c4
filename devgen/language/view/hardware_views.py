"""What hardware does to a field, as data for templates and exporters."""

from __future__ import annotations

from dataclasses import dataclass

from devgen.language.model import Edge, Sticky
from devgen.language.view.value_views import Hook


@dataclass(slots=True, frozen=True)
class HardwareView:
    """What hardware does to a field."""

    intr: bool
    """Whether it is an interrupt field: its register has the output ``intr``."""
    edge: Edge
    """What of its source sets it: ``level``, ``posedge``, ``negedge`` or ``bothedge``."""
    sticky: Sticky | None
    """What stays until it is cleared: each ``bit``, or the value of the ``field``; None: it follows its source."""
    source: Hook | None
    """The source of the interrupt, or its ``next``; None: behaviour sets it."""
    we: Hook | None
    """The field takes its ``next`` only while this is not 0; None: always."""
    hwset: Hook | None
    """All its bits are 1 while this is not 0."""
    hwclr: Hook | None
    """All its bits are 0 while this is not 0."""
    enable: Hook | None
    """The bits of the interrupt that reach ``intr``; None: all."""
    mask: Hook | None
    """The bits of the interrupt that do not reach ``intr``; None: all reach it, or those of ``enable``."""
    haltenable: Hook | None
    """The bits of the interrupt that reach the register's output ``halt``."""
    haltmask: Hook | None
    """The bits of the interrupt that do not reach ``halt``; the others do."""
    counter: tuple[Hook, ...] | None
    """The keys of a field that counts: ``incr``, ``incrsaturate``, …; None: it does not count."""

    @property
    def text(self) -> str:
        """Its keys as the description writes them: ``intr: {posedge: button}, enable: IE.BUTTON``."""
        return ", ".join(f"{key}: {value}" for key, value in self.settings)

    @property
    def settings(self) -> tuple[tuple[str, str], ...]:
        """Its keys with the texts of their values."""
        key = "intr" if self.intr else "next"
        source = "true" if self.source is None else self.source.text
        source = source if self.edge == "level" else f"{{{self.edge}: {source}}}"
        usual = "bit" if self.intr else None
        hooks = (self.we, self.hwset, self.hwclr, self.enable, self.mask, self.haltenable, self.haltmask)
        return (
            *(((key, source),) if self.intr or self.source is not None else ()),
            *((("sticky", self.sticky or "false"),) if self.sticky != usual else ()),
            *((("counter", _mapping(self.counter)),) if self.counter is not None else ()),
            *((hook.name, hook.text) for hook in hooks if hook is not None),
        )


def _mapping(hooks: tuple[Hook, ...]) -> str:
    """Return keys with their values as a mapping; without any, behaviour counts."""
    return "{" + ", ".join(f"{hook.name}: {hook.text}" for hook in hooks) + "}" if hooks else "true"
