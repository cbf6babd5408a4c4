"""``devgen new``: a description to start from, in a project laid out like this one."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import click

from devgen.cli.command_error import InputError
from devgen.share import find_share

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")  # as the schema's deviceName


@click.command(
    "new",
    epilog="""\b
Examples:
  devgen new mytimer
  devgen new mycard --bus pci
  devgen new mytimer --dir ~/project""",
)
@click.argument("name")
@click.option(
    "--bus",
    type=click.Choice(["sysbus", "isa", "pci"]),
    default="sysbus",
    show_default=True,
    help="Where the device sits.",
)
@click.option(
    "--dir",
    "root",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    help="The project's folder; made if missing.",
)
def command(name: str, bus: str, root: Path) -> None:
    """Start a device: a commented description that builds, and a test of it.

    Writes devices/NAME.yaml and tests/test_NAME.py, and schemas/ for your editor if the project has none. Nothing
    that is there already is overwritten.
    """
    if not _NAME.fullmatch(name):
        raise click.UsageError(f"'{name}' is not a device name: up to 64 letters, digits, '-' and '_', a letter first")
    module = name.replace("-", "_").lower()
    values = {"name": name, "module": module, "bus": bus, "line": "inta" if bus == "pci" else "intr"}
    files = {
        root / "devices" / f"{name}.yaml": _render("device.yaml.j2", values),
        root / "tests" / f"test_{module}.py": _render("test.py.j2", values),
    }
    for path in files:
        if path.exists():
            raise InputError(f"{path}: there already; choose another name or remove it first")
    try:
        for path, text in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            click.echo(f"new    {path}")
        _copy_schemas(root / "schemas")
    except OSError as error:
        raise InputError(f"{error.filename}: {error.strerror}") from error
    click.echo("next:  devgen build && python -m pytest tests")


def _render(template: str, values: dict[str, str]) -> str:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    folder = find_share("templates")
    if folder is None:
        raise InputError("the templates that belong to devgen are missing: install it again")
    environment = Environment(
        loader=FileSystemLoader(folder / "new"), undefined=StrictUndefined, keep_trailing_newline=True
    )
    return environment.get_template(template).render(values)


def _copy_schemas(target: Path) -> None:
    source = find_share("schemas")
    if source is None or target.exists():
        return
    target.mkdir(parents=True)
    for schema in sorted(source.glob("*.json")):
        shutil.copyfile(schema, target / schema.name)
        click.echo(f"new    {target / schema.name}")
