"""The engine: virtual time, the order in which everything happens, and who runs next.

There is no scheduler loop of its own in the usual sense. Whoever runs out of work (a loop without
ready callbacks, a thread that blocks) asks for the next runnable thread and switches to it directly;
when there is none, it moves the clock to the next entry of the heap, right where it is. A simulation
of one loop therefore never switches at all.

Order: entries fire by time, then by when they were made; runnable threads take turns, first come
first served. Nothing here draws a random number.
"""

import asyncio
import sys
from collections import defaultdict, deque
from collections.abc import Callable
from heapq import heappop
from typing import TYPE_CHECKING, Any, Final, NoReturn

from greenlet import GreenletExit, getcurrent

from simulator.errors import SoundstageError, Stuck, Unsupported
from simulator.kernel import importing, real_values, zone
from simulator.kernel import locals as thread_locals
from simulator.kernel import stuck as reports
from simulator.kernel.limits import Limits
from simulator.kernel.state import belonging_to_this_thread, here, refuse_second
from simulator.kernel.threads import SimThread
from simulator.kernel.timeline import Timeline

if TYPE_CHECKING:
    from simulator.kernel.choices import Choices
    from simulator.kernel.loop import SimLoop
    from simulator.kernel.process import Process
    from simulator.trace.recorder import Recorder

_POLLS_MAX: Final = 10  # So often may a loop that polls make time pass while nothing happens.
_TURN_NS: Final = 1_000  # What an empty turn of a loop takes on a real machine, about.
_BARRED_MAX: Final = 1_000  # So often code of the dead may knock at doors and catch the answer.
_FIRST_IDENT: Final = 1 << 20  # Idents of threads; far from the real thread's, which is an address.


class Engine(Timeline):
    """One simulation: a timeline, the threads on it, and the run from its start to its end."""

    def __init__(self, *, choices: "Choices", recorder: "Recorder | None" = None, limits: Limits | None = None) -> None:
        super().__init__(choices=choices, recorder=recorder, limits=limits)
        self.runnable: deque[SimThread] = deque()
        self.reorder: Callable[[deque[Any]], object] | None = None  # An adversarial schedule: see schedule.
        self._real: dict[str, Any] = {}  # What stands where processes show their own.
        self._poll_turns = max(self.turns_per_instant_max // _POLLS_MAX, 1)
        self._polls, self._polled_ns = 0, -1
        self.collecting = False  # Whether finalizers run now: the collector must not be left in the middle.
        self.processes: list[Process] = []
        self.processes_of: defaultdict[str, list[Process]] = defaultdict(list)  # The same by host.
        self.hub: Any = getcurrent()
        self.failure: BaseException | None = None
        self.stopping = False
        self.struck_midway = False  # A fault ended a program in the midst of its own call: see `burial`.
        self._ident = _FIRST_IDENT
        self._collect: Callable[[int], int] | None = None
        self._dead: defaultdict[int, list[SimThread]] = defaultdict(list)  # By pid.
        self._barred = 0

    # --- threads ------------------------------------------------------------------------------------

    def next_ident(self) -> int:
        self._ident += 1
        return self._ident

    def start(self, thread: SimThread) -> None:
        """Let a new thread run when its turn comes."""
        thread.state = "parked"
        self.wake(thread)

    def wake(self, thread: SimThread) -> None:
        """Let a parked thread run when its turn comes."""
        if thread.state != "parked" or thread.queued:
            return
        thread.queued, thread.cause = True, self.cause
        if thread.process.paused:
            thread.process.frozen.append(thread)
        else:
            self.runnable.append(thread)

    def park(self, why: str, *, timeout_ns: int | None = None) -> bool:
        """Block the current thread until somebody wakes it; False when the time is over first."""
        thread = here.thread
        assert thread is not None, f"kernel code may not block: {why}"
        process = thread.process
        if process.gone:
            self.bar()
        if importing.depth:
            importing.act()
        if self.collecting:
            raise Unsupported("blocking in a finalizer", f"{why}, called while garbage is collected")
        process.deliver_signals()
        timer = self.call_after(timeout_ns, self._time_over, thread) if timeout_ns is not None else None
        thread.timer = timer
        self._block(thread, why)
        thread.timer = None
        if timer is not None:
            if timer.callback is None:
                return False
            timer.cancel()
        return True

    def _time_over(self, thread: SimThread) -> None:
        self.wake(thread)

    def sleep(self, delay_ns: int) -> None:
        """Block the current thread for a while, signals or not."""
        until_ns = self.now_ns + max(delay_ns, 0)
        if delay_ns <= 0:
            self.give_way()
        while self.now_ns < until_ns:
            self.park(f"sleep until {until_ns / 1e9:.9g} s", timeout_ns=until_ns - self.now_ns)

    def give_way(self) -> None:
        """Let the other runnable threads have their turn first."""
        thread = here.thread
        assert thread is not None
        if thread.process.gone:
            self.bar()
        if self.runnable and not self.collecting:
            thread.state, thread.why = "parked", "gave way"
            self.wake(thread)
            self._switch()
        if thread.process.pending_signals and thread.is_main:
            thread.process.deliver_signals()

    def _block(self, thread: SimThread, why: str) -> None:
        thread.state, thread.why = "parked", why
        self._switch()
        # Whoever switched here has made this thread the current one again.
        if thread.process.pending_signals and thread.is_main:
            thread.process.deliver_signals()

    def wait_for_work(self, thread: SimThread) -> None:
        """Park a loop's thread until something is ready for it or a signal came; the loop looks itself."""
        if self.collecting:
            raise Unsupported("an event loop in a finalizer", "it would wait while garbage is collected")
        if thread.process.gone:
            self.bar()
        self._block(thread, "its loop has nothing to do")

    def next_thread(self) -> SimThread | None:
        """The thread that runs next, moving the clock until there is one; None when the run is over."""
        runnable = self.runnable
        while not self.stopping:
            while runnable:
                thread = runnable.popleft()
                thread.queued = False
                if thread.state == "parked":
                    return thread
            if not self.advance():
                return None
        return None

    def _switch(self) -> None:
        """Leave the current thread for the next one, or for the hub when the run is over or broken."""
        current = here.thread
        try:
            thread = self.next_thread()
        except BaseException as error:
            self.fail(error)
            thread = None
        if thread is current and thread is not None:
            thread.state, self.cause = "running", thread.cause
            return
        self.leave(current)
        if thread is not None and thread.greenlet:
            self.enter(thread)
            thread.greenlet.switch()
        else:
            # A greenlet starts on top of the stack of whoever starts it, so a new thread is started by the hub:
            # a hundred threads that start one another reach the recursion limit, thousands exhaust the real stack.
            self._newcomer = thread
            self.hub.switch()
        if current is not None and current.process.gone:
            raise GreenletExit

    def leave(self, thread: SimThread | None) -> None:
        """Put away what belongs to the thread that ran until now."""
        if thread is None:
            return
        thread.running_loop = asyncio._get_running_loop()
        thread.asyncgen_hooks = sys.get_asyncgen_hooks()
        thread.locals = thread_locals.take()

    def enter(self, thread: SimThread) -> None:
        """Make a thread the current one: its process, loop and thread-local data."""
        process = thread.process
        if self._shown is not process:
            self.show(process)
        thread_locals.put(thread.locals)
        asyncio._set_running_loop(thread.running_loop)
        if sys.get_asyncgen_hooks() != thread.asyncgen_hooks:
            sys.set_asyncgen_hooks(*thread.asyncgen_hooks)  # Python announces it, which costs more than looking.
        thread.state, thread.why = "running", "running"
        self.cause = thread.cause
        here.process, here.thread = process, thread

    _shown: "Process | None" = None
    _newcomer: SimThread | None = None  # Whom the hub is to start.

    def show(self, process: "Process | None") -> None:
        """Exchange what is interpreter-wide for a process's own; for nobody's, put back what was there."""
        last, self._shown = self._shown, process
        if process is not None:
            if last is None:
                self._real = real_values.take()
            process.show(last)
            return
        if last is not None:
            last.hide()
            real_values.put_back(self._real)
        zone.restore()

    def body(self, thread: SimThread, target: Callable[[], object]) -> None:
        """What a thread's greenlet runs: the target, and its end."""
        try:
            target()
        except GreenletExit:
            pass
        except BaseException as error:
            self.fail(error)
        self._finish(thread)

    def _finish(self, thread: SimThread) -> None:
        thread.state, thread.why = ("gone" if thread.process.gone else "done"), "over"
        if thread.process.gone:
            return
        asyncio._set_running_loop(None)
        thread.locals = thread_locals.NOTHING
        thread_locals.drop()
        thread.process.threads.pop(thread, None)
        for callback in thread.on_exit:
            callback()
        here.process = here.thread = None
        # The greenlet ends now, and control falls to the hub, which picks who is next.

    # --- the run --------------------------------------------------------------------------------------

    def run(self) -> None:
        """Run until `stop`, until nothing can ever happen again, or until something breaks."""
        if here.engine is not self:
            refuse_second()
        with belonging_to_this_thread():
            before = asyncio._get_running_loop(), sys.get_asyncgen_hooks(), thread_locals.take()
            here.engine, self.hub, self.stopping = self, getcurrent(), False
            try:
                self._run()
            except SoundstageError as error:
                self.fail(error)
            finally:
                here.process = here.thread = None
                self.show(None)
                thread_locals.put(before[2])
                asyncio._set_running_loop(before[0])
                sys.set_asyncgen_hooks(*before[1])
                here.engine = None
        if self.failure is not None:
            failure, self.failure = self.failure, None
            raise failure

    def _run(self) -> None:
        while self.failure is None:
            thread, self._newcomer = self._newcomer or self.next_thread(), None
            if thread is None:
                break
            self.enter(thread)
            thread.greenlet.switch()
            here.process = here.thread = None

    def stop(self) -> None:
        """End the run as soon as whoever runs now blocks or ends."""
        self.stopping = True

    def fail(self, error: BaseException) -> None:
        """Break off the run with an error that is ours, or the user's interrupt."""
        if self.failure is None:
            self.failure = error
        self.stopping = True

    def stuck(self) -> Stuck:
        """The report of a run in which nothing can ever happen again."""
        return reports.nothing_can_happen(self)

    def out_of_time(self) -> NoReturn:
        """End the run: its next event lies beyond the end of time."""
        self.break_off(reports.out_of_time(self))

    def break_off(self, error: SoundstageError) -> NoReturn:
        """End the run with an error, from wherever this is called: nothing of the current thread runs any more."""
        if here.thread is None:
            raise error
        self.fail(error)
        self.leave_for_ever()

    def abandon(self, thread: SimThread) -> None:
        """Keep a thread of a cut process from ever running again, without ending its greenlet."""
        thread.state = "gone"
        if thread.timer is not None:
            thread.timer.cancel()
        self._dead[thread.process.pid].append(thread)

    def abandoned(self, process: "Process") -> list[SimThread]:
        """The threads of a process that will never run again."""
        return self._dead.get(process.pid, [])

    def forget(self) -> None:
        """Let go of everything that was to happen; the run is over."""
        self.heap.clear()
        self.runnable.clear()
        self._dead.clear()

    def bar(self) -> NoReturn:
        """Refuse a door to code of a process that is gone; who will not give up is left where it is, for ever."""
        self._barred += 1
        if self._barred > _BARRED_MAX and getcurrent() is not self.hub:
            self._barred = 0
            self.hub.switch()
        raise GreenletExit

    def leave_for_ever(self) -> NoReturn:
        """Called by a thread whose process has just ended under it: nothing of it runs any more."""
        self._switch()
        raise GreenletExit

    def collect_at(self, turn: int, collect: Callable[[int], int]) -> None:
        """Call `collect(turns)` at a turn, between two steps of a loop; it returns the turn for the next time."""
        self.collect_turn, self._collect = turn, collect
        self._set_turns_until()

    def _set_turns_until(self) -> None:
        """Time moves too often to compute this each time; it is done anew when a loop believes its turns are up."""
        self.turns_until = min(self._instant_end, self.limits.turns_max, self.collect_turn)

    @property
    def _instant_end(self) -> int:
        """The turn after which somebody is taken to poll: in a large world many have honest work at one instant."""
        return self.instant_turn + self._poll_turns * max(len(self.processes), 1)

    @property
    def is_collected(self) -> bool:
        """Whether garbage is collected by a policy, which has frozen what existed before the run."""
        return self._collect is not None

    def _poll(self, loop: "SimLoop", callback: object) -> None:
        """So many turns take time on any machine: who polls for what is to come gets there, or is stuck."""
        self._polls = self._polls + 1 if self.now_ns == self._polled_ns else 1
        while self.heap and self.heap[0][2].callback is None:
            heappop(self.heap)
            self.cancelled -= 1
        if not self.heap or self._polls >= _POLLS_MAX:
            self.break_off(reports.time_stands_still(self, loop.process.name, callback))
        next_ns, later_ns = self.heap[0][0], self.now_ns + (self._poll_turns * _TURN_NS << self._polls)
        self.move_to(min(next_ns, later_ns))
        self._polled_ns = later_ns if later_ns < next_ns else -1  # When something happens, the count begins anew.
        self.fire_due(self.now_ns)

    def turns_are_up(self, loop: "SimLoop", callback: object) -> None:
        """What a loop calls when `turns` has passed `turns_until`: a limit, or time to collect garbage."""
        if self.turns > self._instant_end:
            self._poll(loop, callback)
        if self.turns > self.limits.turns_max:
            self.break_off(reports.too_many_turns(self))
        if self.turns <= self.collect_turn:
            self._set_turns_until()
            return
        assert self._collect is not None
        self.collecting = True
        try:
            self.collect_at(self._collect(self.turns), self._collect)
        finally:
            self.collecting = False
