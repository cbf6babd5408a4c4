"""devgen in pytest: the fixture ``bench``, and failures that show registers and fields.

pytest loads the plugin wherever devgen is installed. For example::

    def test_a_match(bench):
        dev = bench("pl031")
        dev.regs.IMSC.ALARM = 1
        assert dev.regs.MIS == 0

- ``pytest_plugin``: the fixture, pytest's hooks and options. It imports the other modules when they are needed.
- ``failure_text``: what a failed comparison of a register or a field shows.
- ``register_items``: the checks of ``--devgen-registers`` as test items; ``check_plan`` decides which checks apply,
  ``register_checks`` makes them, ``bit_rules`` says what a write should do.
- ``hidden_frames``: a mistake in the use of a bench is shown at the test's own line.
"""
