"""The target ``html``: a self-contained page for each device, and an index.

A page needs no network and no other file. Its structure is in ``templates/html/device.html.j2``; style and script are
included from the same folder. The templates escape all text of a description.

The words and the rows of the drawings come from ``devgen.targets.register_words``, which the target ``markdown`` uses
too. For example, ``devgen build devices/ --target html -o pages`` writes ``pages/index.html`` and ``pages/pl031.html``.
To change what a page shows, start in the template; to change a word or an id, in ``html_backend``.
"""
