"""A device on a manual clock, for tests: no CPU, no kernel.

```python
from devgen.hosts.bench import Bench

def test_alarm():
    dev = Bench("pl031"); dev.write32(0x10, 1); dev.write32(0x04, dev.read32(0x00) + 1)
    dev.advance("1 s")
    assert dev.irq("intr") == 1
```
"""

from devgen.hosts.bench.bench import Bench, BenchError, Event

__all__ = ["Bench", "BenchError", "Event"]
