"""``devgen explain``: what a diagnostic's code means."""

from __future__ import annotations

import json

import click

from devgen import explain, list_explanations


@click.command(
    "explain",
    epilog="""\b
Examples:
  devgen explain DG0401
  devgen explain                       all codes with their messages
  devgen explain --format json""",
)
@click.argument("codes", metavar="[CODE]...", nargs=-1)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="Format of the entries.")
def command(codes: tuple[str, ...], form: str) -> int:
    """Explain the codes of `devgen check`: the cause, an example and the cure. Without CODE, list all codes."""
    entries = [explain(code) for code in codes] if codes else list_explanations()
    if form == "json":
        click.echo(json.dumps([entry.json() for entry in entries], indent=2))
    elif codes:
        click.echo("\n\n".join(entry.text() for entry in entries))
    else:
        for entry in entries:
            click.echo(f"{entry.code}  {entry.severity:<7}  {entry.message}")
    return 0
