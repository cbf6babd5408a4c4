"""The GSI routing table: routes to the chips' pins, and routes of messages on the GSIs above them.

GSIs 0-15 are routed to the PIC pair and the IOAPIC, 16-23 to the IOAPIC only, as in the kernel's default table. Higher
GSIs are free for message-signalled interrupts. The kernel replaces the whole table, so changes are collected here until
``commit``. Source: Documentation/virt/kvm/api.rst 4.52 (KVM_SET_GSI_ROUTING).
"""

from __future__ import annotations

import heapq

from devgen.hosts.kvm import uapi
from devgen.hosts.kvm.vm import KvmVm

_PIC_PINS = 8
_LEGACY = 16


class GsiRoutes:
    """The routes of ``vm``. ``limit`` is the size of its table (KVM_CAP_IRQ_ROUTING); 0 means no routing."""

    def __init__(self, vm: KvmVm, limit: int) -> None:
        self._vm = vm
        pins = [bytes(route) for route in default_routes()]
        self._pins = pins
        self._messages: dict[int, bytes] = {}
        first = uapi.KVM_IOAPIC_NUM_PINS
        # The legacy lines have two entries each, so the table is full before the numbers run out.
        self.capacity = max(0, limit - len(pins))
        self._free = list(range(first, first + self.capacity))
        self._changed = False

    @property
    def used(self) -> int:
        """Return the number of GSIs in use for messages."""
        return self.capacity - len(self._free)

    def allocate(self) -> int | None:
        """Return the lowest free GSI for messages, or None. It has no route before ``put`` and ``commit``."""
        return heapq.heappop(self._free) if self._free else None

    def put(self, gsi: int, address: int, data: int) -> None:
        """Route ``gsi`` to this message at the next ``commit``."""
        self._messages[gsi] = bytes(message_route(gsi, address, data))
        self._changed = True

    def free(self, gsi: int) -> None:
        """Free a GSI of ``allocate``, which must have no irqfd; its route is removed at the next ``commit``."""
        self._changed |= self._messages.pop(gsi, None) is not None
        heapq.heappush(self._free, gsi)

    def commit(self) -> None:
        """Apply all changes with one call. Raises KvmError; the kernel then keeps the old table."""
        if self._changed:
            self._vm.set_gsi_routing([*self._pins, *self._messages.values()])
            self._changed = False


def default_routes() -> list[uapi.kvm_irq_routing_entry]:
    """Return the default routes of a PC: each legacy line to its PIC pin and to the IOAPIC pin of the same number."""
    routes = []
    for gsi in range(_LEGACY):
        chip = uapi.KVM_IRQCHIP_PIC_MASTER if gsi < _PIC_PINS else uapi.KVM_IRQCHIP_PIC_SLAVE
        routes.append(_pin_route(gsi, chip, gsi % _PIC_PINS))
    routes += [_pin_route(gsi, uapi.KVM_IRQCHIP_IOAPIC, gsi) for gsi in range(uapi.KVM_IOAPIC_NUM_PINS)]
    return routes


def _pin_route(gsi: int, chip: int, pin: int) -> uapi.kvm_irq_routing_entry:
    route = uapi.kvm_irq_routing_entry(gsi=gsi, type=uapi.KVM_IRQ_ROUTING_IRQCHIP)
    route.u.irqchip.irqchip = chip
    route.u.irqchip.pin = pin
    return route


def message_route(gsi: int, address: int, data: int) -> uapi.kvm_irq_routing_entry:
    """Return a route from ``gsi`` to the message ``data`` at ``address`` in the local APICs' window."""
    route = uapi.kvm_irq_routing_entry(gsi=gsi, type=uapi.KVM_IRQ_ROUTING_MSI)
    route.u.msi.address_lo = address & 0xFFFFFFFF
    route.u.msi.address_hi = address >> 32
    route.u.msi.data = data
    return route
