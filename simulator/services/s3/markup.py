"""XML: written as AWS writes it, and read strictly: no document types, no entities, no surprises in size or shape."""

from collections.abc import Callable, Iterator
from pyexpat import ExpatError, ParserCreate
from typing import Final, NoReturn

NAMESPACE: Final = "http://s3.amazonaws.com/doc/2006-03-01/"
DECLARATION: Final = '<?xml version="1.0" encoding="UTF-8"?>\n'
# The deepest document of the API is the lifecycle's, of seven levels.
DEPTH_MAX: Final = 16

_ESCAPES: Final = {ord("&"): "&amp;", ord("<"): "&lt;", ord(">"): "&gt;", ord('"'): "&quot;", ord("\r"): "&#13;"}
_ESCAPES.update({code: f"&#x{code:x};" for code in range(32) if chr(code) not in "\t\n\r"})


def escape(text: str) -> str:
    """Text between tags. Like AWS it writes control characters as references, which no XML 1.0 parser takes."""
    return text.translate(_ESCAPES)


def element(name: str, value: object) -> str:
    """A leaf; None leaves it out."""
    return "" if value is None else f"<{name}>{escape(str(value))}</{name}>"


def flag(value: bool) -> str:
    return "true" if value else "false"


def document(root: str, inside: str) -> bytes:
    text = f'{DECLARATION}<{root} xmlns="{NAMESPACE}">{inside}</{root}>'
    return text.encode("utf-8", "surrogatepass")


class Malformed(Exception):
    """The text is not the document that was expected."""


class Node:
    """An element that was read: its name without namespace, its text, its children, its attributes."""

    __slots__ = ("attributes", "children", "name", "text")

    def __init__(self, name: str, attributes: dict[str, str]) -> None:
        self.name = name
        self.attributes = attributes
        self.text = ""
        self.children: list[Node] = []

    def __iter__(self) -> Iterator["Node"]:
        return iter(self.children)

    def only(self, *names: str) -> None:
        """No child of another name, and no text between the children."""
        for child in self.children:
            if child.name not in names:
                raise Malformed(f"{child.name} inside {self.name}")
        if self.children and self.text.strip():
            raise Malformed(f"text inside {self.name}")

    def all(self, name: str) -> list["Node"]:
        return [child for child in self.children if child.name == name]

    def maybe(self, name: str) -> "Node | None":
        """The child of this name, of which there may be one."""
        found = self.all(name)
        if len(found) > 1:
            raise Malformed(f"{name} twice inside {self.name}")
        return found[0] if found else None

    def one(self, name: str) -> "Node":
        found = self.maybe(name)
        if found is None:
            raise Malformed(f"no {name} inside {self.name}")
        return found

    def leaf(self) -> str:
        """Its text, which is all that it may hold."""
        if self.children:
            raise Malformed(f"elements inside {self.name}")
        return self.text

    def value(self, name: str, default: str | None = None) -> str | None:
        found = self.maybe(name)
        return default if found is None else found.leaf()

    def number(self, name: str, default: int | None = None) -> int | None:
        text = self.value(name)
        return default if text is None else whole(text)


def whole(text: str) -> int:
    """A number without a sign, in few enough digits."""
    text = text.strip()
    if not text.isascii() or not text.isdecimal() or len(text) > 18:
        raise Malformed(f"{text!r} is no number")
    return int(text)


def parse(data: bytes, root: str, *, bytes_max: int) -> Node:
    """The document, whose root has this name; `Malformed` for everything else."""
    if not data:
        raise Malformed("nothing")
    if len(data) > bytes_max:
        raise Malformed(f"{len(data)} bytes, more than {bytes_max} (xml_bytes_max)")
    reader = _Reader()
    parser = ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    # A document type is where entities come from, and with them expansion without end and files from elsewhere.
    parser.StartDoctypeDeclHandler = _refuse("a document type")
    parser.EntityDeclHandler = _refuse("an entity")
    parser.ProcessingInstructionHandler = _refuse("a processing instruction")
    try:
        parser.Parse(data, True)
    except ExpatError as error:
        raise Malformed(str(error)) from None
    assert reader.root is not None
    if reader.root.name != root:
        raise Malformed(f"{reader.root.name}, not {root}")
    return reader.root


def _refuse(what: str) -> Callable[..., None]:
    def handler(*_arguments: object) -> NoReturn:
        raise Malformed(what)

    return handler


class _Reader:
    def __init__(self) -> None:
        self.root: Node | None = None
        self.open: list[Node] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        namespace, _, local = name.rpartition(" ")
        if namespace and namespace != NAMESPACE:
            raise Malformed(f"the namespace {namespace}")
        node = Node(local, attributes)
        if self.open:
            self.open[-1].children.append(node)
        else:
            self.root = node
        if len(self.open) >= DEPTH_MAX:
            raise Malformed(f"more than {DEPTH_MAX} levels")
        self.open.append(node)

    def end(self, _name: str) -> None:
        self.open.pop()

    def text(self, text: str) -> None:
        self.open[-1].text += text
