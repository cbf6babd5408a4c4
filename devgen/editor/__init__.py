"""What an editor asks about descriptions and boards, and the language server that answers.

An editor asks about a text that is being typed, so that most of the time it is wrong. Two sources answer together: a
tolerant scan of the present text (``yaml_outline``, ``device_names``, ``occurrences``), and the checked device of the
last text without errors (``checks``). Texts that are open and not saved take the place of the files, also where another
file includes them.

- ``text_lines``, ``yaml_outline``, ``behaviour_tokens``, ``source_file``: one text. ``schema_guide``: what the schema
  says about a place.
- ``workspace``, ``project_names``, ``board_names``: several files: which belong together, and what names mean.
- ``checks``, ``hover``, ``entry_pages``, ``completion``, ``cursor``, ``outline_symbols``, ``rename``, ``code_actions``,
  ``colours``: what is asked. They take a file and a character index and know no protocol. ``editor`` joins them.
- ``language_server``, ``client_messages``, ``protocol_types``: the same over the language server protocol. Only they
  import pygls, which is an optional package.

For example::

    editor = Editor(folders=[Path("devices")])
    editor.open(path, text)
    print(editor.hover(path, text.index("CTRL")).text)
"""
