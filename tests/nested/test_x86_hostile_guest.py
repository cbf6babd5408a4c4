"""A guest that writes garbage over all devices that no driver uses: the host goes on, and so do the other devices."""

from __future__ import annotations

from collections.abc import Iterator

import parts
import pytest
from kvm_linux import PM, KvmLinux

from devgen import DevicePlacement

LOG = "log"
DEVICES = (
    DevicePlacement("vda", "virtio-blk-pci", slot=4),
    DevicePlacement("disk", "nvme", slot=3),
    DevicePlacement("rng", "virtio-rng-pci", slot=5, streams={"entropy": "random"}),
    DevicePlacement("hvc", "virtio-console-pci", slot=6, streams={"serial": "memory"}),
    DevicePlacement("gpio", "pci-idio-16", slot=7),
    DevicePlacement("dog", "i6300esb", slot=8, on_event={"WATCHDOG": LOG}),
    DevicePlacement("edu", "edu", slot=9),
    DevicePlacement("engine", "dma-engine", slot=10),
    DevicePlacement("panic", "pvpanic-pci", slot=11),
    DevicePlacement("com2", "serial16550", at={"ports": 0x2F8}, irq={"intr": 3}, streams={"serial": "null"}),
    DevicePlacement("rtc", "mc146818rtc", at={"ports": 0x70}, irq={"irq": 8}),
    DevicePlacement("hpet", "hpet", at={"registers": 0xFED00000}, irq={"irq[0]": 0}),
)

# Devices without a driver decode their BARs and are no bus masters, so that their DMA does not reach the guest's own
# memory. Bits of the command register stay as they are; the BARs of `edu` move.
PLACES = """
for card in /sys/bus/pci/devices/*; do
    test -e $card/driver && continue
    echo 1 >$card/enable 2>/dev/null || continue
    while read -r first last flags; do
        test $((flags & 0x100)) != 0 && echo port,$first,$((last - first + 1))
        test $((flags & 0x200)) != 0 && echo mem,$first,$((last - first + 1))
    done <$card/resource
    echo config,$card/config,0x3c,0xff
done >/tmp/places
echo config,/sys/bus/pci/devices/0000:00:09.0/config,0x10,0x27 >>/tmp/places
echo port,0x2f8,8 port,0x70,2 mem,0xfed00000,0x400 >>/tmp/places
cat /tmp/places
"""
SECONDS = 6


@pytest.fixture(scope="module")
def guest(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KvmLinux]:
    program = parts.find(tmp_path_factory.mktemp("parts")).program("scribble")
    with KvmLinux(
        tmp_path_factory.mktemp("hostile"),
        (*DEVICES, PM),
        cpus=2,
        modules=("virtio_blk",),
        files={"/scribble": program},
        append="iomem=relaxed",
    ) as guest:
        yield guest


def test_the_disk_and_the_console_work_beside_garbage(guest: KvmLinux) -> None:
    places = guest.sh(PLACES).split()
    assert {place.partition(",")[0] for place in places} == {"mem", "port", "config"}
    script = f"""
dd if=/dev/urandom of=/tmp/data bs=4k count=16 2>/dev/null
for seed in 1 2; do taskset -c $((seed - 1)) /scribble {SECONDS} $seed $(cat /tmp/places) >/tmp/done$seed & done
for round in 1 2 3; do
    dd if=/tmp/data of=/dev/vda bs=4k seek=$round 2>/dev/null; sync
    echo 3 >/proc/sys/vm/drop_caches
    dd if=/dev/vda bs=4k skip=$round count=16 2>/dev/null | cmp - /tmp/data && echo same
    sleep 1
done
wait
cat /tmp/done1 /tmp/done2
"""
    *rounds, first, second = guest.sh(script, 120).split()
    assert rounds == ["same"] * 3
    assert min(int(first), int(second)) > 50
    assert guest.sh("echo here") == "here"


def test_a_reset_makes_the_devices_usable_again(guest: KvmLinux) -> None:
    guest.send("reboot -f")
    guest.wait_until_ready()
    assert guest.sh("cat /sys/bus/pci/devices/0000:00:09.0/vendor; ls /sys/class/rtc") == "0x1234\nrtc0"
