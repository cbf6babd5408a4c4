"""The target ``html``: a self-contained page for each device, and an index.

A page needs no network and no other file. Its shape is ``templates/html/device.html.j2``; style and script are parts
beside it. Everything that a description says is escaped by the templates.
"""
