"""Limits: up to what size collections are kept in their compact form, which OBJECT ENCODING shows."""

from dataclasses import dataclass


@dataclass
class Limits:
    """The thresholds of the configuration, under the names they have there; CONFIG SET changes them in place."""

    hash_max_listpack_entries: int = 128
    hash_max_listpack_value: int = 64
    set_max_intset_entries: int = 512
    zset_max_listpack_entries: int = 128
    zset_max_listpack_value: int = 64
    hll_sparse_max_bytes: int = 3000
    stream_node_max_bytes: int = 4096
    stream_node_max_entries: int = 100
    list_max_listpack_size: int = -2
    proto_max_bulk_len: int = 512 << 20
