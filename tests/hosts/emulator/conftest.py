"""The guests of examples/ run against the same hand-written devices as the KVM host's tests."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "kvm"))
