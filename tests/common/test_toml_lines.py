"""The line of a key in a TOML file."""

from __future__ import annotations

import pytest

from devgen.common.toml_lines import line_of

TEXT = """\
[project]
name = "x"

[tool.devgen]
devices = ["a"]  # folders
"templates" = "t"
check.ignore = []
inline = { a = 1 }

[tool.devgen.targets]
python = "generated"
'c-header' = "include"
"""


@pytest.mark.parametrize(
    ("key", "line"),
    [
        ("tool devgen", 4),
        ("tool devgen devices", 5),
        ("tool devgen templates", 6),
        ("tool devgen check ignore", 7),
        ("tool devgen inline a", 8),
        ("tool devgen targets", 10),
        ("tool devgen targets python", 11),
        ("tool devgen targets c-header", 12),
        ("project name", 2),
        ("tool devgen missing", None),
        ("other", None),
    ],
)
def test_a_key_has_the_line_where_it_is_set(key: str, line: int | None) -> None:
    assert line_of(TEXT, key.split()) == line
