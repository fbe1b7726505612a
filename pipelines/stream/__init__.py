"""StreamProcessor: uploads files to S3 while they grow, and keeps in Redis where it stands.

What it promises, and why each rule is there, is in docs/guide/stream.md. The protocol's core:

plan        which bytes part n holds
names       ids of streams, object keys, keys of Redis
policy      the numbers of the protocol
records     what Redis keeps of a stream, as values
machine     decisions: what to do next, and what an answer of S3 means; no I/O
scripts/    the transitions, in Lua
state       the streams in Redis
store       the calls to S3
source      the file: who it is, what it holds
processor   StreamProcessor: one path, its stream, one pass after another
publishing  what is found out about a recording once it is published
"""
