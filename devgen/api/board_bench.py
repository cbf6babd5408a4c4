"""A bench of a whole board, from its file."""

from __future__ import annotations

from collections.abc import Callable

from devgen.api.board_configuration import AnyBoard, board_configuration
from devgen.hosts.bench.machine_bench import MachineBench
from devgen.runtime.machine.device_registry import Registry
from devgen.runtime.machine.project_devices import project_registry


class BoardBench(MachineBench):
    """All devices of a board on a clock that the test moves, without a processor.

    ```python
    with devgen.BoardBench("devices/devgen.chip.board.yaml") as chip:
        chip.write32(0x4000_1000, 1)            # an absolute address
        chip["TIMER0"].regs.CTRL.ENABLE = 1     # a register by name
        chip.advance("1 ms")
        assert chip.irq(8) == 1                 # an interrupt by its number
    ```

    ``board``: a file, the name of a board that comes with devgen, a loaded board, or a `MachineConfig`. ``rtc``:
    seconds since 1970 at time 0. ``registry``: where devices are looked up; by default the project at or above the
    current folder. ``log`` is called with log lines about accesses without an effect. The board's guest, streams, media
    and reactions to events are left out.

    Raises:
        FileError: there is no such board.
        DescriptionError: the board's file has errors.
        RuntimeFault: a device is unknown or not built, or the devices do not fit together.
    """

    def __init__(
        self,
        board: AnyBoard,
        *,
        rtc: int = 0,
        registry: Registry | None = None,
        log: Callable[[str], None] | None = None,
    ) -> None:
        config = board_configuration(board, registry, other_guest=True)
        super().__init__(config, registry or project_registry(), rtc=rtc, log=log)
