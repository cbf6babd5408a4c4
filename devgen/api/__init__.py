"""The public API: what `import devgen` offers and what the command is made of.

Each module holds one subject: `descriptions` (load and check), `building`, `catalogue` (the devices and boards that
can be named), `boards` (run one), `accelerators` (KVM or the emulator), `observing` (traces and waves), `recording`
and `replaying` (traces of one device), `serving` (vfio-user), `state_files`, `starting` (a new project).

Nothing here prints, reads ``sys.argv`` or imports click. A mistake of the caller raises a `devgen.DevgenError`.
Import the names from `devgen` itself: these modules may be split or renamed.
"""
