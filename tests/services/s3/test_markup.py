"""XML is read strictly and safely, and written so that it reads back."""

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.services.s3.markup import DEPTH_MAX, Malformed, document, element, escape, parse

BOMB = (
    b'<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;">]>'
    b"<Delete><Object><Key>&c;</Key></Object></Delete>"
)


@given(
    st.text(alphabet=st.characters(codec="utf-8", exclude_categories=("Cc", "Cn", "Cs"), include_characters="\t\n\r"))
)
def test_any_text_that_xml_can_hold_reads_back_as_it_was_written(text: str) -> None:
    written = document("Root", element("Leaf", text))

    assert parse(written, "Root", bytes_max=10_000).one("Leaf").leaf() == text
    assert (ElementTree.fromstring(written)[0].text or "") == text


def test_control_characters_are_written_as_references_as_aws_does() -> None:
    assert escape("a\x01<&>\"'\r\n") == "a&#x1;&lt;&amp;&gt;&quot;'&#13;\n"


@pytest.mark.parametrize(
    "text",
    [
        BOMB,
        b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><Delete/>',
        b"<!DOCTYPE Delete><Delete/>",
        b"<?php x?><Delete/>",
        b"",
        b"Delete",
        b"<Delete>",
        b"<Delete></Other>",
        b"<Delete/><Delete/>",
        b"<delete/>",
        b'<Delete xmlns="urn:other"/>',
        b"<Delete>&unknown;</Delete>",
        b"\xff<Delete/>",
        b"<Delete>\x00</Delete>",
        b"<a>" * (DEPTH_MAX + 1) + b"</a>" * (DEPTH_MAX + 1),
    ],
)
def test_what_is_dangerous_or_no_document_is_malformed(text: bytes) -> None:
    with pytest.raises(Malformed):
        parse(text, "Delete", bytes_max=10_000)


def test_there_is_a_limit_to_the_size() -> None:
    with pytest.raises(Malformed, match="xml_bytes_max"):
        parse(b"<Delete>" + b" " * 100 + b"</Delete>", "Delete", bytes_max=100)


@given(st.binary(max_size=60))
def test_any_bytes_are_a_document_or_malformed(text: bytes) -> None:
    try:
        parse(text, "a", bytes_max=100)
    except Malformed:
        pass


def test_what_is_expected_once_may_come_once() -> None:
    node = parse(b"<a><b>1</b><b>2</b><c><d/></c></a>", "a", bytes_max=100)

    assert [each.leaf() for each in node.all("b")] == ["1", "2"]
    for call in (lambda: node.one("b"), lambda: node.one("x"), lambda: node.only("b"), lambda: node.one("c").leaf()):
        with pytest.raises(Malformed):
            call()


@pytest.mark.parametrize("text", ["", "x", "-1", "1.5", "1" * 19, "٣", "+1"])
def test_a_number_is_digits(text: str) -> None:
    with pytest.raises(Malformed):
        parse(document("a", element("n", text)), "a", bytes_max=1000).number("n")


def test_both_namespaces_of_old_are_taken_and_a_declaration_too() -> None:
    space = b'<?xml version="1.0" encoding="UTF-8"?><a xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><b>1</b></a>'

    assert (
        parse(space, "a", bytes_max=1000).number("b") == parse(b"<a><b>1</b></a>", "a", bytes_max=1000).number("b") == 1
    )
