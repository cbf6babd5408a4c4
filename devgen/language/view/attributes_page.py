"""The reference part of ``docs/view.md``, generated from the views' docstrings.

``python -m devgen.language.view.attributes_page docs/view.md`` updates this part of the page.
"""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Iterator
from typing import Final

from devgen.common.guarded_files import read_file, replace_file
from devgen.language.view import (
    board_views,
    device_views,
    firmware_views,
    hardware_views,
    pci_views,
    register_views,
    value_views,
)

MARK: Final = "<!-- The rest of this page is made by devgen.language.view.attributes_page. -->\n"


def reference() -> str:
    """Return a section for each class: its docstring, and a row for each attribute with its type and docstring."""
    modules = (
        device_views, firmware_views, pci_views, value_views, register_views, hardware_views, board_views,
    )  # fmt: skip
    classes = [node for module in modules for node in _classes(module)]
    last_first = sorted(classes, key=lambda node: node.name != "DeviceView")
    return "\n".join(_section(node) for node in last_first)


def completed(page: str) -> str:
    """Return a page with the reference after its mark."""
    head, mark, _ = page.partition(MARK)
    return f"{head}{mark}\n{reference()}"


def _classes(module: object) -> Iterator[ast.ClassDef]:
    tree = ast.parse(inspect.getsource(module))  # type: ignore[arg-type]
    return (node for node in tree.body if isinstance(node, ast.ClassDef))


def _section(node: ast.ClassDef) -> str:
    rows = "\n".join(f"| `{name}` | `{kind}` | {text} |" for name, kind, text in _attributes(node))
    return f"### {node.name}\n\n{_plain(ast.get_docstring(node))}\n\n| attribute | type | |\n|---|---|---|\n{rows}\n"


def _attributes(node: ast.ClassDef) -> Iterator[tuple[str, str, str]]:
    for item, following in zip(node.body, [*node.body[1:], None], strict=True):
        if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name):
            yield item.target.id, _kind(item.annotation), _plain(_text_of(following))
        elif isinstance(item, ast.FunctionDef) and item.returns is not None:
            yield item.name, _kind(item.returns), _plain(ast.get_docstring(item))


def _kind(annotation: ast.expr) -> str:
    return ast.unparse(annotation).replace("|", "\\|").replace("'", '"')


def _text_of(statement: ast.stmt | None) -> str | None:
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
        return str(statement.value.value)
    return None


def _plain(text: str | None) -> str:
    return " ".join((text or "").replace("``", "`").split()).replace("|", "\\|")


if __name__ == "__main__":
    for name in sys.argv[1:]:
        replace_file(name, completed(read_file(name).decode()).encode())
