"""What `devgen run` says when a board or a guest is at fault: one line that tells what, never a traceback."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_kit import ACCELS, Command

GUEST = "guest: {image: g.bin, load: 0x7000}"
PL031 = "device: pl031, at: {registers: 0xfe001000}"
HPET = "device: hpet, at: {registers: 0xfed00000}"

# What stands in the board beside its name; the first line that the command prints, behind `b.yaml:`.
FAULTS = {
    "no image": (
        "guest: {image: no.bin, load: 0x7000}",
        "2:16: error[DG1012]: cannot read the guest's image no.bin: No such file or directory",
    ),
    "image is a folder": (
        "guest: {image: ., load: 0x7000}",
        "2:16: error[DG1012]: cannot read the guest's image .: it is a folder",
    ),
    "empty image": (
        "guest: {image: empty.bin, load: 0x7000}",
        "2:16: error[DG1012]: cannot read the guest's image empty.bin: it is empty",
    ),
    "image larger than the RAM": (
        "machine: {ram: 64 KiB}\nguest: {image: g.bin, load: 0xfff0}",
        "3:29: error[DG1013]: the image of 0x11 bytes at 0xfff0 does not fit into the RAM of 0x10000 bytes",
    ),
    "no guest": (
        "machine: {pci: true}",
        "1:1: error[DG1011]: the board has no guest to run",
    ),
    "overlapping devices": (
        GUEST + f"\ndevices: {{x: {{{PL031}}}, y: {{device: hpet, at: {{registers: 0xfe001400}}}}}}",
        "3:94: error[DG1009]: 'y' (region 'registers') at memory 0xfe001400..0xfe0017ff"
        " overlaps 'x' (region 'registers') at 0xfe001000..0xfe001fff",
    ),
    "device in the RAM": (
        GUEST + "\ndevices: {x: {device: pl031, at: {registers: 0x8000}}}",
        "3:46: error[DG1009]: 'x' (region 'registers') at memory 0x8000..0x8fff overlaps RAM at 0x0..0xfffff",
    ),
    "device at the PIT": (
        GUEST + "\ndevices: {x: {device: debugcon, at: {ports: 0x43}}}",
        "3:45: error[DG1009]: 'x' (region 'ports') at port 0x43..0x43"
        " overlaps the interval timer of `pit: kernel` at 0x40..0x43",
    ),
    "device at the local APIC": (
        GUEST + "\ndevices: {x: {device: hpet, at: {registers: 0xfee00000}}}",
        "3:45: error[DG1009]: 'x' (region 'registers') at memory 0xfee00000..0xfee003ff"
        " overlaps the local APIC of `irqchip: kernel` at 0xfee00000..0xfee00fff",
    ),
    "beyond the port space": (
        GUEST + "\ndevices: {x: {device: debugcon, at: {ports: 0x10000}}}",
        "3:45: error[DG1010]: 'x' (region 'ports') at port 0x10000..0x10000 is outside the port space",
    ),
    "no address": (
        GUEST + "\ndevices: {x: {device: pl031}}",
        "3:11: error[DG1006]: 'x' has no address for the region 'registers' of 'pl031'",
    ),
    "no such region": (
        GUEST + "\ndevices: {x: {device: pl031, at: {regs: 0xfe001000}}}",
        "3:35: error[DG1003]: 'pl031' has no region 'regs'",
    ),
    "no such property": (
        GUEST + f"\ndevices: {{x: {{{HPET}, properties: {{timer: 4}}}}}}",
        "3:71: error[DG1003]: 'hpet' has no property 'timer'",
    ),
    "property out of range": (
        GUEST + "\ndevices: {x: {device: sp804, at: {registers: 0xfe001000}, properties: {freq0: 0}}}",
        "3:79: error[DG1005]: property 'freq0' of 'sp804' cannot be 0: its range is 1 .. 4294967295",
    ),
    "property of another type": (
        GUEST + f"\ndevices: {{x: {{{HPET}, properties: {{timers: four}}}}}}",
        "3:79: error[DG1005]: property 'timers' of 'hpet' cannot be 'four': must be a number",
    ),
    "no such line": (
        GUEST + f"\ndevices: {{x: {{{PL031}, irq: {{int: 5}}}}}}",
        "3:65: error[DG1003]: 'pl031' has no interrupt 'int'",
    ),
    "no such input": (
        f"machine: {{pit: none}}\n{GUEST}\ndevices:\n"
        f"  hpet: {{{HPET}}}\n  pit: {{device: i8254, at: {{ports: 0x40}}, wires: {{irq: hpet.pti}}}}",
        "6:61: error[DG1003]: 'hpet' has no input 'pti'",
    ),
    "no such event": (
        GUEST + "\ndevices: {x: {device: pvpanic-isa, at: {port: 0x505}, on_event: {GUEST_PANICED: log}}}",
        "3:66: error[DG1003]: 'pvpanic-isa' has no event 'GUEST_PANICED'",
    ),
    "no such stream": (
        GUEST + "\ndevices: {x: {device: debugcon, at: {ports: 0xe9}, streams: {ou: stdio}}}",
        "3:62: error[DG1003]: 'debugcon' has no stream 'ou'",
    ),
    "a slot for what is no card": (
        f"machine: {{pci: true}}\n{GUEST}\ndevices: {{x: {{device: pl031, slot: 3}}}}",
        "4:30: error[DG1007]: 'slot' does not place 'x': 'pl031' is on bus sysbus and has no slot",
    ),
    "a card without a slot": (
        f"machine: {{pci: true}}\n{GUEST}\ndevices: {{x: {{device: xche}}}}",
        "4:11: error[DG1008]: 'x' is a PCI device and has no slot",
    ),
}

# What the board's file itself cannot say is told at its place.
MARKED = {
    "wire to no device": (
        "machine: {pit: none}\n"
        "devices: {pit: {device: i8254, at: {ports: 0x40}, wires: {irq: hpte.pit}}, hpet: {device: hpet}}",
        "b.yaml:3:64: error[DG0905]: 'irq' of 'pit' is wired to 'hpte', which is not on the board",
    ),
    "no such GSI": (
        f"devices: {{x: {{{PL031}, irq: {{intr: 24}}}}}}",
        "b.yaml:2:71: error[DG1023]: the machine has no interrupt 24: one of type pc has 0 to 23",
    ),
    "INTx to no GSI": (
        "machine: {pci: true, intx: [16, 17, 18, 24]}",
        "b.yaml:2:41: error[DG1023]: the machine has no interrupt 24: one of type pc has 0 to 23",
    ),
    "three INTx lines": (
        "machine: {pci: true, intx: [16, 17, 18]}",
        "b.yaml:2:28: error[DG0206]: 'intx' has 3 elements; at least 4 are allowed",
    ),
    "another's PIT": (
        "machine: {pit: mine}",
        "b.yaml:2:16: error[DG0204]: 'pit' cannot be 'mine'",
    ),
}


def write(folder: Path, text: str, image: bytes = b"\xf4" * 17) -> None:
    (folder / "g.bin").write_bytes(image)
    (folder / "empty.bin").touch()
    (folder / "b.yaml").write_text(f"board: b\n{text}\n")


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_told_in_one_line(devgen: Command, tmp_path: Path, fault: str) -> None:
    text, line = FAULTS[fault]
    write(tmp_path, text)
    done = devgen("run", "b.yaml", "--accel", "emulator")
    said = done.err.splitlines()
    assert (done.code, said[0], said[-1]) == (1, f"b.yaml:{line}", "devgen: b.yaml: the board has errors")


@pytest.mark.parametrize("fault", ["no image", "overlapping devices", "no such property"])
def test_check_says_what_run_says(devgen: Command, tmp_path: Path, fault: str) -> None:
    write(tmp_path, FAULTS[fault][0])
    told = devgen("run", "b.yaml").err.splitlines()[:-1]
    assert devgen("check", "b.yaml").out.splitlines()[:-2] == told


def test_a_device_run_as_a_board_is_one_line(devgen: Command, tmp_path: Path) -> None:
    (tmp_path / "d.yaml").write_text("device: d\nbus: sysbus\n")
    done = devgen("run", "d.yaml")
    line = "devgen: d.yaml: this is the description of the device 'd', not a board; name a board that places it\n"
    assert (done.code, done.err) == (1, line)


def test_a_board_built_as_a_device_is_one_line(devgen: Command, tmp_path: Path) -> None:
    write(tmp_path, GUEST)
    done = devgen("build", "b.yaml", "-o", "out")
    line = "devgen: b.yaml: a board is run, not built: build the devices that it places, then `devgen run` it\n"
    assert (done.code, done.err) == (1, line)


def test_an_unknown_device_is_told_with_the_places_that_were_searched(devgen: Command, tmp_path: Path) -> None:
    write(tmp_path, GUEST + "\ndevices: {x: {device: pl032, at: {registers: 0xfe001000}}}")
    done = devgen("run", "b.yaml", "--accel", "emulator")
    said = done.err.splitlines()
    assert (done.code, said[0]) == (1, "b.yaml:3:23: error[DG1001]: unknown device 'pl032'")
    assert said[3:-1] == [
        "    help: did you mean 'pl031'? looked in the catalogue only: "
        f"no built project (a folder with generated/) in {tmp_path} or above it"
    ]


@pytest.mark.parametrize("fault", MARKED)
def test_a_fault_of_the_file_is_told_at_its_place(devgen: Command, tmp_path: Path, fault: str) -> None:
    text, line = MARKED[fault]
    write(tmp_path, f"{text}\n{GUEST}")
    done = devgen("run", "b.yaml", "--accel", "emulator")
    said = done.err.splitlines()
    assert (done.code, said[0], said[-1]) == (1, line, "devgen: b.yaml: the board has errors")


# How a guest that does not end by itself ends the run: its code, its mode, the line on the emulator and on KVM.
ENDS = {
    "halted with interrupts off": (b"\xf4", "real", "halt: halted with interrupts disabled at 0x0:0x7001"),
    "undefined instruction, no IDT": (b"\x0f\x0b", "protected", "shutdown: triple fault"),
    "undefined instruction in long mode": (b"\x0f\x0b", "long", "shutdown: triple fault"),
}


@pytest.mark.parametrize("accel", ACCELS)
@pytest.mark.parametrize("end", ENDS)
def test_a_guest_that_goes_nowhere_ends_the_run(devgen: Command, tmp_path: Path, end: str, accel: str) -> None:
    image, mode, line = ENDS[end]
    write(tmp_path, f"guest: {{image: g.bin, load: 0x7000, mode: {mode}}}", image)
    done = devgen("run", "b.yaml", "--accel", accel, "--timeout", 20)
    said = done.err.splitlines()
    assert (done.code, len(said)) == (1, 2)
    assert said[1].startswith(f"devgen: {line}")


@pytest.mark.parametrize("accel", ACCELS)
def test_a_halt_without_controllers_ends_the_run(devgen: Command, tmp_path: Path, accel: str) -> None:
    write(tmp_path, f"machine: {{irqchip: none}}\n{GUEST}")
    done = devgen("run", "b.yaml", "--accel", accel, "--timeout", 20)
    assert done.code == 1
    assert done.err.splitlines()[1].endswith("without interrupt controllers nothing can wake it")


@pytest.mark.parametrize("accel", ACCELS)
def test_a_halt_lasts_while_a_timer_may_end_the_run(devgen: Command, tmp_path: Path, accel: str) -> None:
    """The guest sets the alarm of a PL031 that nothing listens to, and sleeps with interrupts off."""
    write(
        tmp_path,
        f"guest: {{image: g.bin, load: 0x7000, mode: protected}}\ndevices: {{x: {{{PL031}}}}}",
        # mov 0xfe001000, %eax; inc %eax; inc %eax; mov %eax, 0xfe001004; hlt
        bytes.fromhex("a1001000fe 40 40 a3041000fe f4"),
    )
    done = devgen("run", "b.yaml", "--accel", accel, "--timeout", 20)
    assert done.err.splitlines()[1] == "devgen: halt: halted with interrupts disabled at 0x8:0x700d"


@pytest.mark.parametrize("action", ["exit", "log", None])
def test_what_a_board_does_at_an_event(devgen: Command, tmp_path: Path, action: str | None) -> None:
    on_event = f", on_event: {{EXIT: {action}}}" if action else ""
    write(
        tmp_path,
        f"{GUEST}\ndevices: {{x: {{device: debug-exit, at: {{ports: 0xf4}}{on_event}}}}}",
        b"\xb0\x03\xe6\xf4\xf4",  # mov $3, %al; out %al, $0xf4; hlt
    )
    done = devgen("run", "b.yaml", "--accel", "emulator", "--timeout", 20)
    halted = "devgen: halt: halted with interrupts disabled at 0x0:0x7005"
    said = {"exit": ["devgen: exit code 3"], "log": ["x: EXIT code=0x3", halted], None: [halted]}
    assert (done.code, done.err.splitlines()[1:]) == (1, said[action])


EXITS = f"{GUEST}\ndevices: {{x: {{device: debug-exit, at: {{ports: 0xf4}}, on_event: {{EXIT: exit}}}}}}"
WRITES_3_AND_HALTS = b"\xb0\x03\xe6\xf4\xf4"


def test_the_command_line_says_what_happens_at_an_event(devgen: Command, tmp_path: Path) -> None:
    write(tmp_path, EXITS, WRITES_3_AND_HALTS)
    action = f"x.EXIT=run:echo $DEVGEN_DEVICE $DEVGEN_VALUE_code >{tmp_path / 'out'}"
    done = devgen("run", "b.yaml", "--accel", "emulator", "--timeout", 20, "--on-event", action)
    assert done.err.splitlines()[1:] == ["devgen: halt: halted with interrupts disabled at 0x0:0x7005"]
    assert (tmp_path / "out").read_text() == "x 3\n"


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("x.EXIT", "--on-event x.EXIT: write DEVICE.EVENT=ACTION"),
        ("EXIT=log", "--on-event 'EXIT' is not of the form DEVICE.EVENT"),
        ("y.EXIT=log", "--on-event y.EXIT: the board has no device 'y'"),
        ("x.EXTI=log", "x: no event 'EXTI' (did you mean 'EXIT'?)"),
        ("x.EXIT=lgo", "x: event 'EXIT': unknown action 'lgo' (did you mean 'log'?)"),
        ("x.EXIT=qmp:sock", "x: event 'EXIT': 'qmp:sock': write qmp:SOCKET:COMMAND"),
    ],
)
def test_a_wrong_action_is_told_in_a_line(devgen: Command, tmp_path: Path, word: str, said: str) -> None:
    write(tmp_path, EXITS, WRITES_3_AND_HALTS)
    done = devgen("run", "b.yaml", "--accel", "emulator", "--timeout", 20, "--on-event", word)
    assert (done.code, said in done.err) == (1, True), done.err


def test_a_board_file_runs_no_commands(devgen: Command, tmp_path: Path) -> None:
    """A board may come from anywhere; commands come from the command line only."""
    write(tmp_path, EXITS.replace("EXIT: exit", f"EXIT: 'run:touch {tmp_path}/ran'"), WRITES_3_AND_HALTS)
    done = devgen("run", "b.yaml", "--accel", "emulator", "--timeout", 20)
    assert (done.code, (tmp_path / "ran").exists()) == (1, False)
    assert "on_event" in done.err, done.err


@pytest.mark.parametrize("seconds", ["nan", "inf", "1e400", "0", "-1", "soon"])
def test_a_timeout_that_no_clock_can_wait_for_is_a_usage_error(devgen: Command, seconds: str) -> None:
    assert devgen("run", "pl031-alarm", "--timeout", seconds).code == 2
