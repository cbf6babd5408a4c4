"""The KVM host: guests on /dev/kvm, devices in Python.

``KvmHost(machine).run()`` is all a caller needs; ``unavailable()`` says why KVM cannot be used here, or None. See
``host`` for the lock order, ``processor`` for the way of an exit, ``uapi`` for the kernel's structures.
"""

from devgen.runtime.kvm.error import KvmError
from devgen.runtime.kvm.host import KvmHost
from devgen.runtime.kvm.system import unavailable
from devgen.runtime.run import RunResult

__all__ = ["KvmError", "KvmHost", "RunResult", "unavailable"]
