"""Information: INFO, section by section, with what this server really counts."""

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from simulator.services.redis.settings import VERSION

if TYPE_CHECKING:
    from simulator.services.redis.server import Server

Fields = dict[str, object]
DEFAULT: Final = (
    "server", "clients", "memory", "persistence", "stats", "replication", "cpu", "modules", "errorstats", "cluster",
    "keyspace",
)  # fmt: skip
ALL: Final = (*DEFAULT[:8], "commandstats", "errorstats", "latencystats", "cluster", "keyspace")
_UNITS: Final = ((1 << 30, "G"), (1 << 20, "M"), (1 << 10, "K"))


def human(size: int) -> str:
    """Return a number of bytes as INFO shows it to people."""
    for unit, letter in _UNITS:
        if size >= unit:
            return f"{size / unit:.2f}{letter}"
    return f"{size}B"


def _server(server: "Server") -> Fields:
    now_ms = server.keyspace.now_ms
    uptime_s = (now_ms - server.statistics.started_ms) // 1000
    return {
        "redis_version": VERSION, "redis_git_sha1": "00000000", "redis_git_dirty": 0, "redis_build_id": "soundstage",
        "redis_mode": "standalone", "os": "Linux", "arch_bits": 64, "monotonic_clock": "POSIX clock_gettime",
        "multiplexing_api": "asyncio", "atomicvar_api": "none", "gcc_version": "0.0.0", "process_id": os.getpid(),
        "process_supervised": "no", "run_id": server.replication.run_id, "tcp_port": server.port,
        "server_time_usec": now_ms * 1000, "uptime_in_seconds": uptime_s, "uptime_in_days": uptime_s // 86400,
        "hz": server.config["hz"], "configured_hz": server.config["hz"], "lru_clock": now_ms // 1000 & 0xFFFFFF,
        "executable": "/usr/bin/redis-server", "config_file": server.settings.config_file, "io_threads_active": 0,
    }  # fmt: skip


def _clients(server: "Server") -> Fields:
    normal = [session for session in server.sessions.values() if session.kind != "replica"]
    return {
        "connected_clients": len(normal), "cluster_connections": 0, "maxclients": server.config["maxclients"],
        "client_recent_max_input_buffer": max((one.parser.pending for one in normal), default=0),
        "client_recent_max_output_buffer": 0, "blocked_clients": server.waiting.count,
        "tracking_clients": len(server.tracking.clients),
        "clients_in_timeout_table": sum(
            1 for one in normal if one.waiting is not None and one.waiting.blocked.deadline_ms is not None
        ),
    }  # fmt: skip


def _memory(server: "Server") -> Fields:
    from simulator.services.redis.memory import SERVER_BYTES

    used, peak = server.upkeep.used(), server.upkeep.peak
    dataset, most = used - SERVER_BYTES, server.config["maxmemory"]
    scripts = server.scripting.memory
    return {
        "used_memory": used, "used_memory_human": human(used), "used_memory_rss": used,
        "used_memory_rss_human": human(used),
        "used_memory_peak": peak, "used_memory_peak_human": human(peak),
        "used_memory_peak_perc": f"{100 * used / peak:.2f}%", "used_memory_overhead": SERVER_BYTES,
        "used_memory_startup": SERVER_BYTES, "used_memory_dataset": dataset,
        "used_memory_dataset_perc": f"{100 * dataset / used:.2f}%", "allocator_allocated": used,
        "allocator_active": used, "allocator_resident": used, "total_system_memory": 0,
        "total_system_memory_human": "0B",
        "used_memory_lua": 32768, "used_memory_vm_eval": 32768, "used_memory_lua_human": "32.00K",
        "used_memory_scripts_eval": scripts, "number_of_cached_scripts": server.scripting.count,
        "number_of_functions": server.scripting.functions.count,
        "number_of_libraries": len(server.scripting.functions.libraries),
        "used_memory_vm_functions": 33792, "used_memory_vm_total": 66560, "used_memory_vm_total_human": "65.00K",
        "used_memory_functions": 200, "used_memory_scripts": 200 + scripts,
        "used_memory_scripts_human": human(200 + scripts), "maxmemory": most, "maxmemory_human": human(most),
        "maxmemory_policy": server.config["maxmemory-policy"], "allocator_frag_ratio": "1.00",
        "allocator_frag_bytes": 0, "allocator_rss_ratio": "1.00", "allocator_rss_bytes": 0,
        "rss_overhead_ratio": "1.00",
        "rss_overhead_bytes": 0, "mem_fragmentation_ratio": "1.00", "mem_fragmentation_bytes": 0,
        "mem_not_counted_for_evict": 0, "mem_replication_backlog": server.replication.backlog_bytes,
        "mem_total_replication_buffers": server.replication.backlog_bytes, "mem_clients_slaves": 0,
        "mem_clients_normal": 0, "mem_cluster_links": 0, "mem_aof_buffer": 0, "mem_allocator": "python",
        "active_defrag_running": 0, "lazyfree_pending_objects": 0, "lazyfreed_objects": 0,
    }  # fmt: skip


def _persistence(server: "Server") -> Fields:
    kept = server.persistence
    fields: Fields = {
        "loading": int(kept.loading), "async_loading": 0, "current_cow_peak": 0, "current_cow_size": 0,
        "current_cow_size_age": 0, "current_fork_perc": "0.00", "current_save_keys_processed": 0,
        "current_save_keys_total": 0, "rdb_changes_since_last_save": kept.changes,
        "rdb_bgsave_in_progress": int(kept.saving), "rdb_last_save_time": kept.last_save_ms // 1000,
        "rdb_last_bgsave_status": "ok" if kept.last_save_good else "err",
        "rdb_last_bgsave_time_sec": -1 if not kept.saves else 0,
        "rdb_current_bgsave_time_sec": 0 if kept.saving else -1, "rdb_saves": kept.saves, "rdb_last_cow_size": 0,
        "rdb_last_load_keys_expired": kept.load_expired, "rdb_last_load_keys_loaded": kept.load_keys,
        "aof_enabled": int(server.config["appendonly"]), "aof_rewrite_in_progress": 0, "aof_rewrite_scheduled": 0,
        "aof_last_rewrite_time_sec": 0 if kept.rewrites else -1, "aof_current_rewrite_time_sec": -1,
        "aof_last_bgrewrite_status": "ok", "aof_rewrites": kept.rewrites, "aof_rewrites_consecutive_failures": 0,
        "aof_last_write_status": "ok" if kept.last_write_good else "err", "aof_last_cow_size": 0,
        "module_fork_in_progress": 0, "module_fork_last_cow_size": 0,
    }  # fmt: skip
    if server.config["appendonly"]:
        fields |= {
            "aof_current_size": kept.aof_bytes, "aof_base_size": kept.aof_base_bytes, "aof_pending_rewrite": 0,
            "aof_buffer_length": 0, "aof_pending_bio_fsync": 0, "aof_delayed_fsync": 0,
        }  # fmt: skip
    return fields


def _stats(server: "Server") -> Fields:
    stats, keyspace, pubsub, tracking = server.statistics, server.keyspace, server.pubsub, server.tracking
    return {
        "total_connections_received": stats.connections, "total_commands_processed": stats.processed,
        "instantaneous_ops_per_sec": 0, "total_net_input_bytes": stats.input_bytes,
        "total_net_output_bytes": stats.output_bytes, "total_net_repl_input_bytes": server.replication.input_bytes,
        "total_net_repl_output_bytes": server.replication.output_bytes, "instantaneous_input_kbps": "0.00",
        "instantaneous_output_kbps": "0.00", "instantaneous_input_repl_kbps": "0.00",
        "instantaneous_output_repl_kbps": "0.00", "rejected_connections": stats.rejected_connections,
        "sync_full": stats.full_syncs, "sync_partial_ok": stats.partial_syncs, "sync_partial_err": stats.refused_syncs,
        "expired_keys": stats.expired, "expired_stale_perc": "0.00", "expired_time_cap_reached_count": 0,
        "expire_cycle_cpu_milliseconds": 0, "evicted_keys": stats.evicted, "evicted_clients": 0,
        "total_eviction_exceeded_time": 0, "current_eviction_exceeded_time": 0, "keyspace_hits": keyspace.hits,
        "keyspace_misses": keyspace.misses, "pubsub_channels": len(pubsub.channels),
        "pubsub_patterns": len(pubsub.patterns),
        "pubsubshard_channels": len(pubsub.shard_channels), "latest_fork_usec": 0, "total_forks": stats.forks,
        "migrate_cached_sockets": 0, "slave_expires_tracked_keys": 0,
        "active_defrag_hits": 0, "active_defrag_misses": 0,
        "active_defrag_key_hits": 0, "active_defrag_key_misses": 0, "total_active_defrag_time": 0,
        "current_active_defrag_time": 0, "tracking_total_keys": len(tracking.readers),
        "tracking_total_items": sum(map(len, tracking.readers.values())),
        "tracking_total_prefixes": sum(len(one.tracked.prefixes) for one in tracking.clients if one.tracked),
        "unexpected_error_replies": stats.unexpected_errors, "total_error_replies": stats.error_replies,
        "dump_payload_sanitizations": 0, "total_reads_processed": stats.reads, "total_writes_processed": stats.writes,
        "io_threaded_reads_processed": 0, "io_threaded_writes_processed": 0, "reply_buffer_shrinks": 0,
        "reply_buffer_expands": 0,
    }  # fmt: skip


def _replication(server: "Server") -> Fields:
    return server.replication.information()


def _cpu(server: "Server") -> Fields:
    names = ("sys", "user", "sys_children", "user_children", "sys_main_thread", "user_main_thread")
    return {f"used_cpu_{name}": "0.000000" for name in names}


def _commandstats(server: "Server") -> Fields:
    fields: Fields = {}
    for command, counts in server.statistics.commands.items():
        each = counts.usec / counts.calls if counts.calls else 0
        fields[f"cmdstat_{command.full}"] = (
            f"calls={counts.calls},usec={counts.usec},usec_per_call={each:.2f},"
            f"rejected_calls={counts.rejected},failed_calls={counts.failed}"
        )
    return fields


def _errorstats(server: "Server") -> Fields:
    return {f"errorstat_{code}": f"count={count}" for code, count in sorted(server.statistics.errors.items())}


def _latencystats(server: "Server") -> Fields:
    wanted = server.config["latency-tracking-info-percentiles"].split()
    if not server.config["latency-tracking"]:
        return {}
    fields: Fields = {}
    for command, counts in server.statistics.commands.items():
        if counts.calls:
            each = counts.usec / counts.calls
            shown = ",".join(f"p{float(one):g}={each:.3f}" for one in wanted)
            fields[f"latency_percentiles_usec_{command.full}"] = shown
    return fields


def _keyspace(server: "Server") -> Fields:
    fields: Fields = {}
    for database in server.keyspace.databases:
        if len(database):
            now_ms, times = database.now_ms, list(database.expires.values())
            mean = sum(max(0, when - now_ms) for when in times) // len(times) if times else 0
            fields[f"db{database.index}"] = f"keys={len(database)},expires={len(times)},avg_ttl={mean}"
    return fields


_SECTIONS: Final[dict[str, tuple[str, Callable[["Server"], Fields]]]] = {
    "server": ("Server", _server),
    "clients": ("Clients", _clients),
    "memory": ("Memory", _memory),
    "persistence": ("Persistence", _persistence),
    "stats": ("Stats", _stats),
    "replication": ("Replication", _replication),
    "cpu": ("CPU", _cpu),
    "modules": ("Modules", lambda server: {}),
    "commandstats": ("Commandstats", _commandstats),
    "errorstats": ("Errorstats", _errorstats),
    "latencystats": ("Latencystats", _latencystats),
    "cluster": ("Cluster", lambda server: {"cluster_enabled": 0}),
    "keyspace": ("Keyspace", _keyspace),
}


def information(server: "Server", asked: list[str]) -> str:
    """Return INFO's text for these sections; none is the default."""
    chosen: set[str] = set()
    for word in asked or ["default"]:
        lowered = word.lower()
        chosen |= set(ALL if lowered in ("all", "everything") else DEFAULT if lowered == "default" else (lowered,))
    parts = []
    for name, (title, fields) in _SECTIONS.items():
        if name in chosen:
            lines = [f"# {title}", *(f"{key}:{value}" for key, value in fields(server).items())]
            parts.append("\r\n".join(lines) + "\r\n")
    return "\r\n".join(parts)
