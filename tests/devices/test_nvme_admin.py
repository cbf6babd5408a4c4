"""The NVMe controller's admin commands: what it says of itself, events, features, log pages."""

from __future__ import annotations

import struct
from collections.abc import Callable

import pytest
from nvme_driver import (
    ABORT,
    CC,
    DATA,
    EVENT_REQUEST,
    GET_FEATURES,
    GET_LOG_PAGE,
    IDENTIFY,
    INVALID_FIELD,
    INVALID_LOG_PAGE,
    INVALID_NAMESPACE,
    INVALID_OPCODE,
    NOT_OF_A_NAMESPACE,
    NOT_SAVEABLE,
    PAGE,
    READ,
    SEQUENCE_ERROR,
    SET_FEATURES,
    TOO_MANY_EVENT_REQUESTS,
    WRITE,
    Driver,
    started,
)

from devgen.hosts.bench import Bench

MakeBench = Callable[..., Bench]


@pytest.fixture
def driver(bench: MakeBench) -> Driver:
    """A driver with a controller that is enabled and has an I/O queue."""
    return started(bench("nvme", blocks=1024, serial="A1"))


# --- Identify ------------------------------------------------------------------------------


def test_it_identifies_itself(driver: Driver) -> None:
    data = driver.identify(1)
    assert struct.unpack_from("<HH", data) == (0x1B36, 0x1AF4)
    assert data[4:72] == b"A1".ljust(20) + b"devgen NVMe".ljust(40) + b"1.0".ljust(8)
    assert (data[77], struct.unpack_from("<I", data, 80)[0], data[111]) == (5, 0x10400, 1)
    assert (data[512], data[513], struct.unpack_from("<I", data, 516)[0]) == (0x66, 0x44, 1)
    assert data[768:1024].rstrip(b"\0") == b"nqn.2014-08.org.nvmexpress:devgen:A1"


def test_it_describes_its_namespace(driver: Driver) -> None:
    data = driver.identify(0, nsid=1)
    assert struct.unpack_from("<3Q", data) == (1024, 1024, 1024)
    assert data[120:128] == bytes.fromhex("525400fffe123456")
    assert struct.unpack_from("<I", data, 128)[0] == 9 << 16


def test_it_lists_its_namespace_and_what_identifies_it(driver: Driver) -> None:
    assert driver.identify(2, nsid=0) == b"\1".ljust(PAGE, b"\0")
    assert driver.identify(2, nsid=1) == bytes(PAGE)
    assert driver.identify(3, nsid=1) == bytes.fromhex("01080000525400fffe123456").ljust(PAGE, b"\0")


@pytest.mark.parametrize(
    ("what", "nsid", "status"),
    [(0, 0, INVALID_NAMESPACE), (0, 2, INVALID_NAMESPACE), (0, 0xFFFFFFFF, INVALID_NAMESPACE),
     (2, 0xFFFFFFFE, INVALID_NAMESPACE), (3, 2, INVALID_NAMESPACE), (0x10, 0, INVALID_FIELD), (6, 0, INVALID_FIELD)],
)  # fmt: skip
def test_there_is_nothing_else_to_identify(driver: Driver, what: int, nsid: int, status: int) -> None:
    assert driver.admin(IDENTIFY, nsid=nsid, prp1=DATA, cdw10=what).status == status


def test_an_answer_may_lie_across_two_pages(driver: Driver) -> None:
    whole = driver.identify(1)
    fields = {"prp1": DATA + 0x800, "prp2": DATA + 0x4000}
    assert driver.admin(IDENTIFY, cdw10=1, **fields).status == 0
    assert driver.bench.load(DATA + 0x800, 0x800) + driver.bench.load(DATA + 0x4000, 0x800) == whole


# --- events --------------------------------------------------------------------------------


def test_an_event_waits_for_a_request_and_is_told_once_until_its_log_is_read(driver: Driver) -> None:
    def misuse() -> None:
        driver.bench.write32(0xFF8, 0, "bells")
        driver.bench.advance(0)

    admin = driver.queues[0]
    misuse()
    first, second = driver.put(admin, EVENT_REQUEST), driver.put(admin, EVENT_REQUEST)
    driver.ring(admin)
    assert driver.take(admin).identifier == first
    misuse()
    assert driver.peek(admin) is None
    driver.log_page(1, 64, cdw12=0)
    misuse()
    assert driver.take(admin).identifier == second


def test_reading_a_log_may_leave_the_event_told(driver: Driver) -> None:
    admin = driver.queues[0]
    driver.put(admin, EVENT_REQUEST)
    driver.put(admin, EVENT_REQUEST)
    driver.ring(admin)
    driver.bench.write32(0xFF8, 0, "bells")
    driver.bench.advance(0)
    driver.take(admin)
    assert driver.admin(GET_LOG_PAGE, prp1=DATA, cdw10=15 << 16 | 1 << 15 | 1).status == 0
    driver.bench.write32(0xFF8, 0, "bells")
    driver.bench.advance(0)
    assert driver.peek(admin) is None


def test_there_are_four_requests_for_events_at_most(driver: Driver) -> None:
    admin = driver.queues[0]
    for _ in range(4):
        driver.put(admin, EVENT_REQUEST)
    driver.ring(admin)
    assert driver.admin(EVENT_REQUEST).status == TOO_MANY_EVENT_REQUESTS


def test_a_temperature_beyond_its_threshold_is_an_event_if_that_is_wanted(driver: Driver) -> None:
    admin = driver.queues[0]
    driver.put(admin, EVENT_REQUEST)
    driver.ring(admin)
    assert driver.admin(SET_FEATURES, cdw10=0xB, cdw11=2).status == 0
    assert driver.log_page(2, 512)[0] == 0
    driver.put(admin, SET_FEATURES, cdw10=4, cdw11=300)
    driver.ring(admin)
    assert driver.take(admin).result == 0
    assert driver.take(admin).result == 2 << 16 | 1 << 8 | 1
    assert driver.log_page(2, 512)[:3] == b"\2" + (310).to_bytes(2, "little")


# --- features and logs ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("feature", "default", "new", "then"),
    [(1, 0, 0x01020304, 0x01020304), (5, 0, 0x12345, 0x2345), (6, 1, 0, 0), (8, 0, 0x1234, 0x1234), (0xA, 0, 1, 1),
     (0xB, 0, 0xFFFF, 0xFF), (2, 0, 0, 0), (7, 0x60006, 0x10001, 0x60006), (4, 343, 400, 400)],
)  # fmt: skip
def test_features_can_be_set_until_the_controller_is_disabled(
    bench: MakeBench, feature: int, default: int, new: int, then: int
) -> None:
    driver = Driver(bench("nvme"))
    for _ in range(2):
        driver.enable()
        assert driver.admin(GET_FEATURES, cdw10=feature).result == default
        assert driver.admin(SET_FEATURES, cdw10=feature, cdw11=new).status == 0
        assert driver.admin(GET_FEATURES, cdw10=feature).result == then
        driver.bench.write32(CC, 0)


def test_a_vector_and_a_threshold_have_features_of_their_own(driver: Driver) -> None:
    assert driver.admin(SET_FEATURES, cdw10=9, cdw11=0x10003).status == 0
    assert [driver.admin(GET_FEATURES, cdw10=9, cdw11=n).result for n in (2, 3)] == [2, 0x10003]
    assert driver.admin(SET_FEATURES, cdw10=4, cdw11=1 << 20 | 200).status == 0
    assert [driver.admin(GET_FEATURES, cdw10=4, cdw11=n << 20).result for n in (0, 1)] == [343, 200]


@pytest.mark.parametrize(
    ("opcode", "cdw10", "cdw11", "status"),
    [(GET_FEATURES, 0, 0, INVALID_FIELD), (GET_FEATURES, 3, 0, INVALID_FIELD), (GET_FEATURES, 0xC, 0, INVALID_FIELD),
     (GET_FEATURES, 0x101, 0, INVALID_FIELD), (GET_FEATURES, 4, 0x10000, INVALID_FIELD),
     (GET_FEATURES, 9, 8, INVALID_FIELD), (SET_FEATURES, 0, 0, INVALID_FIELD), (SET_FEATURES, 0xC, 0, INVALID_FIELD),
     (SET_FEATURES, 2, 1, INVALID_FIELD), (SET_FEATURES, 7, 0xFFFF, INVALID_FIELD),
     (SET_FEATURES, 9, 8, INVALID_FIELD), (SET_FEATURES, 4, 2 << 20, INVALID_FIELD),
     (SET_FEATURES, 7, 0x10001, SEQUENCE_ERROR), (SET_FEATURES, 0x80000001, 0, NOT_SAVEABLE)],
)  # fmt: skip
def test_features_that_are_not_there_are_refused(
    driver: Driver, opcode: int, cdw10: int, cdw11: int, status: int
) -> None:
    assert driver.admin(opcode, cdw10=cdw10, cdw11=cdw11).status == status


def test_features_are_the_controllers_not_a_namespaces(driver: Driver) -> None:
    assert driver.admin(SET_FEATURES, nsid=1, cdw10=1).status == NOT_OF_A_NAMESPACE
    assert driver.admin(SET_FEATURES, nsid=0xFFFFFFFF, cdw10=1).status == 0


def test_the_smart_log_counts(driver: Driver) -> None:
    for _ in range(5):
        assert driver.transfer(WRITE, 0, 256) == 0
    assert driver.transfer(READ, 0, 1) == 0
    log = driver.log_page(2, 512)
    assert struct.unpack_from("<Q8xQ8xQ8xQ", log, 32) == (1, 2, 1, 5)


def test_the_firmware_log_names_one_slot(driver: Driver) -> None:
    assert driver.log_page(3, 64)[:16] == b"\1" + bytes(7) + b"1.0".ljust(8)


def test_a_log_page_can_be_read_from_an_offset_and_past_its_end(driver: Driver) -> None:
    driver.bench.store(DATA, b"\xee" * PAGE)
    log = driver.log_page(2, 4096)
    assert log[512:] == b"\xee" * (PAGE - 512)
    assert driver.log_page(2, 4, cdw12=508) == log[508:512]
    assert driver.log_page(2, 16, cdw12=0)[:16] == log[:16]


@pytest.mark.parametrize(
    ("fields", "status"),
    [({"cdw10": 0}, INVALID_LOG_PAGE), ({"cdw10": 4}, INVALID_LOG_PAGE), ({"cdw10": 1, "cdw12": 2}, INVALID_FIELD),
     ({"cdw10": 1, "cdw12": 516}, INVALID_FIELD), ({"cdw10": 1, "cdw13": 1}, INVALID_FIELD),
     ({"cdw10": 2, "nsid": 1}, INVALID_FIELD)],
)  # fmt: skip
def test_log_pages_that_are_not_there_are_refused(driver: Driver, fields: dict[str, int], status: int) -> None:
    assert driver.admin(GET_LOG_PAGE, prp1=DATA, **fields).status == status


def test_an_abort_comes_too_late(driver: Driver) -> None:
    found = driver.admin(ABORT, cdw10=1)
    assert (found.status, found.result) == (0, 1)


@pytest.mark.parametrize("opcode", [3, 0x0D, 0x10, 0x18, 0x80, 0xFF])
def test_unknown_admin_commands_are_refused(driver: Driver, opcode: int) -> None:
    assert driver.admin(opcode).status == INVALID_OPCODE


@pytest.mark.parametrize("flags", [0x01, 0x40, 0x80])
def test_fused_commands_and_sgls_are_refused(driver: Driver, flags: int) -> None:
    assert driver.admin(IDENTIFY, cdw10=1, prp1=DATA, flags=flags).status == INVALID_FIELD
    assert driver.access(READ, 0, 1, flags=flags) == INVALID_FIELD
