"""The target ``markdown``: a page for each device, and an index, for a reader of the repository.

The pages use GitHub's Markdown. Text of a description is escaped (``markdown_text``), so that it is shown literally and
cannot become a link, HTML or another row of a table.

The words come from ``devgen.targets.register_words``, which the target ``html`` uses too. For example, ``devgen build
devices/ --target markdown -o docs/registers`` writes ``docs/registers/README.md``, the index, and a page for each
device. To change what a page shows, start in ``templates/markdown/device.md.j2``.
"""
