"""Makes the views of a device's regions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import reduce
from math import prod

from devgen.language import ir, model
from devgen.language.view.hardware_views import HardwareView
from devgen.language.view.register_views import (
    DimensionView,
    DoorbellView,
    EnumerationView,
    FieldView,
    PathPartView,
    RegionView,
    RegisterFileView,
    RegisterView,
    WindowView,
    WriteConstraintView,
)
from devgen.language.view.source_texts import Tree, below, count, hook, size, source_text, start_value
from devgen.language.view.value_views import Hook, Size


def view_region(region: model.Region, spec: Tree) -> RegionView:
    """Return the view of a region; ``spec`` is its mapping in the description."""
    specs = below(spec, "registers")
    files = [_file(region.name, entry, specs) for entry in region.entries if isinstance(entry, model.RegisterFile)]
    tops = [
        _register(region.name, entry, [specs[entry.name]])
        for entry in region.entries
        if isinstance(entry, model.Register)
    ]
    registers = [*tops, *(member for file in files for member in file.registers)]
    return RegionView(
        name=region.name,
        description=region.description,
        kind=region.kind,
        space=region.space,
        bar=region.bar,
        offset=region.offset,
        size=region.size,
        valid=region.access.valid,
        implemented=region.access.implemented,
        endian=region.access.endian,
        unaligned=region.access.unaligned,
        decode=region.decode,
        reserved=region.reserved,
        contents=region.contents,
        registers=tuple(sorted(registers, key=lambda register: register.offset)),
        files=tuple(sorted(files, key=lambda file: file.offset)),
        doorbells=tuple(_doorbell(region.name, bell, below(spec, "doorbells", bell.name)) for bell in region.doorbells),
    )


def _file(region: str, file: model.RegisterFile, specs: Tree) -> RegisterFileView:
    chain = _specs(specs, file.name)
    spec, parts = chain[-1], _parts(file.path, chain)
    when = reduce(_both, (hook(outer, "when", file.when) for outer in chain), None)
    members = (
        _register(region, member, [*chain, spec["registers"][member.name]], file.name) for member in file.registers
    )
    return RegisterFileView(
        region=region,
        name=file.name,
        title=file.title,
        description=file.description,
        offset=file.offset,
        count=_total(parts),
        stride=file.stride if _total(parts) else 0,
        parts=parts,
        alternate=file.alternate,
        when=when,
        registers=tuple(
            replace(member, offset=file.offset + member.offset, when=_both(when, member.when)) for member in members
        ),
    )


def _specs(specs: Tree, path: str) -> list[Tree]:
    """Return the mappings of a register file and of those that it is in, the outermost first."""
    found: list[Tree] = []
    for part in path.split("."):
        found.append(specs[part])
        specs = below(specs, part, "registers")
    return found


def _parts(path: tuple[model.PathPart, ...], specs: list[Tree]) -> tuple[PathPartView, ...]:
    return tuple(
        PathPartView(part.name, tuple(_dimension(dim, spec, len(part.dimensions)) for dim in part.dimensions))
        for part, spec in zip(path, specs, strict=True)
    )


def _dimension(dim: model.Dimension, spec: Tree, dimensions: int) -> DimensionView:
    elements = count(spec, dim.count) if dimensions == 1 and "count" in spec else size(dim.count, dim.count.range.hi)
    assert elements is not None
    return DimensionView(elements, dim.stride, dim.names)


def _total(parts: tuple[PathPartView, ...]) -> Size | None:
    """Return the number of elements of all dimensions together; None without any."""
    dims = [dim.count for part in parts for dim in part.dimensions]
    if len(dims) < 2:
        return dims[0] if dims else None
    elements = prod(dim.greatest for dim in dims)
    return Size(" × ".join(dim.text for dim in dims), elements, elements, ir.Int(elements))


def _register(region: str, register: model.Register, chain: list[Tree], file: str | None = None) -> RegisterView:
    spec, parts = chain[-1], _parts(register.path, chain)
    dims = [dim for part in parts for dim in part.dimensions]
    prefix = f"{file}." if file else ""
    path = f"{prefix}{register.name}"
    return RegisterView(
        region=region,
        file=file,
        name=register.name,
        path=path,
        title=register.title,
        description=register.description,
        offset=register.offset,
        width=register.width,
        count=_total(parts),
        stride=dims[-1].stride if dims else 0,
        parts=parts,
        fields=tuple(_field(path, field, below(spec, "fields")) for field in register.fields),
        outputs=model.outputs_of(register.fields),
        access=register.access,
        reset=start_value(spec, register.reset),
        resets=register.resets,
        constant=register.constant or (),
        read_effect=register.read_effect,
        write_effect=register.write_effect,
        singlepulse=register.singlepulse,
        alias=None if register.alias is None else f"{prefix}{register.alias}",
        alternate=None if register.alternate is None else f"{prefix}{register.alternate}",
        when=hook(spec, "when", register.when),
        intent=None if register.intent is None else register.intent.value,
        write_enable=_lock(register.write_enable),
        reset_mask=register.reset_mask,
        write_constraint=_constraint(register.constraint),
        volatile=register.volatile,
        protection=register.protection,
        external=register.external,
        retain=register.retain,
        coalesce=register.coalesce,
        halves=register.halves,
        decode=register.decode,
        sizes=register.sizes,
        window=_window(register.window, spec),
        hooks=_hooks(register, spec),
    )


def _both(shared: Hook | None, own: Hook | None) -> Hook | None:
    """Return the condition of a member: that of its file and its own, which has both in its typed form."""
    if shared is None or own is None:
        return own or shared
    return Hook("when", f"({shared.text}) and ({own.text})", own.form)


def _lock(lock: model.Lock | None) -> Hook | None:
    return None if lock is None else Hook("write_enable", lock.text, lock.test)


def _window(window: model.Window | None, spec: Tree) -> WindowView | None:
    if window is None:
        return None
    return WindowView(window.region, Hook("at", source_text(spec["window"]["at"]), window.at))


def _hooks(register: model.Register, spec: Tree) -> tuple[Hook, ...]:
    forms = {
        "read": register.read,
        "write": register.write,
        "before_read": register.before_read,
        "on_read": register.on_read,
        "on_write": register.on_write,
    }
    found = (hook(spec, name, form) for name, form in forms.items())
    return tuple(hook for hook in found if hook is not None)


def _field(register: str, field: model.Field, specs: Tree) -> FieldView:
    return FieldView(
        name=field.name,
        path=f"{register}.{field.name}",
        title=field.title,
        description=field.description,
        lsb=field.lsb,
        msb=field.lsb + field.width - 1,
        width=field.width,
        mask=(1 << field.width) - 1 << field.lsb,
        access=field.access,
        reset=field.reset,
        read_effect=field.read_effect,
        write_effect=field.write_effect,
        singlepulse=field.singlepulse,
        values=tuple(_label(label) for label in field.labels),
        enumeration=field.enumeration,
        alternate=f"{register}.{field.alternate}" if field.alternate else None,
        stored=field.stored,
        reset_known=field.reset_known,
        write_enable=_lock(field.write_enable),
        write_constraint=_constraint(field.constraint),
        volatile=field.volatile,
        hardware=None if field.hardware is None else _hardware(field.hardware, specs[field.name]),
    )


def _hardware(hardware: model.Hardware, spec: Tree) -> HardwareView:
    key = "intr" if hardware.intr else "next"
    given = spec.get(key)
    source = hook(given, hardware.edge, hardware.source) if isinstance(given, Mapping) else None
    return HardwareView(
        intr=hardware.intr,
        edge=hardware.edge,
        sticky=hardware.sticky,
        source=hook(spec, key, hardware.source) if source is None else replace(source, name=key),
        we=hook(spec, "we", hardware.we),
        hwset=hook(spec, "hwset", hardware.hwset),
        hwclr=hook(spec, "hwclr", hardware.hwclr),
        enable=hook(spec, "enable", hardware.enable),
        mask=hook(spec, "mask", hardware.mask),
        haltenable=hook(spec, "haltenable", hardware.haltenable),
        haltmask=hook(spec, "haltmask", hardware.haltmask),
        counter=None if hardware.counter is None else tuple(_counter(hardware.counter, spec["counter"])),
    )


def _counter(counter: model.FieldCounter, spec: object) -> Iterator[Hook]:
    """Yield the keys of a field that counts."""
    for key in spec if isinstance(spec, Mapping) else ():
        form = getattr(counter, key)
        if isinstance(form, ir.FieldPlace):
            form = ir.Load(form, ir.Range.unsigned(form.width))
        found = hook(spec, key, form) if isinstance(spec, Mapping) else None
        if found is not None:
            yield found


def _constraint(constraint: model.WriteConstraint | None) -> WriteConstraintView | None:
    return None if constraint is None else WriteConstraintView(constraint.kind, constraint.low, constraint.high)


def _label(label: model.Label) -> EnumerationView:
    return EnumerationView(
        name=label.name,
        value=label.value,
        mask=label.mask,
        exact=label.exact,
        text=label.text,
        use=label.use,
        title=label.title,
        description=label.description,
    )


def _doorbell(region: str, bell: model.Doorbell, spec: Tree) -> DoorbellView:
    return DoorbellView(
        region=region,
        name=bell.name,
        description=bell.description,
        offset=bell.offset,
        length=bell.length,
        match=bell.match,
        count=bell.count,
        stride=bell.stride if bell.count is not None else 0,
        on_ring=hook(spec, "on_ring", bell.on_ring),
    )
