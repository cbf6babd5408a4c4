"""Reports elements of an SVD file that descriptions have no place for.

Elements that only name parts of a generated C header by another word (``groupName``, ``headerStructName``,
``headerEnumName``, ``dimArrayIndex``) are not reported: the parts come over with their own names.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from devgen.exchange.findings import Findings, Outcome
from devgen.exchange.svd.svd_values import ACCESS, constraint, number
from devgen.exchange.xml_elements import Element

_NAMED: Final = frozenset(("peripheral", "cluster", "register", "field"))
_LISTS: Final = frozenset(("peripherals", "registers", "fields"))
_UNSAID: Final = {
    "prependToName": "'{}' before the names of registers in a C header",
    "appendToName": "'{}' after the names of registers in a C header",
    "disableCondition": "the condition '{}' of a debugger's view",
    "alternateGroup": "the group of alternates '{}'",
    "vendorExtensions": "extensions of the vendor",
    "sauRegionsConfig": "the regions of the security attribution unit",
}


def report_unsaid(device: Element, findings: Findings) -> None:
    """Report the elements of a device, and of all that is in it, that do not come over."""
    unit = number(device.value("addressUnitBits") or "8")
    if unit != 8:
        text = f"addressUnitBits {device.value('addressUnitBits')}: offsets came over as bytes"
        findings.add(Outcome.CORRECTED, device.place, device.value("name") or "?", text)
    cpu = device.child("cpu")
    for element, path, text in (*_found(device, ""), *(_found(cpu, "") if cpu else ())):
        findings.add(Outcome.LEFT_OUT, element.place, path or device.value("name") or "?", text)


def _found(parent: Element, path: str) -> Iterator[tuple[Element, str, str]]:
    """Yield (element, path of its owner, text)."""
    for element in parent.children:
        tag = element.tag
        if tag in _NAMED:
            name = element.value("name") or "?"
            yield from _found(element, f"{path}.{name}" if path else name)
        elif tag in _LISTS:
            yield from _found(element, path)
        elif tag in _UNSAID:
            yield element, path, f"{tag}: {_UNSAID[tag].format(' '.join(element.text.split()))}"
        elif tag == "access" and element.text.strip() not in ACCESS:
            yield element, path, f"access '{element.text.strip()}': there is no such access; the outer one came over"
        elif tag == "writeConstraint" and constraint(parent) is None:
            yield element, path, "a write constraint that states no values"
