"""The functions behind the public names of ``devgen``, for the command and for scripts.

Each module has one subject. It calls the language, the build, the runtime and the hosts, raises the errors of
``devgen.errors``, and prints nothing. For example, these two lines check and build a project::

    devgen.check_files(["devices"])
    devgen.build_devices(["devices"], "generated")

- ``descriptions``, ``building``, ``starting``: descriptions, builds, new descriptions and projects.
- ``catalogue``: the devices and boards that are available by name.
- ``boards``, ``board_configuration``, ``accelerators``: running a board on a host.
- ``importing``, ``starting_imported``, ``exporting``: register files of other formats.
- ``comparing``: the differences of two versions.
- ``recording``, ``replaying``, ``observing``: traces. ``qemu_guests``: Linux in stock QEMU.
- ``serving``, ``served_class``, ``served_events``, ``state_files``, ``property_text``: serving a device to QEMU.

Import the names from ``devgen``, not from here: the modules may change. ``devgen.__all__`` lists them.
"""
