"""The target ``markdown``: a page for each device, and an index, for a reader of the repository.

The pages are GitHub's Markdown. What a description says is escaped (``markdown_text``), so that it shows as it is
written and cannot become a link, HTML or another row of a table.
"""
