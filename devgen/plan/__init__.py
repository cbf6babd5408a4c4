"""The device plan: what a device does at each entry point, decided once, before any target prints it.

A description says what registers, timers and lines are. Between that and a program in some language lie decisions:
in which order the parts of a register's write happen, which lines must be updated after it, which bits a write
reaches, what a reset puts back and in which order. They are made here, on the typed form of the behaviour language
(``devgen.language.ir``), and hold for every target. Nothing here knows a target language: no text, no attribute
names, no imports. A target prints a plan; it decides only spelling and speed.

``plan_device(device)`` gives a ``DevicePlan``. An **entry point** is a place where the world outside calls the device:
a register is read or written, a timer expires, an input changes, a byte arrives, a doorbell rings, the machine is
reset. The plan of an entry point is a tuple of **steps** in order (``steps.py``). A step is a statement of the
behaviour language, or one of a few that only a plan has: a register's store, a call through a window, an update of
something that follows registers.

A register's write (``register_plan.py``):

1. ``old`` is kept, where a hook names it.
2. The store: the side effects of all fields as one expression (``side_effects.py``), or the ``write`` hook instead.
3. Counters whose enable depends on what was stored are started or stopped, so that ``on_write`` sees them right.
4. ``on_write``, with ``value`` and ``mask`` limited to the bits that took the write; not run where none did.
5. Bits with ``singlepulse`` fall.
6. Lines and enables that depend on what has changed are updated, each once, in topological order.

A register's read: ``before_read``; enables that it changed; the value is taken; the read effects; ``on_read``; updates.

An example, with ``R: {at: 0, fields: {GO: 0, DONE: {bits: 1, write_effect: woclr}}, on_write: t.arm_in(5)}`` and an
interrupt ``irq: {level: R.DONE}``. The plan of the write is::

    Store(R, ((R & ~((mask & 1) | (value & 2))) | (value & 1)))
    ir.TimerOp("t", "arm_in", ...)
    Update(("interrupt", "irq"))

Every expression of a step carries its exact range, as those of the description do, so that a target with fixed widths
can choose its types from the plan alone.

Files: ``registers.py`` says where each register is stored and placed, ``access_plan.py`` which lanes and sizes reach
it, ``dependencies.py`` what statements change and expressions depend on, ``followers.py`` what follows, ``alarms.py``
how a timer on a counter is armed, ``reset_plan.py`` what a reset does, ``device_plan.py`` puts them together.
"""

from devgen.plan.device_plan import DevicePlan, plan_device

__all__ = ["DevicePlan", "plan_device"]
