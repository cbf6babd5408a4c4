"""The type of pytest's fixture ``bench``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, overload

from devgen.hosts.bench.bench import Bench
from devgen.runtime.device.device import Device

if TYPE_CHECKING:
    from typing import TypeVar

    from devgen.hosts.bench.typed_registers import Described

    Regs = TypeVar("Regs")


class BenchMaker(Protocol):
    """Makes a bench as `devgen.Bench` does, and closes it after the test.

    With a class from the project's ``generated`` package and its stub, the type of ``bench.regs`` has the registers.
    """

    @overload
    def __call__(self, device: type[Described[Regs]], /, **options: Any) -> Bench[Regs]: ...

    @overload
    def __call__(self, device: str | type[Device], /, **options: Any) -> Bench: ...
