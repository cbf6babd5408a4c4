"""``devgen build``: descriptions in, Python device classes out."""

from __future__ import annotations

from pathlib import Path

import click

from devgen.cli.paths import EXISTING, require
from devgen.codegen.build import BuildError, BuildReport, build


@click.command(
    "build",
    epilog="""\b
Examples:
  devgen build                          devices/ into generated/
  devgen build devices/ --check         exit 1 when generated/ is stale; writes nothing
  devgen build mydevice.yaml -o out/""",
)
@click.argument("paths", nargs=-1, type=EXISTING)
@click.option("-o", "--output", type=click.Path(path_type=Path), default=Path("generated"), show_default=True, help="Folder to write to.")
@click.option("--check", is_flag=True, help="Write nothing; exit 1 when a file would change.")
@click.option("--templates", type=click.Path(path_type=Path), help="Folder of templates that override the built-in ones by name.")
@click.option("-q", "--quiet", is_flag=True, help="Print only what went wrong.")
def command(paths: tuple[Path, ...], output: Path, check: bool, templates: Path | None, quiet: bool) -> int:
    """Compile device descriptions into Python device classes.

    PATHS are YAML files or folders of them; without any, devices/ is built. Only what changed is rewritten, and each
    file is replaced in one step: interrupted at any moment, it is the old or the new one.
    """
    chosen = require(paths or (Path("devices"),))
    try:
        report = build(chosen, output, check=check, templates=templates, progress=None if quiet else _progress())
    except BuildError as error:
        raise click.ClickException(str(error)) from error
    return _print(report, check, quiet)
