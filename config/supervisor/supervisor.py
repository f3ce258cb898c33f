"""Starts the members, watches them, starts anew what dies, stops all of them."""

import random
import time
from collections.abc import Callable

from config.embedded.errors import EmbeddedServerError
from config.embedded.process import tail
from config.supervisor.console import Obstacle, say
from config.supervisor.members import Member, ProcessMember, keep_log_short
from config.supervisor.restarts import Restarts

TURN_SECONDS = 0.1
READY_TIMEOUT_SECONDS = 90.0
STOP_TIMEOUT_SECONDS = 6.0  # then the whole session is killed: leases bring back what was in flight
HOUSEKEEPING_SECONDS = 60.0


class Supervisor:
    """`servers` are started one by one and stopped last; `stopping` tells when a person or the system wants the end."""

    def __init__(self, *, stopping: Callable[[], bool], hurried: Callable[[], bool]) -> None:
        self.stopping = stopping
        self.hurried = hurried  # a second Ctrl-C: kill instead of waiting
        self.members: list[Member] = []
        self._restarts: dict[str, Restarts] = {}
        self._due: dict[str, float] = {}
        self._chance = random.Random()  # noqa: S311 - spreads restarts, protects nothing
        self._housekeeping_at = 0.0

    def start(self, member: Member) -> None:
        """Raises EmbeddedServerError for a server that does not start."""
        self.members.append(member)
        self._restarts[member.name] = Restarts()
        member.log.parent.mkdir(parents=True, exist_ok=True)
        keep_log_short(member.log)
        member.start()

    def wait_until_ready(self) -> None:
        """Until every member that can be asked answers. Raises Obstacle."""
        waiting = [member for member in self.members if isinstance(member, ProcessMember) and member.is_ready]
        deadline = time.monotonic() + READY_TIMEOUT_SECONDS
        while waiting and not self.stopping():
            self.turn()
            waiting = [member for member in waiting if member.is_ready and not member.is_ready()]
            if time.monotonic() > deadline:
                raise Obstacle(f"{waiting[0].name} is not ready yet:\n{tail(waiting[0].log)}")

    def watch(self) -> None:
        """Until told to stop. Raises Obstacle when something keeps dying."""
        while not self.stopping():
            self.turn()

    def turn(self) -> None:
        """One look at every member; sleeps a moment."""
        now = time.monotonic()
        for member in self.members:
            if member.name in self._due:
                if now >= self._due[member.name]:
                    self._start_again(member)
            elif member.exit_code() is not None:
                self._plan_restart(member, now)
        if now >= self._housekeeping_at:
            self._housekeeping_at = now + HOUSEKEEPING_SECONDS
            for member in self.members:
                keep_log_short(member.log)
        time.sleep(TURN_SECONDS)

    def replace(self, name: str, reason: str) -> None:
        """Kill a member that runs but does not work; the next turn starts it again."""
        for member in self.members:
            if member.name == name and name not in self._due:
                say(f"{name} {reason}")
                member.kill()

    def stop(self) -> None:
        """Processes first and together, then servers in reverse order. Safe to repeat."""
        processes = [member for member in self.members if isinstance(member, ProcessMember)]
        for child in processes:
            child.ask_to_stop()
        deadline = time.monotonic() + STOP_TIMEOUT_SECONDS
        while any(_runs(member) for member in processes) and time.monotonic() < deadline and not self.hurried():
            time.sleep(0.02)
        for child in processes:
            child.kill()  # also reaches children that outlived their parent
        for member in reversed(self.members):
            if member not in processes:
                member.ask_to_stop()
        self.members.clear()

    def _plan_restart(self, member: Member, now: float) -> None:
        code = member.exit_code()
        at = self._restarts[member.name].next_start_at(now, chance=self._chance)
        if at is None:
            raise Obstacle(f"{member.name} keeps ending (code {code}); the end of {member.log}:\n{tail(member.log)}")
        member.kill()
        say(f"{member.name} ended (code {code}), starting it again in {at - now:.1f} s; see {member.log}")
        self._due[member.name] = at

    def _start_again(self, member: Member) -> None:
        del self._due[member.name]
        try:
            member.start()
        except EmbeddedServerError:
            # counted like a death: the next turn sees the exit code and plans, or gives up
            return


def _runs(member: Member) -> bool:
    return member.exit_code() is None
