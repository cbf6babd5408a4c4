"""Arrays of a source: in clusters, in several dimensions, with names of elements."""

from __future__ import annotations

from pathlib import Path

import pytest
from svd_text import peripheral, register, svd

from devgen import Bench, build_devices, check_files, import_registers, load_device, project_registry
from devgen.language.view import DeviceView


@pytest.fixture
def imported(tmp_path: Path):
    def reader(text: str, suffix: str) -> DeviceView:
        source = tmp_path / f"acme{suffix}"
        source.write_text(text, encoding="utf-8")
        import_registers(source, tmp_path / "devices")
        assert [str(fault) for fault in check_files([tmp_path / "devices"]) if fault.is_error] == []
        (device,) = (path for path in (tmp_path / "devices").iterdir() if not path.stem.endswith(".registers"))
        return load_device(device).view

    return reader


def dim(count: int, stride: int, index: str = "") -> str:
    return f"<dim>{count}</dim><dimIncrement>{stride}</dimIncrement>" + (
        f"<dimIndex>{index}</dimIndex>" if index else ""
    )


def cluster(name: str, offset: int, inner: str, more: str) -> str:
    return f"<cluster><name>{name}</name><addressOffset>{offset:#x}</addressOffset>{more}{inner}</cluster>"


def test_an_array_in_a_cluster_in_a_cluster_keeps_its_dimensions(imported, tmp_path: Path) -> None:
    inner = cluster("Q[%s]", 0x10, register("R[%s]", 4, dim(2, 4) + "<resetValue>7</resetValue>"), dim(3, 0x10))
    view = imported(svd(peripheral("P", cluster("CH[%s]", 0x100, inner, dim(2, 0x80)))), ".svd")
    (found,) = view.registers
    assert (found.path, [each.count.greatest for each in found.dimensions]) == ("CH.Q.R", [2, 3, 2])
    build_devices([tmp_path / "devices"], tmp_path / "generated")
    bench = Bench("acme1-p", registry=project_registry(tmp_path))
    assert bench.read32(0x100 + 0x80 + 0x10 + 2 * 0x10 + 4 + 4) == 7


@pytest.mark.parametrize(
    ("name", "index", "names"),
    [
        ("CH%s", "A,B", {"CH": ("A", "B")}),
        ("CH_%s", "1-2", {"CH": ("1", "2")}),
        ("CH%s", "", {"CH": ()}),
        ("CH%s_X", "A,B", {"CHA_X": (), "CHB_X": ()}),
    ],
)
def test_an_index_at_the_end_of_a_name_names_the_elements(imported, name: str, index: str, names: dict) -> None:
    view = imported(svd(peripheral("P", register(name, 0, dim(2, 4, index)))), ".svd")
    assert {each.name: each.dimensions[0].names if each.dimensions else () for each in view.registers} == names


def test_an_array_of_two_dimensions_comes_over_from_systemrdl(imported) -> None:
    view = imported("addrmap a { reg { field { sw = rw; hw = r; } V[31:0] = 1; } R[2][3] @ 0 += 4; };", ".rdl")
    (found,) = view.registers
    assert [(each.count.greatest, each.stride) for each in found.dimensions] == [(2, 12), (3, 4)]
