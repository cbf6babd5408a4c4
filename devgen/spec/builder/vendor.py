"""Vendor-specific capabilities."""

from __future__ import annotations

from devgen.spec.builder.context import Context, Tree
from devgen.spec.catalogue import layout as layout_kinds
from devgen.spec.catalogue import pci as kinds
from devgen.spec.model import VendorSpecific

HEADER = 3
"""Bytes of ID, next pointer and length."""


def build_vendor(ctx: Context, name: str, spec: Tree) -> VendorSpecific:
    """Build one, and report contents that are no bytes or more than its size."""
    contents = hex_bytes(ctx, spec)
    least = HEADER + len(contents)
    size = spec.get("size", least)
    if size < least:
        problem = f"its contents and the {HEADER} bytes before them are {least}"
        ctx.at_value(kinds.CAPABILITY, spec, "size", name=name, problem=problem)
    return VendorSpecific(name, contents, max(size, least), spec.get("at"))


def hex_bytes(ctx: Context, spec: Tree) -> bytes:
    """Return the bytes under ``contents``; report text that is not hexadecimal."""
    try:
        return bytes.fromhex(spec.get("contents", ""))
    except ValueError:
        reason = "this is not hexadecimal, two digits a byte"
        ctx.at_value(layout_kinds.BAD_CONTENTS, spec, "contents", reason=reason)
        return b""
