"""The default routes of a PC's interrupt lines.

GSIs 0-15 are routed to the PIC pair and the IOAPIC, 16-23 to the IOAPIC only. Source: Documentation/virt/kvm/api.rst
4.52 (KVM_SET_GSI_ROUTING), arch/x86/kvm/irq_comm.c.
"""

from __future__ import annotations

from devgen.hosts.kvm.uapi import uapi_interrupts, uapi_x86

_PIC_PINS = 8
_LEGACY = 16


def default_routes() -> list[uapi_interrupts.kvm_irq_routing_entry]:
    """Return the default routes of a PC: each legacy line to its PIC pin and to the IOAPIC pin of the same number."""
    routes = []
    for gsi in range(_LEGACY):
        chip = uapi_x86.KVM_IRQCHIP_PIC_MASTER if gsi < _PIC_PINS else uapi_x86.KVM_IRQCHIP_PIC_SLAVE
        routes.append(_pin_route(gsi, chip, gsi % _PIC_PINS))
    routes += [_pin_route(gsi, uapi_x86.KVM_IRQCHIP_IOAPIC, gsi) for gsi in range(uapi_x86.KVM_IOAPIC_NUM_PINS)]
    return routes


def _pin_route(gsi: int, chip: int, pin: int) -> uapi_interrupts.kvm_irq_routing_entry:
    route = uapi_interrupts.kvm_irq_routing_entry(gsi=gsi, type=uapi_interrupts.KVM_IRQ_ROUTING_IRQCHIP)
    route.u.irqchip.irqchip = chip
    route.u.irqchip.pin = pin
    return route
