"""Vendor-specific capabilities, in either list."""

from __future__ import annotations

from devgen.language.diagnostics import codes_layout as layout_kinds
from devgen.language.diagnostics import codes_pci as kinds
from devgen.language.elaborate.elaboration import Context, Tree
from devgen.language.model import VendorExtended, VendorSpecific

HEADER = 3
"""Bytes of ID, next pointer and length."""
EXTENDED_HEADER = 8
"""Bytes of the capability's own header and of the vendor-specific one."""


def build_vendor(ctx: Context, name: str, spec: Tree) -> VendorSpecific:
    """Build a capability of the conventional list. Report contents that are not hexadecimal or exceed its size."""
    contents, size = _bytes(ctx, name, spec, HEADER)
    return VendorSpecific(name, contents, size, spec.get("at"))


def build_vendor_extended(ctx: Context, name: str, spec: Tree) -> VendorExtended:
    """Build a capability of the extended list. Report contents that are not hexadecimal or exceed its size."""
    contents, size = _bytes(ctx, name, spec, EXTENDED_HEADER)
    return VendorExtended(name, spec.get("id", 0), spec.get("revision", 0), contents, size, spec.get("at"))


def _bytes(ctx: Context, name: str, spec: Tree, header: int) -> tuple[bytes, int]:
    """Return a capability's contents and its size with the header."""
    contents = hex_bytes(ctx, spec)
    least = header + len(contents)
    size = spec.get("size", least)
    if size < least:
        problem = f"its contents and the {header} bytes before them are {least}"
        ctx.at_value(kinds.CAPABILITY, spec, "size", name=name, problem=problem)
    return contents, max(size, least)


def hex_bytes(ctx: Context, spec: Tree) -> bytes:
    """Return the bytes under ``contents``; report text that is not hexadecimal."""
    try:
        return bytes.fromhex(spec.get("contents", ""))
    except ValueError:
        reason = "this is not hexadecimal text with two digits for each byte"
        ctx.at_value(layout_kinds.BAD_CONTENTS, spec, "contents", reason=reason)
        return b""
