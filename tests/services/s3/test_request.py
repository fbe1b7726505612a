"""Where a request's bucket and key are: in its path or in its host, decoded once and strictly."""

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.services.http.message import Request
from simulator.services.s3.errors import S3Error
from simulator.services.s3.request import PARAMETERS_MAX, S3Request, locate
from simulator.services.s3.settings import Settings

SETTINGS = Settings(domains=("localhost", "s3.example.org"))


def at(target: str, host: str = "127.0.0.1:9000", method: str = "GET") -> S3Request:
    return locate(Request(method, target, [("Host", host)]), SETTINGS)


@pytest.mark.parametrize(
    ("host", "target", "bucket", "key"),
    [
        ("127.0.0.1:9000", "/", "", ""),
        ("127.0.0.1:9000", "/bkt", "bkt", ""),
        ("127.0.0.1:9000", "/bkt/", "bkt", ""),
        ("127.0.0.1:9000", "/bkt/a/b", "bkt", "a/b"),
        ("127.0.0.1:9000", "/bkt//a", "bkt", "/a"),
        ("127.0.0.1:9000", "/bkt/a//b/", "bkt", "a//b/"),
        ("127.0.0.1:9000", "/bkt/../x", "bkt", "../x"),
        ("localhost", "/bkt/a", "bkt", "a"),
        ("bkt.localhost:9000", "/a/b", "bkt", "a/b"),
        ("BKT.LocalHost", "/a", "bkt", "a"),
        ("my.bkt.s3.example.org", "/a", "my.bkt", "a"),
        ("s3.example.org", "/bkt/a", "bkt", "a"),
        ("bkt.elsewhere.org", "/other/a", "other", "a"),
        ("bkt.localhost", "/", "bkt", ""),
        ("[::1]:9000", "/bkt/a", "bkt", "a"),
        ("127.0.0.1", "/bkt/%C3%A9%20+%2F", "bkt", "é +/"),
        ("127.0.0.1", "/bkt/100%25", "bkt", "100%"),
    ],
)
def test_bucket_and_key(host: str, target: str, bucket: str, key: str) -> None:
    found = at(target, host)

    assert (found.bucket, found.key) == (bucket, key)


@given(st.text(min_size=1, alphabet=st.characters(codec="utf-8")))
def test_any_key_arrives_as_it_was_sent(key: str) -> None:
    assert at(f"/bkt/{quote(key, safe='/~')}").key == key


@given(
    st.dictionaries(
        st.text(min_size=1, max_size=8, alphabet=st.characters(codec="utf-8")),
        st.text(max_size=8, alphabet=st.characters(codec="utf-8")),
    )
)
def test_any_parameters_arrive_as_they_were_sent(parameters: dict[str, str]) -> None:
    query = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in parameters.items())

    assert dict(at(f"/bkt?{query}").parameters) == parameters


@pytest.mark.parametrize("target", ["/bkt/%ff", "/b%80", "/bkt?x=%c3"])
def test_what_is_no_utf8_is_no_address(target: str) -> None:
    with pytest.raises(S3Error) as caught:
        at(target)

    assert caught.value.code == "InvalidURI"


def test_there_is_a_limit_to_parameters() -> None:
    with pytest.raises(S3Error, match=str(PARAMETERS_MAX)):
        at("/bkt?" + "&".join(f"a{number}=1" for number in range(PARAMETERS_MAX + 1)))


def test_of_a_parameter_that_comes_twice_the_first_counts() -> None:
    assert at("/bkt?prefix=a&prefix=b").parameters["prefix"] == "a"


def test_a_plus_is_a_space_in_a_parameter_and_a_plus_in_a_key() -> None:
    found = at("/bkt/a+b?prefix=c+d")

    assert (found.key, found.parameters["prefix"]) == ("a+b", "c d")
