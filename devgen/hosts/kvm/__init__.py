"""The KVM host: guests on /dev/kvm, devices in Python.

``KvmHost(machine).run()`` is all a caller needs; ``unavailable()`` says why KVM cannot be used here, or None. See
``host`` for the lock order, ``processor`` for the way of an exit, ``uapi`` for the kernel's structures.
"""

from devgen.hosts.kvm.kvm_error import KvmError
from devgen.hosts.kvm.kvm_host import KvmHost
from devgen.hosts.kvm.kvm_system import unavailable
from devgen.runtime.machine.run_result import RunResult

__all__ = ["KvmError", "KvmHost", "RunResult", "unavailable"]
