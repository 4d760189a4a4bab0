"""Two beats, workers that are killed and started again, a carrier that refuses and is silent, people who renew meanwhile: nobody is told
twice, nobody is told who has renewed, and nothing is left open.

`script/message-storm` plays it with 1,000 lines.
"""

import json
import os
import sys
from pathlib import Path

from sandbox.embedded.process import Process
from sandbox.supervisor import commands
from tests.sandbox_process import ROOT
from tests.stack.running import Portal, until
from tests.stack.storm import Storm

LINES = int(os.environ.get("STORM_LINES", "45"))
ROUNDS = 1 if LINES < 500 else 4


class Crew:
    """Processes that come and go, each under a name of its own."""

    def __init__(self, portal: Portal, folder: Path) -> None:
        self._portal, self._folder = portal, folder
        self._running: dict[str, Process] = {}

    def beat(self, name: str) -> None:
        self._start(name, [sys.executable, "-m", "tests.stack.fast_beat", str(self._folder / f"{name}.schedule")])

    def worker(self, name: str) -> None:
        self._start(name, commands.worker(name=name))
        until(lambda: " ready." in (self._folder / f"{name}.log").read_text(encoding="utf-8"))

    def kill(self, name: str) -> None:
        process = self._running.pop(name)
        process.kill()
        process.stop()

    def stop(self) -> None:
        for process in self._running.values():
            process.stop(patience_seconds=5)
            process.kill()

    def _start(self, name: str, command: list[str]) -> None:
        log = self._folder / f"{name}.log"
        self._running[name] = Process(command, log=log, environment=self._portal.environment, cwd=ROOT)


def test_in_a_storm_each_is_told_once_or_openly_not_and_nobody_who_has_renewed(portal: Portal, tmp_path: Path) -> None:
    storm = Storm(portal, LINES, is_long=ROUNDS > 1)
    storm.break_things(rounds=ROUNDS)
    crew = Crew(portal, tmp_path)
    try:
        crew.beat("beat-a")
        crew.beat("beat-b")
        crew.worker("worker-a")
        crew.worker("worker-b0")
        with storm.people_renew():
            for number in range(ROUNDS):
                crew.kill(f"worker-b{number}")
                crew.kill("beat-a")
                crew.worker(f"worker-b{number + 1}")
                crew.beat("beat-a")
        storm.wait_for_the_end(seconds=90 + LINES)
    finally:
        crew.stop()
    sys.stderr.write(json.dumps({"lines": LINES, **storm.figures()}) + "\n")
    assert portal.crashes_left() == []
    assert storm.problems() == []
    assert set(storm.renewed) == {line.pk for line in storm.renewing}
