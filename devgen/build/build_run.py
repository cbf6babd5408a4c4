"""One build: compiles the stale descriptions, compares the output folder, and writes files in a safe order."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Mapping
from functools import partial
from itertools import starmap
from pathlib import Path
from typing import TYPE_CHECKING, Final

from devgen.build.build_report import BuildError, BuildReport, Progress
from devgen.build.manifest import Digests, Entry, Manifest, Overview, digest
from devgen.build.output_folder import OVERVIEW_HEADER, OutputFolder, device_header, find_header
from devgen.build.overview import DeviceUnknown, ListedBoard, ListedDevice, made_of
from devgen.build.source_paths import quoted_path, refused_sources, unquoted_path
from devgen.build.target_files import Output, Target
from devgen.common.yaml_files import YamlFiles

if TYPE_CHECKING:
    from devgen.build.templates import Renderer
    from devgen.language import LoadResult
    from devgen.language.view import DeviceView

_CLOCK_STEP_NS: Final = 20_000_000
"""File times may lag the clock by a timer tick of the kernel; this is longer than any tick."""

_BOARD: Final = "board"
"""The fact about a board's entry: its name."""

Texts = dict[str, bytes]


class BuildRun:
    """One run over the descriptions. Sources are named by their path relative to the output folder."""

    def __init__(
        self,
        folder: OutputFolder,
        sources: YamlFiles,
        target: Target,
        templates: Path | None,
        old: Manifest,
        progress: Progress | None,
    ) -> None:
        self.folder = folder
        self.root = os.path.realpath(folder.path)
        self._folders: dict[str, str] = {}
        self.sources = {self._relative(path): path for path in sources.files}
        self.target = target
        self.outputs = target.outputs()
        self.templates = templates
        self.progress = progress
        self.digests = Digests()
        self.started = time.time_ns()
        self.old = old
        self.new = Manifest(old.target, old.tool)
        self.report = BuildReport(diagnostics=refused_sources(sources))
        self.failed: set[str] = set()
        self.made: dict[str, str] = {}  # output to source
        self._loaded: dict[str, LoadResult] = {}
        self._renderer: Renderer | None = None

    def run(self, check: bool) -> BuildReport:
        """Compile and compare, and write unless ``check``.

        Raises:
            BuildError: see ``devgen.build.builder.build``.
        """
        if not self.old.entries:
            self._check_templates()
        texts = self._compile_all()
        kept, vanished = self._others()
        texts |= self._overview(kept)
        changed = {name: text for name, text in texts.items() if self.folder.read(name) != text}
        self._refuse_foreign(changed)
        self._report(texts, changed, vanished, check)
        if check:
            self._compare(changed, vanished)
        else:
            self._put(changed, vanished)
        return self.report

    # --- compiling ---------------------------------------------------------------------------

    def _compile_all(self) -> Texts:
        """Update the entry of every description. Return the texts that were rendered."""
        entries = {name: self._fresh(name) for name in self.sources}
        todo = [name for name, entry in entries.items() if entry is None]
        texts: Texts = {}
        for name, entry in entries.items():
            if entry is not None:
                self._take(name, entry)
        for done, name in enumerate(todo):
            if self.progress is not None:
                self.progress(done, len(todo), self.sources[name])
            compiled = self._compile(name)
            if compiled is None:
                self.failed.add(name)
                continue
            entry, made = compiled
            self._take(name, entry)
            texts |= made
        return texts

    def _take(self, name: str, entry: Entry) -> None:
        self.new.entries[name] = entry
        for output in entry.outputs:
            other = self.made.setdefault(output, name)
            if other != name:
                raise BuildError(f"{self._shown(other)} and {self._shown(name)} both make {output}")

    def _fresh(self, name: str) -> Entry | None:
        """Return the old entry of a description if its dependencies and outputs are unchanged, else None."""
        entry = self.old.entries.get(name)
        if entry is None or not entry.quiet or not entry.inputs:
            return None
        current = all(self._digest(path) == value for path, value in {**entry.inputs, **entry.outputs}.items())
        return entry if current else None

    def _compile(self, name: str) -> tuple[Entry, Texts] | None:
        """Compile one description. Return None if it has errors."""
        source = self.sources[name]
        inputs = {name: self._digest(name)}
        from devgen.language.reading.description_files import is_board

        if is_board(source):
            return self._compile_board(name, inputs)
        loaded = self._load(name)
        self.report.diagnostics += loaded.diagnostics
        if not loaded.ok or (loaded.device is None and not loaded.fragment):
            return None
        inputs |= self._included(name, loaded.sources)
        quiet = not loaded.diagnostics
        if loaded.device is None:
            return Entry(inputs, quiet=quiet), {}
        texts = self._generate(name, loaded)
        return self._entry(inputs, loaded, {output: digest(text) for output, text in texts.items()}, quiet), texts

    def _compile_board(self, name: str, inputs: dict[str, str]) -> tuple[Entry, Texts] | None:
        """Render a board's files, if the target has any. Return None if the board has errors."""
        if not any(output.board for output in self.outputs):
            return Entry(inputs), {}
        from devgen.language import load_board
        from devgen.language.view.board_views import view_of_board

        loaded = load_board(self.sources[name])
        self.report.diagnostics += loaded.diagnostics
        if loaded.board is None:
            return None
        board, source = view_of_board(loaded.board), quoted_path(self._shown(name))
        values = {"header": device_header(source), "source": source, "target": self.target.name, "board": board}
        values |= self._templates().backend.board_values(board)
        texts = self._render(self.sources[name], source, board.stem, values, [out for out in self.outputs if out.board])
        outputs = {output: digest(text) for output, text in texts.items()}
        return Entry(inputs, "", board.title, outputs, {_BOARD: board.name}, not loaded.diagnostics), texts

    def _load(self, name: str) -> LoadResult:
        from devgen.language import load_device

        loaded = load_device(self.sources.get(name) or Path(os.path.normpath(os.path.join(self.root, name))))
        if loaded.device is not None and self._templates().uses_view:
            self._loaded[name] = loaded
        return loaded

    def _entry(
        self, inputs: Mapping[str, str], loaded: LoadResult, outputs: Mapping[str, str], quiet: bool = True
    ) -> Entry:
        assert loaded.device is not None
        facts = dict(self._templates().backend.facts(loaded))
        return Entry(dict(inputs), loaded.device.name, loaded.device.title, dict(outputs), facts, quiet)

    def _included(self, name: str, sources: Iterable[Path]) -> dict[str, str]:
        """Return digests of the files that a description includes, without those that changed during the build."""
        found = {}
        for path in map(self._relative, sources):
            if path != name:
                modified = os.stat(os.path.join(self.root, path)).st_mtime_ns
                found[path] = self._digest(path) if modified < self.started - _CLOCK_STEP_NS else "?"
        return found

    def _generate(self, name: str, loaded: LoadResult) -> Texts:
        from devgen.language.module_names import module_name
        from devgen.targets.backend import TargetError

        assert loaded.device is not None
        renderer, source = self._templates(), quoted_path(self._shown(name))
        values: dict[str, object] = {"header": device_header(source), "source": source, "target": self.target.name}
        if renderer.uses_view:
            from devgen.language.view import view_of

            values["device"] = view_of(loaded)
        try:
            values |= renderer.backend.values(loaded, source)
        except TargetError as error:
            raise BuildError(f"{self.sources[name]}: {error}") from error
        outputs = [output for output in self.outputs if output.each]
        return self._render(self.sources[name], source, module_name(loaded.device.name), values, outputs)

    def _render(
        self, path: Path, source: str, stem: str, values: Mapping[str, object], outputs: Iterable[Output]
    ) -> Texts:
        """Render the files of one description or board."""
        from devgen.build.templates import RenderError

        texts: Texts = {}
        for output in outputs:
            try:
                text = self._templates().render(output.template, values)
            except RenderError as error:
                raise BuildError(f"{path}: {error}") from error
            _check_header(text, source, output.template)
            texts[output.file(stem)] = text.encode()
        return texts

    def _templates(self) -> Renderer:
        from devgen.build.templates import Renderer

        if self._renderer is None:
            self._renderer = Renderer(self.target)
        return self._renderer

    def _check_templates(self) -> None:
        from devgen.build.templates import RenderError

        if self.templates is not None:
            try:
                self._templates().check_use(self.templates)
            except RenderError as error:
                raise BuildError(str(error)) from error

    # --- what else is in the folder ----------------------------------------------------------

    def _others(self) -> tuple[dict[str, str], list[str]]:
        """Return the files of earlier builds that this one did not make: (those to keep, those to remove)."""
        kept: dict[str, str] = {}
        vanished: list[str] = []
        for file, header in self.folder.made(self.outputs).items():
            source = self._relative(Path(os.path.dirname(self.root), unquoted_path(header)))
            elsewhere = source not in self.sources and os.path.exists(os.path.join(self.root, source))
            if file in self.made:
                if elsewhere and self.made[file] != source:
                    mine = self._shown(self.made[file])
                    raise BuildError(f"{mine} and {self._shown(source)} both make {self.folder.path / file}")
            elif elsewhere or source in self.failed:
                kept[file] = source
            else:
                vanished.append(file)
        return kept, vanished

    def _overview(self, kept: Mapping[str, str]) -> Texts:
        """Render the files for all devices if they are stale. Return nothing if a device in them has errors."""
        self._keep_entries(kept)
        self.new.overview = self.old.overview
        listed = {
            name: entry
            for name, entry in self.new.entries.items()
            if entry.device and all(output in self.made or output in kept for output in entry.outputs)
        }
        boards = {name: entry for name, entry in self.new.entries.items() if _BOARD in entry.facts}
        names = {output.file(""): output for output in self.outputs if output.single}
        unknown = any(source not in listed for source in kept.values())
        if unknown or not (listed or any(map(self._digest, names))):
            return {}
        self._refuse_double(names)
        wanted, old = made_of({**listed, **boards}), self.old.overview
        current = names.keys() == old.outputs.keys() and all(self._digest(file) == old.outputs[file] for file in names)
        if wanted == old.made_of and current:
            return {}
        devices = [self._listed(name, entry) for name, entry in listed.items()]
        devices.sort(key=lambda device: (device.name, device.source))
        try:
            listed_boards = sorted(starmap(self._listed_board, boards.items()), key=lambda board: board.name)
            texts = {
                file: self._render_overview(output.template, devices, listed_boards) for file, output in names.items()
            }
        except DeviceUnknown:
            return {}
        self.new.overview = Overview(wanted, {file: digest(text) for file, text in texts.items()})
        return texts

    def _refuse_double(self, names: Iterable[str]) -> None:
        for file in names:
            if file in self.made:
                template = next(output.template for output in self.outputs if output.file("") == file)
                raise BuildError(f"{self._shown(self.made[file])} and the template {template} both make {file}")

    def _keep_entries(self, kept: Mapping[str, str]) -> None:
        """Keep the entries of descriptions that are not part of this build or that have errors now."""
        for name, entry in self.old.entries.items():
            if name not in self.new.entries and os.path.exists(os.path.join(self.root, name)):
                self.new.entries[name] = entry
        for source in sorted(set(kept.values()) - self.new.entries.keys() - self.failed):
            loaded = self._load(source)
            if loaded.ok and loaded.device is not None:
                outputs = {file: self._digest(file) for file, made_by in kept.items() if made_by == source}
                inputs = {source: "?"}  # the inputs of the files are not known: they are stale
                self.new.entries[source] = self._entry(inputs, loaded, outputs)

    def _listed(self, name: str, entry: Entry) -> ListedDevice:
        files = tuple(sorted(entry.outputs))
        load = partial(self._view, name)
        return ListedDevice(entry.device, entry.title, quoted_path(self._shown(name)), files, entry.facts, load)

    def _listed_board(self, name: str, entry: Entry) -> ListedBoard:
        files = tuple(sorted(entry.outputs))
        return ListedBoard(entry.facts[_BOARD], entry.title, quoted_path(self._shown(name)), files)

    def _view(self, name: str) -> DeviceView:
        from devgen.language.view import view_of

        loaded = self._loaded.get(name) or self._load(name)
        if not loaded.ok or loaded.device is None:
            raise DeviceUnknown(name)
        return view_of(loaded)

    def _render_overview(self, template: str, devices: list[ListedDevice], boards: list[ListedBoard]) -> bytes:
        from devgen.build.templates import RenderError

        values = {"header": OVERVIEW_HEADER, "target": self.target.name, "devices": devices, "boards": boards}
        try:
            text = self._templates().render(template, values)
        except RenderError as error:
            raise BuildError(str(error)) from error
        _check_header(text, None, template)
        return text.encode()

    # --- writing -----------------------------------------------------------------------------

    def _refuse_foreign(self, changed: Iterable[str]) -> None:
        foreign = [name for name in changed if self.folder.is_foreign(name)]
        if foreign:
            path = self.folder.path / foreign[0]
            raise BuildError(f"{path} exists already, and devgen did not write it: it is not replaced")

    def _report(self, texts: Iterable[str], changed: Iterable[str], vanished: list[str], check: bool) -> None:
        path = self.folder.path
        overviews = [output.file("") for output in self.outputs if output.single and self._digest(output.file(""))]
        names = sorted({*self.made, *texts, *overviews})
        self.report.unchanged = [path / name for name in names if name not in changed]
        self.report.removed = [path / name for name in vanished]
        touched = [path / name for name in sorted(changed)]
        if check:
            self.report.stale = touched
        else:
            self.report.written = touched

    def _compare(self, changed: Texts, vanished: list[str]) -> None:
        from devgen.build.text_changes import TextChange

        new = {**{name: changed[name] for name in sorted(changed)}, **dict.fromkeys(vanished)}
        self.report.changes = [
            TextChange(self.folder.path / name, self.folder.read(name), new[name])
            for name in (*sorted(changed), *vanished)
        ]

    def _put(self, changed: Texts, vanished: list[str]) -> None:
        """Write device files, then overview files, then remove stale files, then write the manifest.

        A crash therefore never leaves an overview that names a missing file.
        """
        for name in sorted(changed, key=lambda name: name not in self.made):
            self.folder.write(name, changed[name])
        for name in vanished:
            self.folder.remove(name)
        text = self.new.text()
        if text != self.old.text():
            self.folder.save_manifest(text)

    # --- paths -------------------------------------------------------------------------------

    def _relative(self, path: Path) -> str:
        """Return a path for the manifest: relative to the output folder, with ``/``.

        Links in the path of its folder are resolved, so that a folder and a link to it have the same name.
        """
        folder, name = os.path.split(os.path.abspath(path))
        if folder not in self._folders:
            self._folders[folder] = os.path.realpath(folder)
        return os.path.relpath(os.path.join(self._folders[folder], name), self.root)

    def _shown(self, name: str) -> str:
        """Return a source's path for headers and messages: relative to the parent of the output folder."""
        return os.path.relpath(os.path.join(self.root, name), os.path.dirname(self.root))

    def _digest(self, name: str) -> str:
        return self.digests.of(os.path.join(self.root, name))


def _check_header(text: str, source: str | None, template: str) -> None:
    """Refuse a text that the next build would not recognise as generated.

    Raises:
        BuildError: its first line has no header, or the header of another description.
    """
    header = find_header(text)
    if header is None or header["source"] != source:
        raise BuildError(f"template {template}: its first line must have {{{{ header }}}} in it, in a comment")
