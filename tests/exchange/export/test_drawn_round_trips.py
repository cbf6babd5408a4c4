"""Both round trips with descriptions and SystemRDL drawn at random."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from drawn_rdl import address_maps
from drawn_registers import Spec, devices
from elaborated_tree import compiled, registers, texts
from generated_descriptions import Drawn, descriptions
from hypothesis import HealthCheck, Phase, assume, given, settings
from round_trip import model, there_and_back

from devgen import DescriptionError, Outcome, export_devices, import_registers, load_device
from devgen.exchange.yaml_text import yaml_text

RANDOM = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # an example takes too long to be made smaller
)


@pytest.mark.slow
@RANDOM
@given(devices())
def test_a_drawn_description_comes_back(tree: Spec) -> None:
    with TemporaryDirectory() as folder:
        source = Path(folder) / "drawn.yaml"
        source.write_text(yaml_text(tree), encoding="utf-8")
        assume(_is_valid(source))
        assert model(there_and_back(source, Path(folder))) == model(source)


def _is_valid(path: Path) -> bool:
    try:
        load_device(path)
    except DescriptionError:
        return False
    return True


@settings(RANDOM, max_examples=10)
@given(descriptions())
def test_a_drawn_card_with_timers_and_streams_comes_back(card: Drawn) -> None:
    with TemporaryDirectory() as folder:
        source = Path(folder) / "card.yaml"
        source.write_text(card.text, encoding="utf-8")
        assert model(there_and_back(source, Path(folder))) == model(source)


@pytest.mark.slow
@RANDOM
@given(address_maps())
def test_a_drawn_address_map_comes_back(text: str) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "drawn.rdl").write_text(text, encoding="utf-8")
        before = compiled(folder / "drawn.rdl")
        (report,) = import_registers(folder / "drawn.rdl", folder / "devices")
        assert [finding for finding in report.findings if finding.outcome is not Outcome.RENAMED] == []
        export_devices(folder / "devices" / f"{report.devices[0]}.yaml", folder / "again.rdl", form="systemrdl")
        after = compiled(folder / "again.rdl")
        assert registers(after) == registers(before)
        assert after.get_property("bigendian", default=False) == before.get_property("bigendian", default=False)
        assert texts(after)[1] == texts(before)[1]
