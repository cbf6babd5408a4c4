"""The exceptions that devgen raises for a mistake of its user.

```
DevgenError                  base of all of them
├── ArgumentError            an argument of the API has a wrong value; also a ValueError
├── FileError                a file or folder is missing, or cannot be read or written
├── DescriptionError         a description or a board has errors, listed in ``diagnostics``
├── UnknownCodeError         no diagnostic has this code
├── BuildError               a build cannot be done; nothing was written
├── ProjectError             the settings in pyproject.toml are wrong
│   └── ProjectNotFound      there is no project at or above the folder
├── QemuError                QEMU or its guest cannot be had, or has failed
│   └── QemuTimeLimit        a script in the guest, or its boot, has taken longer than it may
└── RuntimeFault             a device or a machine cannot do what it was asked to
    ├── DeviceError          a property is unknown or out of its range
    ├── MachineError         a board does not fit together: overlapping addresses, a missing line
    │   └── RegistryError    an unknown device, or a folder of built devices that is broken
    ├── BenchError           a test asks for a part that the device does not have
    ├── StateError           saved state that the device did not write
    ├── TraceError           a trace that is not in the format
    └── KvmError             KVM cannot be used, or one of its calls failed
```

The message is one line for the person who made the mistake. What a guest or a client does never raises: these errors
come from arguments, files and descriptions only. This module imports nothing of the project: every layer may use it.
"""

from __future__ import annotations


class DevgenError(Exception):
    """Base of all exceptions that devgen raises for a mistake of its user."""


class ArgumentError(DevgenError, ValueError):
    """An argument has a value that it cannot have. ``argument`` is its name, with which the error's text begins."""

    def __init__(self, argument: str, message: str) -> None:
        super().__init__(message)
        self.argument = argument
        self.message = message

    def __str__(self) -> str:
        """The argument's name and the message."""
        return f"{self.argument}: {self.message}"


class FileError(DevgenError):
    """A file or a folder is missing, or it cannot be read or written. The message begins with its path."""
