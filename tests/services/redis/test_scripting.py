"""Scripts see what scripts in Redis 7.0 see, to the words of every error, and can do no more than those."""

import pytest

from simulator.services.redis.settings import Settings
from tests.support.redis_desk import Client, Desk

pytest.importorskip("lupa")


@pytest.fixture
def client() -> Client:
    return Desk().client()


def said(client: Client, script: str, *args: str) -> str:
    return client("EVAL", script, 0, *args).decode().removesuffix("\r\n")


@pytest.mark.parametrize(
    ("script", "reply"),
    [
        ("return 1", ":1"),
        ("return 3.99", ":3"),
        ("return -3.99", ":-3"),
        ("return 'a'", "$1\r\na"),
        ("return true", ":1"),
        ("return false", "$-1"),
        ("return", "$-1"),
        ("return {1, 2, nil, 4}", "*2\r\n:1\r\n:2"),
        ("return {1, {'a', false}}", "*2\r\n:1\r\n*2\r\n$1\r\na\r\n$-1"),
        ("return redis.status_reply('fine')", "+fine"),
        ("return {ok='fine'}", "+fine"),
        ("return redis.error_reply('MY error')", "-MY error"),
        ("return redis.error_reply('error')", "-ERR error"),
        ("return {double=1.5}", "$3\r\n1.5"),
        ("return {map={a=1}}", "*2\r\n$1\r\na\r\n:1"),
        ("return {1, {err='X y'}}", "*2\r\n:1\r\n-X y"),
        ("return redis.call('SET', 'k', 0.1)", "+OK"),
        ("redis.call('SET', 'k', 0.1); return redis.call('GET', 'k')", "$19\r\n0.10000000000000001"),
        ("return redis.call('GET', 'none')", "$-1"),
        ("return redis.call('GET', 'none') == false", ":1"),
        ("redis.setresp(3); return redis.call('GET', 'none') == nil", ":1"),
        ("redis.setresp(3); redis.call('HSET','h','f',1); return redis.call('HGETALL','h').map.f", "$1\r\n1"),
        ("return redis.sha1hex('a')", "$40\r\n86f7e437faa5a7fce15d1ddcb9eaeaea377667b8"),
        ("return cjson.encode({1, 'a', {b=cjson.null}})", '$18\r\n[1,"a",{"b":null}]'),
        ('return cjson.decode(\'{"a":[1,2.5,"x"]}\').a[3]', "$1\r\nx"),
        ("return cmsgpack.unpack(cmsgpack.pack({1,'a'}))[2]", "$1\r\na"),
        ("return bit.bxor(5, 3)", ":6"),
        ("return bit.tohex(255)", "$8\r\n000000ff"),
        ("return {struct.unpack('>I2h', struct.pack('>I2h', 1, -2))}", "*3\r\n:1\r\n:-2\r\n:5"),
        ("return type(os)", None),
    ],
)
def test_what_a_script_returns_becomes_a_reply(client: Client, script: str, reply: str | None) -> None:
    if reply is None:
        assert "nonexistent global variable 'os'" in said(client, script)
    else:
        assert said(client, script) == reply


@pytest.mark.parametrize(
    ("script", "error"),
    [
        ("return nothing", "ERR user_script:1: Script attempted to access nonexistent global variable 'nothing'"),
        ("x = 1", "ERR user_script:1: Attempt to modify a readonly table"),
        ("redis.call = 1", "ERR user_script:1: Attempt to modify a readonly table"),
        ("error('boom')", "ERR user_script:1: boom"),
        ("error({err='MY thing'})", "MY thing"),
        ("return redis.call('NOSUCH')", "ERR Unknown Redis command called from script"),
        ("return redis.call('GET')", "ERR Wrong number of args calling Redis command from script"),
        ("return redis.call()", "ERR Please specify at least one argument for this redis lib call"),
        ("return redis.call({})", "ERR Lua redis lib command arguments must be strings or integers"),
        ("return redis.call('SUBSCRIBE', 'a')", "ERR This Redis command is not allowed from script"),
        ("return redis.call('EVAL', 'x', 0)", "ERR This Redis command is not allowed from script"),
        ("redis.call('SET','s',1); return redis.call('LPUSH','s',1)",
         "WRONGTYPE Operation against a key holding the wrong kind of value"),
        ("return cjson.decode('[1,')", "ERR user_script:1: Expected value but found T_END at character 4"),
        ("return cjson.encode(tostring)", "ERR user_script:1: Cannot serialise function: type not supported"),
        ("redis.setresp(4)", "ERR RESP version must be 2 or 3."),
    ],
)  # fmt: skip
def test_an_error_says_what_where_and_in_which_script(client: Client, script: str, error: str) -> None:
    from hashlib import sha1

    sha = sha1(script.encode()).hexdigest()

    assert said(client, script) == f"-{error} script: {sha}, on @user_script:1."


def test_the_host_cannot_be_reached(client: Client) -> None:
    for script in (
        "return python", "return io", "return require", "return dofile", "return loadfile", "return debug",
        "return getfenv", "return newproxy", "return print", "return package",
    ):  # fmt: skip
        assert "nonexistent global variable" in said(client, script)
    assert said(client, "return string.rep('x', 3); ") == "$3\r\nxxx"
    assert "bytecode" in said(client, "local f, why = loadstring('\\27Lua'); return why")
    assert said(client, "return tostring(redis.call.__class__)").startswith("-ERR")
    assert said(client, "return tostring(getmetatable('').__index == string)") == "$4\r\ntrue"


def test_pcall_gives_errors_as_texts_and_redis_pcall_as_tables(client: Client) -> None:
    client.line("SET s 1")
    script = "local good, why = pcall(redis.call, 'LPUSH', 's', 1); return {tostring(good), why}"
    assert said(client, script).startswith("*2\r\n$5\r\nfalse\r\n$65\r\nWRONGTYPE")
    assert said(client, "return redis.pcall('LPUSH', 's', 1).err").startswith("$65\r\nWRONGTYPE")


def test_a_script_without_end_is_ended_and_the_server_goes_on() -> None:
    client = Desk(Settings(script_steps_max=100_000)).client()

    assert "script_steps_max reached: 100000" in said(client, "while true do end")
    assert "script_steps_max reached" in said(client, "while true do pcall(function() while true do end end) end")
    assert client.line("PING") == b"+PONG\r\n"


def test_scripts_are_known_by_their_digests(client: Client) -> None:
    sha = "e0e1f9fabfc9d4800c877a703b823ac0578ff8db"
    assert client.line(f"EVALSHA {sha} 0") == b"-NOSCRIPT No matching script. Please use EVAL.\r\n"
    assert client("SCRIPT", "LOAD", "return 1") == f"$40\r\n{sha}\r\n".encode()
    assert client.line(f"EVALSHA {sha.upper()} 0") == b":1\r\n"
    assert client.line(f"SCRIPT EXISTS {sha} x") == b"*2\r\n:1\r\n:0\r\n"
    client.line("SCRIPT FLUSH")
    assert client.line(f"EVALSHA {sha} 0").startswith(b"-NOSCRIPT")


def test_keys_and_arguments_and_read_only_scripts(client: Client) -> None:
    assert client("EVAL", "return {KEYS[1], ARGV[1], #KEYS, #ARGV}", 1, "k", "v") == (
        b"*4\r\n$1\r\nk\r\n$1\r\nv\r\n:1\r\n:1\r\n"
    )
    assert client("EVAL_RO", "return redis.call('SET', 'a', 1)", 0).startswith(
        b"-ERR Write commands are not allowed from read-only scripts."
    )
    assert client("EVAL", "#!lua flags=no-writes\nreturn redis.call('SET', 'a', 1)", 0).startswith(
        b"-ERR Write commands are not allowed from read-only scripts."
    )


def test_functions_are_loaded_listed_called_and_deleted(client: Client) -> None:
    body = "function(keys, args) return redis.call('INCRBY', keys[1], args[1]) end"
    code = f"#!lua name=lib\nredis.register_function('add', {body})"
    assert client("FUNCTION", "LOAD", code) == b"$3\r\nlib\r\n"
    assert client("FUNCTION", "LOAD", code) == b"-ERR Library 'lib' already exists\r\n"
    assert client("FCALL", "add", 1, "n", 5) == b":5\r\n"
    assert client("FCALL_RO", "add", 1, "n", 5).startswith(b"-ERR Can not execute a script with write flag")
    assert b"add" in client.line("FUNCTION LIST")
    assert client.line("FUNCTION DELETE lib") == b"+OK\r\n"
    assert client("FCALL", "add", 1, "n", 5) == b"-ERR Function not found\r\n"


def test_what_a_script_wrote_is_passed_on_as_one_transaction() -> None:
    desk = Desk()
    passed: list[list[bytes]] = []
    desk.server.replication.append = lambda database, argv: passed.append(argv)  # type: ignore[method-assign]
    desk.client()("EVAL", "redis.call('SET', 'a', 1); redis.call('INCR', 'a'); return redis.call('GET', 'a')", 0)

    assert passed == [[b"MULTI"], [b"SET", b"a", b"1"], [b"INCR", b"a"], [b"EXEC"]]


def test_a_proof_tells_scripts_that_count_twice_from_those_that_do_not() -> None:
    desk = Desk(Settings(prove_scripts=True))
    client, listener = desk.client(), desk.client()
    listener.line("SUBSCRIBE news")
    listener.heard()
    client("EVAL", "redis.call('SET', KEYS[1], ARGV[1]); return 'done'", 1, "k", "v")
    assert [kind for kind, _ in desk.told if kind == "redis.script"] == []

    client("EVAL", "redis.call('PUBLISH', 'news', 'x'); return redis.call('INCR', KEYS[1])", 1, "n")
    [finding] = [fields for kind, fields in desk.told if kind == "redis.script"]
    assert finding["changed"] == ["0:n"]
    assert not finding["same_reply"]
    assert client.line("GET n") == b"$1\r\n1\r\n"
    assert listener.heard().count(b"news") == 1
    assert [one.idempotent for one in desk.server.scripting.findings] == [True, False]
