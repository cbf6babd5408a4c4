"""A PCI card written by hand, behind QEMU: it computes the CRC-32 of guest memory and interrupts when it has it.

    python crc_card.py crc.sock

Registers of BAR 0: 0x00 address (64 bits); 0x08 length, writing it starts; 0x0c the CRC; writing 0x10 lowers INTA#.
"""

import sys
import zlib

from devgen import Bar, DeviceServer, FunctionHost, PciConfig, PciIdentity


class CrcCard:
    name = "crc-card"
    bars = (Bar(0, "mem32", 0x1000),)

    def __init__(self) -> None:
        self.config = PciConfig(PciIdentity(0x1B36, 0x00F8, class_code=0x120000, interrupt_pin=1), self.bars)
        self.read_config, self.write_config = self.config.read, self.config.write
        self.registers = bytearray(0x1000)

    def connect(self, host: FunctionHost) -> None:
        self.host = host

    def reset(self) -> None:
        self.config.reset()
        self.registers[:] = bytes(0x1000)
        self.host.set_intx(0)

    def read(self, _bar: object, offset: int, size: int) -> int:
        return int.from_bytes(self.registers[offset : offset + size], "little")

    def write(self, _bar: object, offset: int, value: int, size: int) -> None:
        self.registers[offset : offset + size] = value.to_bytes(size, "little")
        if offset == 0x08:
            data = self.host.read_memory(int.from_bytes(self.registers[:8], "little"), min(value, 1 << 20))
            self.registers[0x0C:0x10] = zlib.crc32(data).to_bytes(4, "little")
        self.host.set_intx(offset == 0x08)


if __name__ == "__main__":
    with DeviceServer(CrcCard(), sys.argv[1]) as server:
        server.run()
