"""A vCPU of any architecture: its shared page, and the kick that makes it leave the kernel.

A kick (Documentation/virt/kvm/api.rst, ``immediate_exit``) sets ``immediate_exit`` in the shared page, then signals the
thread. If the thread is in the kernel, the signal ends KVM_RUN with EINTR; if it is just before the call, the flag
does. So no kick is lost, and the signal's handler need not do anything.
"""

from __future__ import annotations

import ctypes
import fcntl
import mmap
import os
import signal
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable

from devgen.hosts.kvm.kvm_error import KvmError, control, failed
from devgen.hosts.kvm.kvm_system import KvmSystem
from devgen.hosts.kvm.uapi import uapi_run
from devgen.hosts.kvm.vm import KvmVm

KICK_SIGNAL = signal.SIGRTMIN + 4

# Exits that the kernel completes at the next KVM_RUN; until then the registers are those of the unfinished instruction.
UNFINISHED = frozenset(
    (
        uapi_run.KVM_EXIT_IO,
        uapi_run.KVM_EXIT_MMIO,
        uapi_run.KVM_EXIT_HYPERCALL,
        uapi_run.KVM_EXIT_X86_RDMSR,
        uapi_run.KVM_EXIT_X86_WRMSR,
        uapi_run.KVM_EXIT_HYPERV,
        uapi_run.KVM_EXIT_XEN,
    )
)

ReadRam = Callable[[int, int], bytes | None]
"""Returns bytes of the guest's RAM by physical address and size; None where there is no RAM."""

FRAGMENTS = 4096  # most pieces of one instruction that complete_exit completes

_IMMEDIATE_EXIT = uapi_run.kvm_run.immediate_exit.offset
_EXIT_REASON = uapi_run.kvm_run.exit_reason.offset // 4


def install_kick_handler() -> None:
    """Install a handler of the kick's signal that does nothing, for the lifetime of the process.

    A Python handler would wake the main thread at each kick and could only be installed from there. libc's ``abs``
    takes an int, has no effect and is safe in a signal handler.
    """
    libc = ctypes.CDLL(None)
    libc.signal.restype = ctypes.c_void_p
    libc.signal.argtypes = (ctypes.c_int, ctypes.c_void_p)
    libc.signal(KICK_SIGNAL, ctypes.cast(libc.abs, ctypes.c_void_p))


class Vcpu(ABC):
    """A vCPU and the views of its shared memory: ``u8``, ``u32`` and ``u64`` index the same bytes."""

    def __init__(self, system: KvmSystem, vm: KvmVm, index: int) -> None:
        """Create vCPU ``index`` of ``vm`` and map its shared pages."""
        self.index = index
        self.fd = vm.create_vcpu(index)
        try:
            self._map = mmap.mmap(self.fd, system.run_size(), mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE)
        except OSError as error:
            os.close(self.fd)
            raise failed("mmap", error, f"cannot map the shared page of vCPU {index}") from None
        self.u8 = memoryview(self._map)
        self.u32 = self.u8.cast("I")
        self.u64 = self.u8.cast("Q")
        self._nmi = False
        self._owner: int | None = None
        self._owner_lock = threading.Lock()

    # --- running ---

    def adopt(self) -> None:
        """Make the calling thread the owner, which runs this vCPU and can be kicked."""
        with self._owner_lock:
            self._owner = threading.get_ident()

    def release(self) -> None:
        """Remove the owner; a later kick only sets ``immediate_exit``."""
        with self._owner_lock:
            self._owner = None

    def kick(self) -> None:
        """Make KVM_RUN fail with EINTR, now or at the next call. From any thread, and also after ``close``."""
        with self._owner_lock:
            if self.fd < 0:
                return
            self.u8[_IMMEDIATE_EXIT] = 1
            if self._owner is not None and self._owner != threading.get_ident():
                signal.pthread_kill(self._owner, KICK_SIGNAL)

    def stay(self) -> None:
        """Do not enter the guest at the next KVM_RUN, which completes the last exit and fails with EINTR.

        Called by the thread that runs this vCPU; does nothing on another thread.
        """
        if self._owner == threading.get_ident():
            self.u8[_IMMEDIATE_EXIT] = 1

    def raise_nmi(self) -> None:
        """Send an NMI to the vCPU before its next instruction. May be called from any thread.

        KVM_NMI would wait until KVM_RUN ends, so the thread that runs the vCPU calls it.
        """
        self._nmi = True
        self.kick()

    def interrupted(self) -> None:
        """Called after KVM_RUN failed with EINTR: no exit is unfinished, and the next KVM_RUN may enter the guest."""
        self.u8[_IMMEDIATE_EXIT] = 0
        self.u32[_EXIT_REASON] = uapi_run.KVM_EXIT_INTR
        if self._nmi:
            self._nmi = False
            control(self.fd, "KVM_NMI", 0, f"cannot interrupt vCPU {self.index}")

    def complete_exit(self) -> None:
        """Complete the instruction of the last exit without running another one.

        The next KVM_RUN completes a port or memory access; until then the registers have their old values. An access
        that the kernel has cut into pieces (across a page, or a long REP) exits for each piece; pieces after the last
        dispatched one read the present contents of the shared page.
        """
        for _ in range(FRAGMENTS):
            if self.u32[_EXIT_REASON] not in UNFINISHED:
                return
            self._finish_piece()
        raise KvmError("KVM_RUN", 0, f"the last exit of vCPU {self.index} cannot be completed")

    def _finish_piece(self) -> None:
        self.u8[_IMMEDIATE_EXIT] = 1
        try:
            fcntl.ioctl(self.fd, uapi_run.KVM_RUN)
        except InterruptedError:
            self.interrupted()
        except OSError as error:
            self.u8[_IMMEDIATE_EXIT] = 0
            raise failed("KVM_RUN", error, f"cannot complete the last exit of vCPU {self.index}") from None

    def page(self) -> uapi_run.kvm_run:
        """Return a copy of the kvm_run structure in the shared page."""
        return uapi_run.kvm_run.from_buffer_copy(self.u8[: ctypes.sizeof(uapi_run.kvm_run)])

    # --- what an architecture defines ---

    @abstractmethod
    def where(self) -> str:
        """Return the address of the next instruction as text, for a message. Never raises."""

    @abstractmethod
    def unfinished_ip(self) -> int:
        """Return the program counter; a pending exit stays pending."""

    @abstractmethod
    def asleep_at(self, read: ReadRam) -> int | None:
        """Return an address in the guest's code if the processor sleeps and no interrupt of the chips can wake it.

        The address stays the same while it sleeps. None if it runs, or may wake. ``read`` may be used to find out.
        """

    def handle_exit(self, _reason: int) -> bool:
        """Handle an exit that only this architecture has; return False for any other exit. Raises KvmError."""
        return False

    # --- state ---

    def _call(self, name: str, argument: ctypes.Structure | bytearray) -> None:
        control(self.fd, name, argument, f"cannot access the state of vCPU {self.index}")

    def current_ip(self) -> int | None:
        """Return the address of the instruction whose exit the calling thread dispatches; None on another thread.

        The exit stays pending: the registers are those in the middle of the instruction.
        """
        if self._owner != threading.get_ident():
            return None
        try:
            return self.unfinished_ip()
        except KvmError:
            return None

    def mp_state(self) -> int:
        """Return KVM_MP_STATE_*: running, halted, or waiting for a start-up IPI."""
        value = uapi_run.kvm_mp_state()
        self._call("KVM_GET_MP_STATE", value)
        return int(value.mp_state)

    def set_mp_state(self, state: int) -> None:
        """Set KVM_MP_STATE_*."""
        self._call("KVM_SET_MP_STATE", uapi_run.kvm_mp_state(mp_state=state))

    def close(self) -> None:
        """Unmap and close; the owner thread must have ended. May be called again."""
        with self._owner_lock:
            if self.fd < 0:
                return
            for view in (self.u64, self.u32, self.u8):
                view.release()
            self._map.close()
            os.close(self.fd)
            self.fd = -1
