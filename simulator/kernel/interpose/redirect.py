"""Redirects functions below the language, so that those who imported them early are redirected too.

`from time import time` binds the C function object itself: replacing `time.time` in its module would
miss it. So the function object is changed in place. A builtin is a small C struct that points to a
method definition and carries a `self`; pointing it to a definition whose C function is CPython's own
`PyObject_Vectorcall`, with our Python function as `self`, makes every call of the builtin a call of
ours: arguments, keywords, exceptions and greenlet switches all work, and no C code of ours is needed.

C types are read-only to Python, but the dictionary behind one can be reached through the garbage
collector; `method` replaces an entry there and tells the interpreter that its caches are stale.

Redirections are made once per interpreter and stay: each replacement asks `here.process` and calls
the original when no simulated process is running.
"""

import copyreg
import ctypes
import gc
import sys
from collections.abc import Callable
from types import FunctionType
from typing import Any, Final

from simulator.kernel.state import here

_FASTCALL_KEYWORDS: Final = 0x0080 | 0x0002  # METH_FASTCALL | METH_KEYWORDS
_METHOD: Final = 0x0200  # METH_METHOD: the struct goes on with the class that defines the method.
_IMMUTABLE_TYPE: Final = 1 << 8  # Py_TPFLAGS_IMMUTABLETYPE
_STATIC_BUILTIN: Final = 1 << 1  # _Py_TPFLAGS_STATIC_BUILTIN
_HASH_SLOT: Final = 15 * ctypes.sizeof(ctypes.c_void_p)  # Words of PyTypeObject before `tp_hash`.


class _MethodDef(ctypes.Structure):
    """CPython's PyMethodDef."""

    _fields_ = (
        ("name", ctypes.c_char_p),
        ("function", ctypes.c_void_p),
        ("flags", ctypes.c_int),
        ("doc", ctypes.c_char_p),
    )


class _Builtin(ctypes.Structure):
    """CPython's PyCFunctionObject, unchanged from 3.9 to 3.13 (builds without the GIL differ)."""

    _fields_ = (
        ("refcount", ctypes.c_ssize_t),
        ("type", ctypes.c_void_p),
        ("definition", ctypes.POINTER(_MethodDef)),
        ("self", ctypes.c_void_p),
        ("module", ctypes.c_void_p),
        ("weakrefs", ctypes.c_void_p),
        ("vectorcall", ctypes.c_void_p),
    )


_BuiltinFunction = type(len)
_vectorcall_address: Final = ctypes.cast(ctypes.pythonapi.PyObject_Vectorcall, ctypes.c_void_p).value
_kept: list[object] = []
"""What C structs point to without owning it: definitions and replacements live as long as the interpreter."""
ctypes.pythonapi.Py_IncRef(ctypes.py_object(_kept))  # Longer, even: builtins are called while modules are torn down.

_originals: dict[int, Any] = {}


def _entry_point() -> int:
    """The vectorcall entry that CPython uses for builtins of the flags we set; read from one that has them."""
    for function in (*vars(sys.modules["builtins"]).values(), *vars(sys).values()):
        if type(function) is _BuiltinFunction:
            struct = _Builtin.from_address(id(function))
            if struct.definition.contents.flags == _FASTCALL_KEYWORDS and struct.vectorcall:
                return int(struct.vectorcall)
    raise AssertionError("this CPython has no builtin with METH_FASTCALL | METH_KEYWORDS")


def original(builtin: Callable[..., Any]) -> Callable[..., Any]:
    """The real function behind a builtin, redirected or not."""
    real: Callable[..., Any] = _originals.get(id(builtin), builtin)
    return real


def redirect(builtin: Any, replacement: Callable[..., Any]) -> Callable[..., Any]:
    """Make every call of a C builtin a call of `replacement`; return a callable of the real one."""
    assert isinstance(builtin, _BuiltinFunction), f"{builtin!r} is not a C builtin"
    assert id(builtin) not in _originals, f"{builtin!r} is redirected already"
    copyreg.pickle(_BuiltinFunction, _reduced)
    struct = _Builtin.from_address(id(builtin))
    real = _twin(builtin, struct)
    old = struct.definition.contents
    definition = _MethodDef(old.name, _vectorcall_address, _FASTCALL_KEYWORDS, old.doc)
    _kept.extend((definition, replacement, builtin))
    _originals[id(builtin)] = real
    # The builtin owns a reference to its module or instance; ours takes its place and the old one is kept for good.
    _kept.append(getattr(builtin, "__self__", None))
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(replacement))
    struct.definition = ctypes.pointer(definition)
    struct.self = id(replacement)
    struct.vectorcall = _entry_point()
    return real


def _reduced(builtin: Any) -> Any:
    """What pickle stores of a builtin: of a redirected one its name, for its `self` is ours."""
    return builtin.__name__ if id(builtin) in _originals else builtin.__reduce_ex__(2)


def _twin(builtin: Any, struct: _Builtin) -> Callable[..., Any]:
    """Another builtin of the same definition, to call the original by."""
    make = ctypes.pythonapi.PyCMethod_New
    make.restype = ctypes.py_object
    make.argtypes = (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)
    address = ctypes.cast(struct.definition, ctypes.c_void_p)
    owner = None
    if struct.definition.contents.flags & _METHOD:
        owner = ctypes.c_void_p.from_address(id(builtin) + ctypes.sizeof(_Builtin)).value
    twin: Callable[..., Any] = make(address, struct.self, struct.module, owner)
    return twin


def type_dict(owner: type) -> dict[str, Any]:
    """The real dictionary behind a type's read-only view."""
    for referent in gc.get_referents(owner.__dict__):
        if isinstance(referent, dict):
            return referent
    raise AssertionError(f"{owner!r} hides its dictionary")


def method(owner: type, name: str, replacement: Any) -> Any:
    """Replace an entry of a C type's dictionary, for every instance there is; return what was there."""
    entries = type_dict(owner)
    real = entries[name]
    _kept.append(real)
    entries[name] = replacement
    ctypes.pythonapi.PyType_Modified(ctypes.py_object(owner))
    return real


def slot(owner: type, name: str, replacement: Any) -> Any:
    """Set a special method of a C type, such as `__hash__`, which lives in a slot and not only in the dictionary."""
    if owner.__flags__ & _STATIC_BUILTIN and sys.version_info >= (3, 12):
        return _slot_of_builtin(owner, name, replacement)
    flags = ctypes.c_ulong.from_address(id(owner) + _flags_offset())
    real = getattr(owner, name)
    _kept.append(real)
    before = flags.value
    flags.value = before & ~_IMMUTABLE_TYPE
    try:
        setattr(owner, name, replacement)
    finally:
        flags.value = flags.value | (before & _IMMUTABLE_TYPE)
    return real


def _slot_of_builtin(owner: type, name: str, replacement: Any) -> Any:
    """The same for the interpreter's own types: from Python 3.12 `setattr` does not find their dictionary."""
    assert name == "__hash__", f"no other slot of {owner!r} was ever needed"
    real = getattr(owner, name)
    _kept.append(real)
    _check_hash_slot()
    donor = type("donor", (), {name: replacement})
    type_dict(owner)[name] = replacement
    copy_hash(donor, owner)
    return real


def copy_hash(giver: type, taker: type) -> None:
    """Let a type hash as another does, without a word in its dictionary."""
    _hash_slot(taker).value = _hash_slot(giver).value
    ctypes.pythonapi.PyType_Modified(ctypes.py_object(taker))


def _hash_slot(owner: type) -> ctypes.c_void_p:
    return ctypes.c_void_p.from_address(id(owner) + _HASH_SLOT)


def _check_hash_slot() -> None:
    """Lists cannot be hashed: the slot of `list` holds a function that CPython exports."""
    refusing = ctypes.cast(ctypes.pythonapi.PyObject_HashNotImplemented, ctypes.c_void_p).value
    assert _hash_slot(list).value == refusing, "cannot find tp_hash in this CPython's type objects"


def _flags_offset() -> int:
    """Where `tp_flags` lies in a type object: found by looking for the value that Python reports."""
    word = ctypes.sizeof(ctypes.c_ulong)
    for probe in (int, str, dict):
        offsets = [
            offset
            for offset in range(0, 400, word)
            if ctypes.c_ulong.from_address(id(probe) + offset).value == probe.__flags__
        ]
        if len(offsets) == 1:
            return offsets[0]
    raise AssertionError("cannot find tp_flags in this CPython's type objects")


def door(builtin: Any, make: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
    """Redirect a builtin to `make(real)`, where `real` is the function that the builtin was."""
    real = _twin(builtin, _Builtin.from_address(id(builtin)))
    redirect(builtin, make(real))


def inside(builtin: Any, simulated: Callable[..., Any]) -> None:
    """Redirect a builtin to `simulated` in a simulated process; elsewhere it stays what it is."""

    def make(real: Callable[..., Any]) -> Callable[..., Any]:
        def door(*args: Any, **kwargs: Any) -> Any:
            return real(*args, **kwargs) if here.process is None else simulated(*args, **kwargs)

        return door

    door(builtin, make)


def _call_through(*args: Any, **kwargs: Any) -> Any:
    target: Any = "replacement"
    return target(*args, **kwargs)


def function(owner: Any, name: str, make: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
    """Redirect a Python function to `make(real)`: its code is exchanged, so early imports are reached as well."""
    changed = getattr(owner, name)
    assert isinstance(changed, FunctionType), f"{changed!r} is not a Python function"
    assert not changed.__code__.co_freevars, f"{changed!r} has variables of an enclosing function"
    real = FunctionType(changed.__code__, changed.__globals__, changed.__name__, changed.__defaults__)
    real.__kwdefaults__ = changed.__kwdefaults__
    code = _call_through.__code__
    constants = tuple(make(real) if value == "replacement" else value for value in code.co_consts)
    changed.__code__ = code.replace(co_consts=constants, co_name=changed.__name__, co_qualname=changed.__qualname__)
