"""A property `devgen` that was changed by hand takes effect, or gives one error with its place.

For keys that SystemRDL says too, see test_hand_edits.py.
"""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import pytest

from devgen import FileError, Outcome, check_files, import_registers, load_device
from devgen.exchange.rdl_export.array_runs import KEY as OUTER
from devgen.exchange.rdl_export.rdl_order import KEY as ORDER

DECLARATION = "property devgen { component = addrmap | regfile | reg | field | mem; type = string; };\n"
HEAD = "device: x\nbus: sysbus\nregion: r\nregions: {r: {space: mmio, size: 8}}"


def imported(folder: Path, device: str, register: str = "", field: str = "") -> Path:
    texts = {name: f'devgen = "{text}"; ' if text else "" for name, text in (("reg", register), ("field", field))}
    body = f"reg {{ {texts['reg']}field {{ {texts['field']}}} A[7:0] = 0; }} X @ 0;"
    source = folder / "t.rdl"
    source.write_text(f'{DECLARATION}addrmap t {{\ndevgen = "{device}";\n{body}\n}};\n', encoding="utf-8")
    import_registers(source, folder / "devices")
    return folder / "devices" / "x.yaml"


def test_a_changed_key_takes_effect(tmp_path: Path) -> None:
    path = imported(tmp_path, HEAD.replace("size: 8", "size: 64"), "protection: secure", "volatile: true")
    (region,) = load_device(path).view.regions
    assert (region.size, region.registers[0].protection) == (64, "secure")
    assert region.registers[0].fields[0].volatile


BOMB = "a: &a [1,1,1,1,1,1,1,1,1,1]\n" + "".join(
    f"{name}: &{name} [{','.join(['*' + inner] * 10)}]\n" for inner, name in pairwise("abcdefg")
)

DAMAGED = {
    "no YAML": (("device: [x",), "t.rdl:3: the property 'devgen' of t: not YAML: a comma or ] is missing"),
    "a list": (("- a",), "t.rdl:3: the property 'devgen' of t: a description must be a mapping"),
    "a key twice": (("device: x\ndevice: y",), "t.rdl:4: the property 'devgen' of t: the key 'device' appears twice"),
    "a path as name": (("device: ../x",), "t.rdl:3: the property 'devgen' of t: 'device' needs a name"),
    "no regions": (("device: x\nregions: 5",), "'regions' needs a mapping"),
    "no region": (("device: x\nregion: r\nregions: {r: 5}",), "'r' needs a mapping"),
    "no order": (("device: x\norder: 7",), "'order' needs a list of names"),
    "an include": (("device: x\ninclude: [/etc/passwd]",), "'include' has no meaning here"),
    "no fields": ((HEAD, "fields: 3"), "t.rdl:7: the property 'devgen' of X: 'fields' needs a mapping"),
    "a list at a field": ((HEAD, "", "- 1"), "t.rdl:7: the property 'devgen' of A: a description must be a mapping"),
    "a bomb": ((BOMB,), "aliases expand to more than"),
}


@pytest.mark.parametrize(("texts", "message"), DAMAGED.values(), ids=DAMAGED.keys())
def test_a_damaged_property_is_one_error_with_its_place(texts: tuple[str, ...], message: str, tmp_path: Path) -> None:
    with pytest.raises(FileError) as caught:
        imported(tmp_path, *texts)
    assert message in str(caught.value)
    assert not (tmp_path / "devices").exists()


@pytest.mark.parametrize("text", ["access: null", "access: [1]", "width: {a: 1}", "at: -1", "unheard: 1"])
def test_a_wrong_value_is_found_by_the_check(text: str, tmp_path: Path) -> None:
    path = imported(tmp_path, HEAD, text)
    assert [found.severity for found in check_files([path])] == ["error"]


def test_a_property_without_a_device_is_reported(tmp_path: Path) -> None:
    source = tmp_path / "t.rdl"
    body = 'addrmap t { reg { devgen = "on_write: s = 1"; field {} A[7:0] = 0; } X @ 0; };'
    source.write_text(DECLARATION + body, encoding="utf-8")
    (report,) = import_registers(source, None)
    assert [(found.outcome, found.part) for found in report.findings] == [(Outcome.LEFT_OUT, "t.X")]


def test_a_property_of_another_type_is_somebody_elses(tmp_path: Path) -> None:
    source = tmp_path / "t.rdl"
    source.write_text(
        "property devgen { component = addrmap; type = number; };\n"
        "addrmap t { devgen = 5; reg { field {} A[7:0] = 0; } X @ 0; };",
        encoding="utf-8",
    )
    assert import_registers(source, None)[0].devices == ("t-t",)


def test_the_propertys_own_keys_are_no_keys_of_the_language() -> None:
    schema = json.loads((Path(__file__).parents[3] / "schemas" / "device.schema.json").read_text())
    parts = [schema, *schema["$defs"].values()]
    keys = {key for part in parts for key in part.get("properties", ())}
    assert keys & {ORDER, OUTER, "region"} == {"region"}
    # `region` is a key of a window only, never of a device or a region
    assert "region" not in {*schema["properties"], *schema["$defs"]["region"]["properties"]}
