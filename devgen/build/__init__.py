"""Decides which outputs of a build are stale, and writes them.

A build compiles every description that has changed, compares the results with the files of the output folder, and
replaces those that differ. All texts are made in memory before the first file is touched, and each file is replaced in
one step, so that a reader or a crash never finds half a file. A build in which nothing has changed only hashes files:
it loads neither YAML nor templates.

- ``builder``, ``build_run``: one build, from paths to a report. ``source_paths``: which descriptions it reads.
- ``target_files``: which targets there are, and which files a template makes. ``overview``: the files for all devices.
- ``manifest``: what the last build remembers: digests of inputs and outputs. It is a cache and may be lost.
- ``output_folder``: the folder that is written: its lock, which files are ours, how a file is replaced.
- ``templates``: the jinja2 environment that renders what a target has prepared.

For example, ``build([Path("devices")], Path("generated"), check=True)`` writes nothing; the ``stale`` of its report are
the files that a build would write.
"""
