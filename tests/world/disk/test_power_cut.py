"""A power cut keeps what was synced, whatever is drawn; of the rest it keeps what the draws say, and a sound tree."""

import os
from collections.abc import Callable
from functools import partial

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simulator.world.disk import Disk, DiskSettings, MountTable, PowerCut, Verdict, cat, ext4, ls, tree, unsynced
from simulator.world.disk.openfile import OpenFile
from tests.support.file_acts import Act, ModelArm, act_lists, outcome, survey

Draw = Callable[[int, str], int]


class Machine:
    """A disk at /, and the calls of a program on it."""

    def __init__(self, settings: DiskSettings | None = None) -> None:
        self.now_ns = 0
        self.disk = Disk(settings=settings or DiskSettings(), wall_ns=lambda: self.now_ns, now_ns=lambda: self.now_ns)
        self.files = MountTable()
        self.files.mount("/", self.disk)

    def write(self, path: str, data: bytes, *, sync: bool = False, flags: int = os.O_CREAT | os.O_TRUNC) -> OpenFile:
        file = self.files.open(path, "/", os.O_WRONLY | flags, 0o644)
        assert isinstance(file, OpenFile)
        file.write(data)
        if sync:
            file.sync()
        return file

    def sync_folder(self, path: str = "/") -> None:
        self.files.open(path, "/", os.O_RDONLY).sync()

    def cut(self, *answers: int, then: int = 0) -> PowerCut:
        """Cut the power; draws are answered in order, as far as their bounds allow, and then all the same."""
        left = list(answers)
        return self.disk.crash(lambda bound, label: min(left.pop(0) if left else then, bound - 1))


def test_the_tamest_cut_loses_nothing() -> None:
    machine = Machine()
    machine.write("/a", b"written")

    told = machine.cut()

    assert told == PowerCut()
    assert cat(machine.disk, "/a") == b"written"
    assert unsynced(machine.disk) == []


@pytest.mark.parametrize("then", range(5))
def test_a_synced_file_in_a_synced_folder_survives_every_cut(then: int) -> None:
    machine = Machine()
    machine.write("/a", b"kept", sync=True)
    machine.sync_folder()
    machine.write("/b", b"other")

    machine.cut(then=then)

    assert cat(machine.disk, "/a") == b"kept"


def test_a_file_that_was_synced_may_lose_its_name_until_the_folder_is_synced() -> None:
    strict, common = Machine(), Machine(ext4())
    for machine in (strict, common):
        machine.write("/a", b"kept", sync=True)
        machine.cut(then=1)

    assert tree(strict.disk) == {}
    assert tree(common.disk) == {"a": 4}


def test_a_rename_over_a_file_may_outlive_the_bytes_that_it_was_meant_to_publish() -> None:
    def publish(machine: Machine) -> bytes:
        machine.write("/final", b"old", sync=True)
        machine.sync_folder()
        machine.write("/tmp", b"new")
        machine.files.rename("/tmp", "/", "/final", "/")
        machine.sync_folder()
        machine.cut(1)
        return cat(machine.disk, "/final")

    assert publish(Machine()) == b""
    assert publish(Machine(ext4())) == b"new"


def test_a_lost_write_uncovers_what_was_there_before() -> None:
    machine = Machine()
    machine.write("/a", b"first", sync=True)
    machine.sync_folder()
    machine.write("/a", b"FIR", flags=0)

    told = machine.cut(1)

    assert cat(machine.disk, "/a") == b"first"
    assert told.files == {"/a": "1 of 1 changes lost, 0 torn, size 5"}


def test_a_truncation_that_was_not_synced_may_be_lost() -> None:
    machine = Machine()
    machine.write("/a", b"first", sync=True)
    machine.sync_folder()
    machine.write("/a", b"second")

    machine.cut(1)

    assert cat(machine.disk, "/a") == b"first"


def test_a_torn_write_is_torn_at_a_sector() -> None:
    machine = Machine()
    machine.write("/a", b"x" * 2000, sync=True)
    machine.sync_folder()
    machine.write("/a", b"y" * 2000, flags=0)

    machine.cut(2, 0, 1, 0)  # The last write is torn; one sector less than all but the last survives.

    assert cat(machine.disk, "/a") == b"y" * 1024 + b"x" * 976


def test_a_size_may_outlive_the_bytes_unless_data_is_ordered() -> None:
    loose, ordered = Machine(), Machine(DiskSettings(ordered_data=True))
    for machine in (loose, ordered):
        machine.write("/a", b"abc")
        machine.sync_folder()
        machine.cut(1, 1)

    assert cat(loose.disk, "/a") == b"\0\0\0"
    assert cat(ordered.disk, "/a") == b""


def test_writes_before_the_torn_one_survive_and_those_after_it_are_lost() -> None:
    machine = Machine(DiskSettings(ordered_data=True))
    file = machine.write("/log", b"")
    machine.sync_folder()
    for number in range(5):
        file.write(bytes([48 + number]) * 512)

    machine.cut(2, 1, 0)

    assert cat(machine.disk, "/log") == b"0" * 512 + b"1" * 512 + b"2" * 512


def test_age_makes_durable_what_nobody_synced() -> None:
    machine = Machine(ext4())
    machine.write("/old", b"old")
    machine.now_ns = 40 * 10**9
    machine.write("/new", b"new")

    machine.cut(then=9)

    assert cat(machine.disk, "/old") == b"old"
    assert cat(machine.disk, "/old") == b"old"
    assert "new" not in tree(machine.disk) or cat(machine.disk, "/new") == b""


def test_after_a_failed_sync_a_second_one_lies() -> None:
    machine = Machine()
    file = machine.write("/a", b"first", sync=True)
    machine.sync_folder()
    file.write(b"+more")
    machine.disk.gate = lambda op, path, size: Verdict(errno=5) if op == "fsync" else None
    with pytest.raises(OSError, match="Input/output error"):
        file.sync()
    machine.disk.gate = None

    file.sync()
    machine.cut()

    assert cat(machine.disk, "/a") == b"first"


def test_a_disk_that_lies_about_syncing_keeps_nothing() -> None:
    machine = Machine()
    machine.disk.gate = lambda op, path, size: Verdict(lost=True) if op == "fsync" else None
    machine.write("/a", b"gone", sync=True)
    machine.sync_folder()

    machine.cut(then=1)

    assert tree(machine.disk) == {}


def test_a_removal_that_is_lost_brings_the_file_back_as_it_was_synced() -> None:
    machine = Machine()
    machine.write("/a", b"kept", sync=True).close()
    machine.sync_folder()
    machine.files.unlink("/a", "/")

    machine.cut(then=1)

    assert ls(machine.disk) == ["a  4"]


def test_what_was_open_is_dead_afterwards() -> None:
    machine = Machine()
    file = machine.write("/a", b"x")

    machine.cut()

    with pytest.raises(OSError, match="Input/output error"):
        file.write(b"y")
    file.close()


def test_names_are_lost_from_the_end_where_the_journal_is_ordered() -> None:
    machine = Machine(DiskSettings(names_in_order=True))
    for name in ("a", "b", "c", "d"):
        machine.write(f"/{name}", b"", sync=True)

    told = machine.cut(1, 1)

    assert sorted(tree(machine.disk)) == ["a", "b"]
    assert told.names == ("create /c", "create /d")


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(act_lists, st.lists(st.integers(0, 70), max_size=200), st.booleans())
def test_after_any_cut_the_tree_is_sound_and_can_be_used(acts: list[Act], answers: list[int], tame: bool) -> None:
    arm = ModelArm()
    for act in acts:
        outcome(partial(getattr(arm, act[0]), *act[1:]))
    if tame:
        arm.files.sync()
    before = survey(arm)
    left = list(answers)

    arm.disk.crash(lambda bound, label: (left.pop() if left else 0) % bound)

    blocks = sum(arm.disk.blocks_of(inode) for inode in arm.disk.inodes.values())
    assert arm.disk.blocks_used == blocks
    after = outcome(lambda: survey(arm))
    if tame:
        assert after == before
    arm.files.mkdir("/again", "/", 0o755)
    assert arm.disk.paths()[arm.disk.root] == "/"


puts = st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["careful", "hasty", "removed"])), max_size=12)


@settings(max_examples=300, deadline=None)
@given(puts, st.lists(st.integers(0, 70), max_size=60), st.sampled_from([DiskSettings(), ext4()]))
def test_what_a_careful_program_was_told_is_kept_after_any_cut(
    acts: list[tuple[str, str]], answers: list[int], kind: DiskSettings
) -> None:
    """Written aside, synced, renamed over, folder synced: nothing drawn may take it away, whatever hasty ones do."""
    machine, kept = Machine(kind), dict[str, bytes | None]()
    for number, (name, how) in enumerate(acts):
        machine.now_ns += 10**9
        if how == "removed":
            outcome(partial(machine.files.unlink, f"/{name}", "/"))
            kept.pop(name, None)
            continue
        value = b"%d" % number * 1000
        machine.write(f"/{name}.tmp", value, sync=how == "careful")
        machine.files.rename(f"/{name}.tmp", "/", f"/{name}", "/")
        if how == "careful":
            machine.sync_folder()
            kept[name] = value
        else:
            kept.pop(name, None)

    machine.disk.crash(lambda bound, label: (answers.pop() if answers else 0) % bound)

    assert {name: cat(machine.disk, f"/{name}") for name in kept} == kept


def test_what_is_remembered_for_a_cut_stays_small() -> None:
    machine = Machine(DiskSettings(unsynced_changes_max=50))
    for number in range(300):
        machine.now_ns += 10**9
        file = machine.write("/same", b"x", flags=os.O_CREAT)
        file.close()
        machine.write(f"/{number}", b"y").close()
        machine.files.unlink(f"/{number}", "/")

    assert len(machine.disk.journal.changes) <= 61
    assert len(machine.disk.dirty) <= 2
    assert max(len(inode.log) for inode in machine.disk.inodes.values()) <= 50
