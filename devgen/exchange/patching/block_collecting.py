"""Rules that make arrays and clusters of a block's registers, or dissolve them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from devgen.exchange.patching.collecting import array_of, common_stride, indices, shape
from devgen.exchange.patching.patch_report import PatchReport
from devgen.exchange.patching.register_rules import RegisterRules
from devgen.exchange.patching.rules import Rule, Rules, check_keys
from devgen.exchange.patching.specs import Spec
from devgen.exchange.patching.svd_keys import words
from devgen.exchange.register_map import Dimension, Group, Register
from devgen.exchange.svd.svd_values import split_name

Members = tuple[Register | Group, ...]

_ARRAY_KEYS: Final = ("name", "description", "displayName", "dimIncrement", "_start_from_zero")
_INNER_KEYS: Final = ("name", "description")
_EXPANSION: Final = ("_preindex", "_postindex", "_zeroindex", "_noprefix")


@dataclass(slots=True, frozen=True)
class BlockCollecting:
    """Applies ``_array``, ``_cluster``, ``_expand_array`` and ``_expand_cluster``."""

    report: PatchReport
    path: str
    rules_of: Callable[[str], RegisterRules]
    block: Callable[[Group, Rules, Members], Group]

    def applied(self, members: Members, rule: Rule) -> Members:
        """Return the members after one of the four keys. Raises FileError."""
        steps = {
            "_array": self._array,
            "_cluster": self._cluster,
            "_expand_array": self._expand_array,
            "_expand_cluster": self._expand_cluster,
        }
        for entry in rule.names() if rule.key.startswith("_expand") else rule.rules().values():
            members = steps[rule.key](members, entry)
        return members

    def _registers(self, members: Members, spec: Spec) -> list[Register]:
        found = [part for part in members if isinstance(part, Register) and spec.matched((part.name,))]
        if not found:
            spec.missing(self.path, (part.name for part in members))
        return sorted(found, key=lambda part: part.offset)

    def _array(self, members: Members, rule: Rule) -> Members:
        spec = Spec.of(rule)
        found = self._registers(members, spec)
        if not found:
            return members
        array = array_of(found, rule, spec, self.path)
        array = self._content(array, rule, _ARRAY_KEYS)
        self.report.say(rule, f"{self.path}.{array.name}", f"an array of {len(found)} registers")
        return _in_place(members, found, array)

    def _cluster(self, members: Members, rule: Rule) -> Members:
        own = {key: entry for key, entry in rule.rules().items() if key.startswith("_")}
        keys = {key: entry for key, entry in rule.rules().items() if key not in (*own, "description", "dimIncrement")}
        columns: list[tuple[Rule, Spec, list[Register]]] = []
        for entry in keys.values():
            spec = Spec.of(entry)
            found = self._registers(members, spec)
            columns += [(entry, spec, found)] if found else []
        if not columns:
            rule.refuse(f"names no registers of {self.path}")
        whole = [register for _, _, found in columns for register in found]
        base = min(register.offset for register in whole)
        repeated = self._dimension(rule, columns) if "%s" in rule.key else None
        inner = [self._inner(entry, spec, found, base, repeated, rule) for entry, spec, found in columns]
        name, pattern = split_name(rule.key, repeated)
        said = rule.rules().get("description")
        group = Group(name, base, tuple(inner), rule.place, words(said) if said else "", repeated, pattern)
        self.report.say(rule, f"{self.path}.{name}", f"a cluster of {len(whole)} registers")
        return _in_place(members, whole, self.block(group, own, members) if own else group)

    def _dimension(self, rule: Rule, columns: Sequence[tuple[Rule, Spec, list[Register]]]) -> Dimension:
        """Return the repetition that all columns of a cluster have. Raises FileError."""
        common: Dimension | None = None
        stated = rule.rules()["dimIncrement"].number() if "dimIncrement" in rule.rules() else 0
        for entry, spec, found in columns:
            index = indices(spec, [register.name for register in found])
            stride = common_stride(entry, self.path, [register.offset for register in found], stated)
            if common is not None and (index, stride) != (common.names, common.stride):
                text = (
                    f"its indices {', '.join(index[:8])} and distance {stride:#x} are not those of the first register"
                )
                entry.refuse(text)
            if len({shape(register) for register in found}) > 1:
                entry.refuse(f"the registers in {self.path} differ in width, access or fields")
            common = Dimension(index, stride)
        assert common is not None  # the caller has columns
        if common.stride == 0:
            rule.refuse("one element only: write its 'dimIncrement'")
        return common

    def _inner(
        self, entry: Rule, spec: Spec, found: list[Register], base: int, repeated: Dimension | None, rule: Rule
    ) -> Register:
        first = found[0]
        if repeated is None and len(found) > 1:
            entry.refuse(f"matches {len(found)} registers; a cluster without '%s' has each once")
        before, after = spec.token(spec.matched((first.name,))) if repeated else (0, 0)
        name = first.name[:before] + first.name[len(first.name) - after :] if repeated else first.name
        keys = entry.rules()
        name = keys["name"].text() if "name" in keys else name
        if not name:
            entry.refuse("nothing is left of the name without the index: write 'name: NAME'")
        text = words(keys["description"]) if "description" in keys else first.description
        inner = replace(first, name=name, offset=first.offset - base, description=text)
        if repeated and inner.offset >= repeated.stride:
            entry.refuse(f"is {inner.offset:#x} after the cluster's start, beyond its {repeated.stride:#x} bytes")
        return self._content(inner, entry, _INNER_KEYS)

    def _content(self, register: Register, rule: Rule, own: Sequence[str]) -> Register:
        """Return the register with the rules for its fields that stand beside the keys of the array."""
        rules = {key: entry for key, entry in rule.rules().items() if key not in own}
        return self.rules_of(f"{self.path}.{register.name}").applied(register, rules) if rules else register

    def _expand_array(self, members: Members, rule: Rule) -> Members:
        check_keys(rule.rules(), (), "an expansion")
        return self._expanded(members, rule, lambda part: _elements(part) if isinstance(part, Register) else None)

    def _expand_cluster(self, members: Members, rule: Rule) -> Members:
        keys = rule.rules()
        check_keys(keys, _EXPANSION, "an expansion")
        before = keys["_preindex"].text() if "_preindex" in keys else "_"
        after = keys["_postindex"].text() if "_postindex" in keys else "_"
        zero, bare = (bool(keys[key].value) if key in keys else False for key in ("_zeroindex", "_noprefix"))

        def dissolve(part: Register | Group) -> list[Register | Group] | None:
            if not isinstance(part, Group):
                return None
            names = part.dimension.names if part.dimension else ("0",) if zero else ("",)
            stride = part.dimension.stride if part.dimension else 0
            if bare and len(names) > 1:
                rule.refuse(f"_noprefix: {part.name} has {len(names)} elements, whose registers need different names")
            found: list[Register | Group] = []
            for step, index in enumerate(names):
                prefix = "" if bare else _prefix(part, index, before, after)
                found += [_prefixed(inner, prefix, part.offset + step * stride) for inner in part.members]
            return found

        return self._expanded(members, rule, dissolve)

    def _expanded(
        self, members: Members, rule: Rule, dissolve: Callable[[Register | Group], Sequence[Register | Group] | None]
    ) -> Members:
        spec, matched = Spec.of(rule), False
        grown: list[Register | Group] = []
        for part in members:
            names = (part.name, part.pattern or f"{part.name}%s", f"{part.name}[%s]")
            parts = dissolve(part) if spec.matched(names) else None
            if parts is None:
                grown.append(part)
                continue
            matched = True
            self.report.say(rule, f"{self.path}.{part.name}", f"expanded to {len(parts)} registers")
            grown += parts
        if not matched:
            spec.missing(self.path, (part.name for part in members))
        return tuple(grown)


def _in_place(members: Members, gone: Iterable[Register], new: Register | Group) -> Members:
    """Return the members with ``new`` where the first of the others was."""
    out = {id(part) for part in gone}
    first = next(place for place, part in enumerate(members) if id(part) in out)
    rest = [part for part in members if id(part) not in out]
    return (*rest[:first], new, *rest[first:])


def _elements(register: Register) -> list[Register] | None:
    if register.dimension is None:
        return None
    pattern = register.pattern or f"{register.name}%s"
    return [
        replace(
            register,
            name=pattern.replace("%s", index),
            pattern="",
            dimension=None,
            offset=register.offset + step * register.dimension.stride,
        )
        for step, index in enumerate(register.dimension.names)
    ]


def _prefix(group: Group, index: str, before: str, after: str) -> str:
    """Return the prefix that registers of a dissolved cluster get."""
    if group.pattern:
        return f"{group.pattern.replace('%s', index)}{after}"
    return f"{group.name}{before}{index}{after}" if index else f"{group.name}{after}"


def _prefixed(part: Register | Group, prefix: str, offset: int) -> Register | Group:
    return replace(
        part, name=prefix + part.name, pattern=part.pattern and prefix + part.pattern, offset=offset + part.offset
    )
