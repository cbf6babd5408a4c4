"""Decides which outputs of a build are stale, and writes them.

A build compiles every description that has changed, compares the results with the files of the output folder, and
replaces those that differ. All texts are rendered in memory before the first file is written. Each file is replaced
atomically, so that a reader or a crash never leaves a partial file. A build without changes only hashes files and loads
neither YAML nor templates.

- ``builder``, ``build_run``: one build, from paths to a report. ``source_paths``: which descriptions it reads.
- ``target_files``: the targets, and the files that each template makes. ``overview``: the files for all devices.
- ``manifest``: digests of the inputs and outputs of the last build. It is a cache and may be deleted.
- ``output_folder``: the output folder: its lock, the detection of generated files, and the replacement of files.
- ``text_changes``: the lines that a build would change.
- ``source_watch``: waits for changes of descriptions and templates.
- ``templates``: the jinja2 environment that renders a target's templates. ``template_cache``: their compiled code.

For example, ``build([Path("devices")], Path("generated"), check=True)`` writes nothing; the ``stale`` of its report are
the files that a build would write.
"""
