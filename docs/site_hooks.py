"""Hooks of the site's build: links that lead out of ``docs/`` go to copies of the files in the site.

On a repository's pages a link such as ``../devices/pl031.yaml`` leads to the file. The site has each linked file below
``files/``; a Markdown page becomes a page of the site. A linked folder has no copy, and its link becomes plain text.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parents[1]
LINK = re.compile(r"(?<!!)\[([^\]\n]*)\]\(([^)\s#]+)(#[^)\s]*)?\)")
FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)


def on_files(files: Files, *, config: Any) -> Files:
    """Add the files that pages link to and that are not below ``docs/``; follow links of added pages, too."""
    pending = [ROOT / "docs" / file.src_uri for file in files if file.src_uri.endswith(".md")]
    known = set(pending)
    while pending:
        page = pending.pop()
        for target in outside_links(page):
            if target not in known and target.is_file():
                known.add(target)
                files.append(added_file(target, config))
                if target.suffix == ".md":
                    pending.append(target)
    return files


def on_page_markdown(markdown: str, *, page: Any, config: Any, files: Files) -> str:
    """Let each link that leads out of ``docs/`` lead to the copy."""
    source = Path(page.file.abs_src_path)
    own = page.file.src_uri

    def changed(match: re.Match[str]) -> str:
        text, link, anchor = match[1], match[2], match[3] or ""
        target = resolved(source, link)
        if target is None or (source.is_relative_to(ROOT / "docs") and target.is_relative_to(ROOT / "docs")):
            return match[0]
        uri = site_uri(target)
        if files.get_file_from_path(uri) is None:
            return text
        return f"[{text}]({os.path.relpath(uri, os.path.dirname(own) or '.')}{anchor})"

    parts = re.split(f"({FENCE.pattern})", markdown, flags=FENCE.flags)
    return "".join(part if part.startswith("```") else LINK.sub(changed, part) for part in parts)


def outside_links(page: Path) -> list[Path]:
    """Return the files outside ``docs/`` that a page links to."""
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    targets = (resolved(page, match[2]) for match in LINK.finditer(text))
    return [target for target in targets if target is not None and not target.is_relative_to(ROOT / "docs")]


def resolved(page: Path, link: str) -> Path | None:
    """Return the path that a relative link leads to; None for any other link."""
    if "://" in link or link.startswith(("mailto:", "/")):
        return None
    return Path(os.path.normpath(page.parent / link))


def site_uri(target: Path) -> str:
    """Return the name of a file in the site: its own below ``docs/``, else below ``files/``."""
    if target.is_relative_to(ROOT / "docs"):
        return target.relative_to(ROOT / "docs").as_posix()
    parts = (part.lstrip(".") for part in target.relative_to(ROOT).parts)  # MkDocs leaves out hidden files
    return "/".join(("files", *parts))


def added_file(target: Path, config: Any) -> File:
    """Return a file of the site whose source is anywhere in the project."""
    return File.generated(config, site_uri(target), abs_src_path=str(target))
