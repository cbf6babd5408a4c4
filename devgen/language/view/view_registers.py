"""Makes the views of a device's regions."""

from __future__ import annotations

from dataclasses import replace

from devgen.language import model
from devgen.language.view.register_views import (
    DoorbellView,
    EnumerationView,
    FieldView,
    Hook,
    RegionView,
    RegisterFileView,
    RegisterView,
    WindowView,
    WriteConstraintView,
)
from devgen.language.view.source_texts import Tree, below, count, hook, source_text, start_value


def view_region(region: model.Region, spec: Tree) -> RegionView:
    """Return the view of a region; ``spec`` is its mapping in the description."""
    specs = below(spec, "registers")
    files = [
        _file(region.name, entry, specs[entry.name])
        for entry in region.entries
        if isinstance(entry, model.RegisterFile)
    ]
    tops = [
        _register(region.name, entry, specs[entry.name])
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


def _file(region: str, file: model.RegisterFile, spec: Tree) -> RegisterFileView:
    elements = count(spec, file.count)
    stride = file.stride if elements else 0
    members = (_register(region, member, spec["registers"][member.name], file.name) for member in file.registers)
    when = hook(spec, "when", file.when)
    return RegisterFileView(
        region=region,
        name=file.name,
        title=file.title,
        description=file.description,
        offset=file.offset,
        count=elements,
        stride=stride,
        alternate=file.alternate,
        when=when,
        registers=tuple(
            replace(
                member,
                offset=file.offset + member.offset,
                count=elements,
                stride=stride,
                when=_both(when, member.when),
            )
            for member in members
        ),
    )


def _register(region: str, register: model.Register, spec: Tree, file: str | None = None) -> RegisterView:
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
        count=count(spec, register.count),
        stride=register.stride if register.count is not None else 0,
        fields=tuple(_field(path, field) for field in register.fields),
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


def _field(register: str, field: model.Field) -> FieldView:
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
        write_constraint=_constraint(field.constraint),
        volatile=field.volatile,
    )


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
