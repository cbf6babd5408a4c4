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
- ``coverage_plugin``: the hooks of ``--devgen-coverage``; ``coverage_recorder`` counts, ``coverage_data`` adds up,
  ``behaviour_map`` maps lines of modules to descriptions, ``coverage_findings`` and ``coverage_report`` tell.
- ``hidden_frames``: a mistake in the use of a bench is shown at the test's own line.
"""
