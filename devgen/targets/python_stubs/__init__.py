"""The target ``python-stubs``: type stubs of the device classes, with their registers for tests.

The template ``templates/python-stubs/device.pyi.j2`` defines the structure of a stub; this package gives it names and
types. A stub takes the place of a module of ``generated/`` for type checkers and editors. It says which registers
``bench.regs`` has, with their fields and labels, so that ``mypy --strict`` finds a wrong name in a test.

For example, ``devgen build --target python-stubs -o typings/generated`` writes ``typings/generated/pl031.pyi`` with

    class Pl031Registers(_Registers):
        MR: _Place[_Register]
        IMSC: _Place[_R_IMSC]

- ``python_stubs_backend``: the target's variables.
- ``stub_classes``: the classes of a stub.
"""
