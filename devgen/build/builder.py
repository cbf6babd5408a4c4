"""``devgen build``: descriptions to generated modules, only what changed, each file old or new and never torn.

Everything is loaded, lowered and rendered in memory before the first file is touched. A description with errors keeps
its old module. The path on which nothing has changed reads and hashes files and imports neither YAML nor templates.
"""

from __future__ import annotations

import gc
import os
import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from devgen.build.manifest import Digests, Entry, Manifest, digest, load_manifest, tool_digest
from devgen.build.output_folder import INIT, OutputFolder
from devgen.common.yaml_files import YamlFiles
from devgen.errors import DevgenError

if TYPE_CHECKING:
    from devgen.build.templates import Renderer
    from devgen.language.diagnostics.diagnostic import Diagnostic
    from devgen.language.model import Device

Progress = Callable[[int, int, Path], None]
"""Called as ``progress(done, total, path)`` before each description that has to be compiled."""

_CLOCK_STEP_NS: Final = 20_000_000
"""File times may lag the clock by a timer tick of the kernel; this is more than any."""


class BuildError(DevgenError):
    """A build that cannot be done; the message is for the user. Nothing was written."""


@dataclass(slots=True)
class BuildReport:
    """What a build did, or with ``check`` what it would do: ``stale`` files are those it would write.

    Paths are those of output files. ``diagnostics`` are the descriptions' own, errors and warnings.
    """

    written: list[Path] = field(default_factory=list)
    unchanged: list[Path] = field(default_factory=list)
    stale: list[Path] = field(default_factory=list)
    removed: list[Path] = field(default_factory=list)
    diagnostics: list[Diagnostic] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether no description has an error."""
        return all(one.severity != "error" for one in self.diagnostics)


def build(
    paths: Sequence[Path],
    out_dir: Path,
    check: bool = False,
    progress: Progress | None = None,
    templates: Path | None = None,
) -> BuildReport:
    """Compile the descriptions ``paths`` name (files, or folders searched to the bottom) into ``out_dir``.

    ``check`` writes nothing. ``templates`` is a folder of templates that override devgen's own by name.

    Raises:
        BuildError: a path or the folder of templates is missing, two descriptions make the same module, a file that no
            build wrote is in the way, a template is broken, or the folder cannot be written.
    """
    if templates is not None and not templates.is_dir():
        raise BuildError(f"{templates}: no such folder of templates")
    if out_dir.exists() and not out_dir.is_dir():
        raise BuildError(f"{out_dir}: there already, and not a folder")
    folder = OutputFolder(out_dir)
    tool = tool_digest(templates)
    try:
        sources = _sources(paths)
        with _no_collection(), nullcontext() if check else folder.locked():
            return _Build(folder, sources, tool, templates, progress).run(check)
    except OSError as error:
        raise BuildError(f"{error.filename or out_dir}: {error.strerror or error}") from error


@dataclass(slots=True, frozen=True)
class _Compiled:
    """A description's entry, and its module's text if it had to be compiled."""

    entry: Entry
    text: bytes | None = None


class _Build:
    """One run over the descriptions. Sources are named by their path relative to the output folder."""

    def __init__(
        self,
        folder: OutputFolder,
        sources: YamlFiles,
        tool: str,
        templates: Path | None,
        progress: Progress | None,
    ) -> None:
        self.folder = folder
        self.root = os.path.realpath(folder.path)
        self._folders: dict[str, str] = {}
        self.sources = {self._relative(path): path for path in sources.files}
        self.templates = templates
        self.progress = progress
        self.digests = Digests()
        self.started = time.time_ns()
        self.old = load_manifest(folder.manifest, tool)
        self.new = Manifest(tool)
        self.report = BuildReport(diagnostics=_refused(sources))
        self.failed: set[str] = set()
        self.outputs: dict[str, str] = {}
        self._renderer: Renderer | None = None

    def run(self, check: bool) -> BuildReport:
        """Compile, compare, and unless ``check`` write."""
        texts = self._compile_all()
        kept, vanished = self._others()
        self._keep_entries()
        catalogue = self._catalogue(kept)
        if catalogue is not None:
            texts[INIT] = catalogue
        changed = {name: text for name, text in texts.items() if self.folder.read(name) != text}
        self._refuse_foreign(changed)
        self._report(texts, changed, vanished, check)
        if not check:
            self._put(changed, vanished)
        return self.report

    # --- compiling ---------------------------------------------------------------------------

    def _compile_all(self) -> dict[str, bytes]:
        """Bring every description's entry up to date; return the texts that had to be made."""
        entries = {name: self._fresh(name) for name in self.sources}
        todo = [name for name, entry in entries.items() if entry is None]
        texts: dict[str, bytes] = {}
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
            self._take(name, compiled.entry)
            if compiled.text is not None:
                texts[compiled.entry.output] = compiled.text
        return texts

    def _take(self, name: str, entry: Entry) -> None:
        self.new.entries[name] = entry
        if entry.output:
            other = self.outputs.setdefault(entry.output, name)
            if other != name:
                raise BuildError(f"{self._shown(other)} and {self._shown(name)} both make {entry.output}")

    def _fresh(self, name: str) -> Entry | None:
        """The old entry of a description, if nothing that it depends on has changed and its output is what it was."""
        entry = self.old.entries.get(name)
        if entry is None or not entry.inputs:
            return None
        if any(self._digest(path) != value for path, value in entry.inputs.items()):
            return None
        if entry.output and self._digest(entry.output) != entry.digest:
            return None
        return entry

    def _compile(self, name: str) -> _Compiled | None:
        """Compile one description; None if it has errors."""
        source = self.sources[name]
        inputs = {name: self._digest(name)}
        from devgen.language import load_device
        from devgen.language.reading.description_files import is_board

        if is_board(source):
            return _Compiled(Entry(inputs))

        result = load_device(source)
        self.report.diagnostics += result.diagnostics
        if not result.ok or (result.device is None and not result.fragment):
            return None
        inputs |= self._included(name, result.sources)
        if result.diagnostics:
            inputs = {}  # never fresh: what is said about it must be said again
        return _Compiled(Entry(inputs)) if result.device is None else self._generate(name, result.device, inputs)

    def _included(self, name: str, sources: Iterable[Path]) -> dict[str, str]:
        """Digests of the files that a description includes; none of one that was changed while we read it."""
        found = {}
        for path in map(self._relative, sources):
            if path != name:
                modified = os.stat(os.path.join(self.root, path)).st_mtime_ns
                found[path] = self._digest(path) if modified < self.started - _CLOCK_STEP_NS else "?"
        return found

    def _generate(self, name: str, device: Device, inputs: dict[str, str]) -> _Compiled:
        from devgen.build.templates import RenderError
        from devgen.language.module_names import module_name
        from devgen.targets.python.lower_device import lower_device
        from devgen.targets.python.python_names import LoweringError, class_name

        try:
            text = self._templates().module(lower_device(device, quoted_path(self._shown(name))))
        except (LoweringError, RenderError) as error:
            raise BuildError(f"{self.sources[name]}: {error}") from error
        data = text.encode()
        module = module_name(device.name)
        place = f"{module}:{class_name(device.name)}"
        return _Compiled(Entry(inputs, device.name, f"{module}.py", place, digest(data)), data)

    def _templates(self) -> Renderer:
        from devgen.build.templates import Renderer

        if self._renderer is None:
            self._renderer = Renderer(self.templates)
        return self._renderer

    # --- what else is in the folder ----------------------------------------------------------

    def _others(self) -> tuple[set[str], list[str]]:
        """Our modules that this build did not make: those to keep, and those whose description has gone."""
        kept: set[str] = set()
        vanished: list[str] = []
        for module, header in self.folder.modules().items():
            source = self._relative(Path(os.path.dirname(self.root), unquoted_path(header)))
            elsewhere = source not in self.sources and os.path.exists(os.path.join(self.root, source))
            if module in self.outputs:
                if elsewhere and self.outputs[module] != source:
                    mine = self._shown(self.outputs[module])
                    raise BuildError(f"{mine} and {self._shown(source)} both make {self.folder.path / module}")
            elif elsewhere or source in self.failed:
                kept.add(module)
            else:
                vanished.append(module)
        return kept, vanished

    def _keep_entries(self) -> None:
        """Remember what is known of descriptions that this build was not asked for."""
        for name, entry in self.old.entries.items():
            if name not in self.sources and os.path.exists(os.path.join(self.root, name)):
                self.new.entries.setdefault(name, entry)

    def _catalogue(self, kept: set[str]) -> bytes | None:
        """The catalogue's text, if it has to be made."""
        present = self.folder.catalogue()
        wanted = {module: place for module, place in present.items() if module in kept}
        for name in self.outputs.values():
            entry = self.new.entries[name]
            wanted[entry.output] = (entry.device, entry.place)
        self.new.catalogue = self.old.catalogue
        found = self._digest(INIT)
        if (wanted == present and found and found == self.old.catalogue) or not (wanted or found):
            return None
        from devgen.build.templates import RenderError
        from devgen.targets.python.module import Catalogue
        from devgen.targets.python.python_literals import string

        pairs = sorted(wanted.values())
        try:
            text = self._templates().catalogue(Catalogue(tuple((string(one), string(two)) for one, two in pairs)))
        except RenderError as error:
            raise BuildError(str(error)) from error
        data = text.encode()
        self.new.catalogue = digest(data)
        return data

    # --- writing -----------------------------------------------------------------------------

    def _refuse_foreign(self, changed: Iterable[str]) -> None:
        foreign = [name for name in changed if self.folder.is_foreign(name)]
        if foreign:
            path = self.folder.path / foreign[0]
            raise BuildError(f"{path} is in the way: devgen did not write it, and does not replace it")

    def _report(self, texts: Iterable[str], changed: Iterable[str], vanished: list[str], check: bool) -> None:
        path = self.folder.path
        names = sorted({*self.outputs, *texts, *([INIT] if self._digest(INIT) else [])})
        self.report.unchanged = [path / name for name in names if name not in changed]
        self.report.removed = [path / name for name in vanished]
        touched = [path / name for name in sorted(changed)]
        if check:
            self.report.stale = touched
        else:
            self.report.written = touched

    def _put(self, changed: dict[str, bytes], vanished: list[str]) -> None:
        """Modules first, then the catalogue that names them, then what nobody names any more, last the manifest."""
        for name in sorted(changed, key=lambda name: name == INIT):
            self.folder.write(name, changed[name])
        for name in vanished:
            self.folder.remove(name)
        text = self.new.text()
        if text != self.old.text():
            self.folder.save_manifest(text)

    # --- paths -------------------------------------------------------------------------------

    def _relative(self, path: Path) -> str:
        """A path as the manifest has it: relative to the output folder, with ``/``.

        Links in the path of its folder are resolved, so that a folder and a link to it give the same name.
        """
        folder, name = os.path.split(os.path.abspath(path))
        if folder not in self._folders:
            self._folders[folder] = os.path.realpath(folder)
        return os.path.relpath(os.path.join(self._folders[folder], name), self.root)

    def _shown(self, name: str) -> str:
        """A source as headers and messages have it: relative to the folder that the output folder stands in."""
        return os.path.relpath(os.path.join(self.root, name), os.path.dirname(self.root))

    def _digest(self, name: str) -> str:
        return self.digests.of(os.path.join(self.root, name))


@contextmanager
def _no_collection() -> Iterator[None]:
    """Hold back the cycle collector: a build makes a great many objects, hardly a cycle, and soon ends."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def quoted_path(path: str) -> str:
    """A path for one line of text: what is not printable, and ``%``, as ``%XX`` bytes."""
    return "".join(one if one.isprintable() and one != "%" else _escaped(one) for one in path)


def unquoted_path(text: str) -> str:
    """The path that ``quoted_path`` was given."""
    data = re.sub(rb"%([0-9A-F]{2})", lambda found: bytes([int(found[1], 16)]), os.fsencode(text))
    return os.fsdecode(data)


def _escaped(char: str) -> str:
    return "".join(f"%{byte:02X}" for byte in os.fsencode(char))


def _sources(paths: Sequence[Path]) -> YamlFiles:
    for path in paths:
        if not os.path.lexists(path):
            raise BuildError(f"{path}: no such file or folder")
    return YamlFiles(paths)


def _refused(sources: YamlFiles) -> list[Diagnostic]:
    if not sources.outside:
        return []
    from devgen.language.reading.description_files import refused_links

    return refused_links(sources)
