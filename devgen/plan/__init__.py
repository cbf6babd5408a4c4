"""The device plan: the actions of a device at each entry point, independent of the target.

A description declares registers, timers and lines. To turn it into a program, several decisions are needed: the order
of the steps of a register's write, the lines that must be updated after it, the bits that a write changes, and the
values and the order of a reset. They are made here, on the typed form of the behaviour language
(``devgen.language.ir``), once for all targets. The plan does not depend on a target language: it has no source text,
attribute names or imports. A target prints a plan and decides only on syntax and speed.

``plan_device(device)`` gives a ``DevicePlan``. An **entry point** is an event from outside the device: a register is
read or written, a timer expires, an input changes, a byte arrives, a doorbell rings, the machine is reset. The plan of
an entry point is a tuple of **steps** in order (``steps.py``). A step is a statement of the behaviour language, or one
of a few that only a plan has: a register's store, a call through a window, an update of something that follows
registers.

A register's write (``register_plan.py``):

1. ``old`` is saved, if a hook uses it.
2. The store: the side effects of all fields as one expression (``side_effects.py``), or the ``write`` hook instead.
3. Counters whose enable depends on what was stored are started or stopped, so that ``on_write`` sees their new values.
4. ``on_write``, with ``value`` and ``mask`` limited to the bits that the write changed; it does not run if there are
none.
5. Bits with ``singlepulse`` are cleared.
6. Lines and enables that depend on what has changed are updated, each once, in topological order.

A register's read: ``before_read``; enables that it changed; the value is read; the read effects; ``on_read``; updates.

An example, with ``R: {at: 0, fields: {GO: 0, DONE: {bits: 1, write_effect: woclr}}, on_write: t.arm_in(5)}`` and an
interrupt ``irq: {level: R.DONE}``. The plan of the write is::

    Store(R, ((R & ~((mask & 1) | (value & 2))) | (value & 1)))
    ir.TimerOp("t", "arm_in", ...)
    Update(("interrupt", "irq"))

Every expression of a step has its exact range, so that a target with fixed-width types can choose them from the plan.

Files: ``registers.py`` has the storage and place of each register, ``access_plan.py`` its lanes and access sizes,
``dependencies.py`` the effects of statements and the dependencies of expressions, ``followers.py`` the updates,
``alarms.py`` the arming of timers on counters, and ``reset_plan.py`` the reset. ``device_plan.py`` combines them.
"""

from devgen.plan.device_plan import DevicePlan, plan_device

__all__ = ["DevicePlan", "plan_device"]
