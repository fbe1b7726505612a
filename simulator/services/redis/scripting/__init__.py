"""Scripting: Lua 5.1 as Redis 7.0 has it (EVAL, FCALL), carried by lupa.

| module          | what it holds                                                        |
|-----------------|------------------------------------------------------------------------|
| `engine.py`     | scripts by their digests; one run of a script, and what it may call     |
| `functions.py`  | libraries of functions                                                  |
| `interpreter.py`| a Lua interpreter with the world of `prelude.lua`                       |
| `convert.py`    | replies as Lua values, Lua values as replies                            |
| `proof.py`      | every script twice: does the second run change more than the first?      |
| `cjson.py`, `cmsgpack.py`, `structs.py`, `bits.py` | the libraries that scripts find there   |
"""

from simulator.services.redis.scripting.engine import Scripting as Scripting
