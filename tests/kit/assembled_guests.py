"""Machine code of guests written in assembly. The tests need no assembler: the code is in ``assembled.json``.

After a change, run the tests with DEVGEN_ASSEMBLE=1 where GNU as and ld are: the file is brought up to date.
"""

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path

STORE = Path(__file__).parents[1] / "hosts" / "emulator" / "assembled.json"


def assembled(source: str, assemble: Callable[[], bytes]) -> bytes:
    """The stored machine code of ``source``."""
    key = hashlib.sha256(source.encode()).hexdigest()[:24]
    known = json.loads(STORE.read_text()) if STORE.exists() else {}
    if os.environ.get("DEVGEN_ASSEMBLE"):
        known[key] = assemble().hex()
        STORE.write_text(json.dumps(known, indent=0, sort_keys=True) + "\n")
    if key not in known:
        raise LookupError("a guest's source has changed: run these tests with DEVGEN_ASSEMBLE=1")
    return bytes.fromhex(known[key])
