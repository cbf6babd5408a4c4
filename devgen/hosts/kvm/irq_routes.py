"""The table of GSI routes: the chips' pins, and the messages on the numbers above them.

GSIs 0-15 lead to the PIC pair and the IOAPIC, 16-23 to the IOAPIC alone, as the kernel's own default table has it; the
numbers above are free for message-signalled interrupts. The kernel takes the table as a whole, so changes are gathered
here until ``commit``. Source: Documentation/virt/kvm/api.rst 4.52 (KVM_SET_GSI_ROUTING).
"""

from __future__ import annotations

import heapq

from devgen.hosts.kvm import uapi
from devgen.hosts.kvm.vm import KvmVm

_PIC_PINS = 8
_LEGACY = 16


class GsiRoutes:
    """The routes of ``vm``. ``limit``: how many entries its table holds (KVM_CAP_IRQ_ROUTING); 0 means no routing."""

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
        """How many GSIs carry messages."""
        return self.capacity - len(self._free)

    def allocate(self) -> int | None:
        """The lowest free GSI for messages, which leads nowhere before ``put`` and ``commit``; None: all are in use."""
        return heapq.heappop(self._free) if self._free else None

    def put(self, gsi: int, address: int, data: int) -> None:
        """Have ``gsi`` deliver this message once ``commit`` has been called."""
        self._messages[gsi] = bytes(message_route(gsi, address, data))
        self._changed = True

    def free(self, gsi: int) -> None:
        """Give back a GSI of ``allocate``, which no irqfd may use any more; the kernel's table follows at a commit."""
        self._changed |= self._messages.pop(gsi, None) is not None
        heapq.heappush(self._free, gsi)

    def commit(self) -> None:
        """Put all changes in force in one call. Raises KvmError; the kernel's table is the old one then."""
        if self._changed:
            self._vm.set_gsi_routing([*self._pins, *self._messages.values()])
            self._changed = False


def default_routes() -> list[uapi.kvm_irq_routing_entry]:
    """The kernel's table for a PC: each legacy line to its PIC pin and to the IOAPIC pin of the same number."""
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
    """A route of a message: the write of ``data`` to ``address`` in the local APICs' window."""
    route = uapi.kvm_irq_routing_entry(gsi=gsi, type=uapi.KVM_IRQ_ROUTING_MSI)
    route.u.msi.address_lo = address & 0xFFFFFFFF
    route.u.msi.address_hi = address >> 32
    route.u.msi.data = data
    return route
