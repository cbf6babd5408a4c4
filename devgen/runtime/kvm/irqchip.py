"""The in-kernel interrupt controllers: PIC pair, IOAPIC, local APICs, interval timer, and the table of GSI routes.

GSIs 0-15 lead to the PIC pair and the IOAPIC, 16-23 to the IOAPIC alone, as the kernel's own default table has it; the
numbers above are free for message-signalled interrupts. Source: Documentation/virt/kvm/api.rst 4.24-4.26, 4.52, 4.75.
"""

from __future__ import annotations

from devgen.runtime.eventloop import EventLoop
from devgen.runtime.kvm import uapi
from devgen.runtime.kvm.error import KvmError
from devgen.runtime.kvm.vm import KvmVm
from devgen.runtime.notifier import EventNotifier

TSS_ADDRESS = 0xFFFBD000  # three pages below the firmware's place, where QEMU puts them too
_PIC_PINS = 8
_LEGACY = 16


class Irqchip:
    """Creates the controllers in ``vm``; must come before the first vCPU. All methods under the machine's lock.

    ``pit``: create the interval timer too.
    """

    def __init__(self, vm: KvmVm, loop: EventLoop, *, pit: bool = True) -> None:
        self._vm = vm
        self._loop = loop
        if vm.capability(uapi.KVM_CAP_SET_TSS_ADDR):
            vm.set_tss_address(TSS_ADDRESS)
        vm.create_irqchip()
        if pit and vm.capability(uapi.KVM_CAP_PIT2):
            vm.create_pit()
        self._gsis = vm.capability(uapi.KVM_CAP_IRQ_ROUTING)
        self._messages: dict[int, tuple[int, int]] = {}
        self._wires: dict[int, LevelIrqfd] = {}
        self._irqfds: dict[tuple[int, int], None] = {}

    def set_line(self, gsi: int, level: int) -> None:
        """Drive a GSI with KVM_IRQ_LINE. A GSI without a route is dropped, as a wire that leads nowhere."""
        if gsi < self._gsis:
            self._vm.irq_line(gsi, level)

    def signal_msi(self, address: int, data: int) -> bool:
        """Deliver a message-signalled interrupt at once; False when no processor took it."""
        return self._vm.signal_msi(address, data) > 0

    # --- routes ---

    def add_message(self, address: int, data: int) -> int:
        """A new GSI that delivers this message; for irqfds."""
        for gsi in range(uapi.KVM_IOAPIC_NUM_PINS, self._gsis):
            if gsi not in self._messages:
                self.set_message(gsi, address, data)
                return gsi
        raise KvmError("KVM_SET_GSI_ROUTING", 0, f"all {self._gsis} GSIs are in use")

    def set_message(self, gsi: int, address: int, data: int) -> None:
        """Make ``gsi`` deliver another message."""
        self._messages[gsi] = (address, data)
        self._commit_routes()

    def remove_message(self, gsi: int) -> None:
        """Free a GSI of ``add_message``."""
        del self._messages[gsi]
        self._commit_routes()

    def _commit_routes(self) -> None:
        messages = [_message_route(gsi, *message) for gsi, message in sorted(self._messages.items())]
        self._vm.set_gsi_routing(default_routes() + messages)

    # --- irqfds ---

    def add_irqfd(self, fd: int, gsi: int) -> None:
        """Edge-triggered: each signal of eventfd ``fd`` raises and lowers ``gsi``, from any thread and with no call."""
        self._vm.irqfd(fd=fd, gsi=gsi)
        self._irqfds[fd, gsi] = None

    def remove_irqfd(self, fd: int, gsi: int) -> None:
        """Undo ``add_irqfd``."""
        self._irqfds.pop((fd, gsi), None)
        self._vm.irqfd(fd=fd, gsi=gsi, assign=False)

    def set_level(self, gsi: int, level: int) -> None:
        """Drive a GSI through an irqfd with resampling, made on first use."""
        wire = self._wires.get(gsi)
        if wire is None and gsi < uapi.KVM_IOAPIC_NUM_PINS:
            wire = self._wires[gsi] = LevelIrqfd(self._vm, self._loop, gsi)
        if wire is not None:
            wire.set(level)

    def close(self) -> None:
        """Untie all irqfds and release their descriptors."""
        for fd, gsi in list(self._irqfds):
            self.remove_irqfd(fd, gsi)
        for wire in self._wires.values():
            wire.close()
        self._wires.clear()


class LevelIrqfd:
    """A level-triggered line through an irqfd.

    The eventfd raises the GSI and the kernel lowers it at the guest's end of interrupt, telling us by a second eventfd;
    if the device's line is still high then, it is raised again.
    """

    def __init__(self, vm: KvmVm, loop: EventLoop, gsi: int) -> None:
        self._vm = vm
        self._loop = loop
        self._gsi = gsi
        self._level = 0
        self.raised = EventNotifier()
        self.ended = EventNotifier()
        vm.irqfd(fd=self.raised.fileno(), gsi=gsi, resample=self.ended.fileno())
        loop.watch_event(self.ended.fileno(), self._resample)

    def set(self, level: int) -> None:
        """Follow the device's line."""
        self._level = level
        if level:
            self.raised.set()

    def _resample(self) -> None:
        if self.ended.test_and_clear() and self._level:
            self.raised.set()

    def close(self) -> None:
        """Untie and release."""
        self._loop.unwatch_event(self.ended.fileno())
        self._vm.irqfd(fd=self.raised.fileno(), gsi=self._gsi, assign=False)
        self.raised.close()
        self.ended.close()


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


def _message_route(gsi: int, address: int, data: int) -> uapi.kvm_irq_routing_entry:
    route = uapi.kvm_irq_routing_entry(gsi=gsi, type=uapi.KVM_IRQ_ROUTING_MSI)
    route.u.msi.address_lo = address & 0xFFFFFFFF
    route.u.msi.address_hi = address >> 32
    route.u.msi.data = data
    return route
