"""rdb: Redis' own format for values and snapshots, version 10, so that files and DUMP travel to and from a real Redis.

| module        | what it holds                                                                |
|---------------|--------------------------------------------------------------------------------|
| `crc64.py`    | the checksum                                                                   |
| `lzf.py`      | reading the compression that Redis uses; `compact.py` writes it                |
| `packs.py`    | listpacks, ziplists and intsets                                                |
| `primitive.py`| lengths and strings                                                            |
| `dump.py`     | one value as bytes, and DUMP's payload                                         |
| `compact.py`  | one value as Redis itself writes it, for DUMP                                  |
| `restore.py`  | one value from bytes                                                           |
| `streams.py`  | streams, which are made of listpacks                                           |
| `snapshot.py` | a whole file                                                                   |

Files hold collections in their plain forms, which every Redis reads; all forms of Redis 2.6 to 7.0 are read.
"""
