"""What script/test runs: every static check, then all tests; each step's time, and one summary at the end."""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from deploy import made_up
from tests.house.environment import shell_environment

ROOT = Path(__file__).resolve().parents[2]
_PYTHON = sys.executable
_NO_DATABASE = {
    "PORTAL_ENV": "test",
    "DATABASE_URL": "postgres://portal@%2Fnonexistent/portal",
    "REDIS_URL": "redis://localhost:1",
}


@dataclass(frozen=True)
class Step:
    """One command; `is_live` shows its output while it runs, others only when they fail."""

    name: str
    command: Sequence[str]
    environment: dict[str, str] = field(default_factory=dict)
    is_live: bool = False


@dataclass(frozen=True)
class Outcome:
    step: Step
    status: int
    seconds: float

    def __str__(self) -> str:
        return f"{'ok    ' if self.status == 0 else 'FAILED'}  {self.seconds:6.1f} s  {self.step.name}"


def module(*words: str) -> list[str]:
    return [_PYTHON, "-m", *words]


def manage(*words: str) -> list[str]:
    return [_PYTHON, "-W", "ignore::RuntimeWarning", "manage.py", *words]


def steps() -> list[Step]:
    return [
        Step("ruff: lint", module("ruff", "check", "--quiet", ".")),
        Step("ruff: format", module("ruff", "format", "--check", "--quiet", ".")),
        Step("mypy: types", module("mypy")),
        Step(
            "import-linter: every import points down",
            [_PYTHON, "-c", "from importlinter.cli import lint_imports_command as run; run()"],
        ),
        Step("djlint: templates", module("djlint", "--quiet", "--lint", "templates")),
        Step("migrations match the models", manage("makemigrations", "--check", "--dry-run"), _NO_DATABASE),
        Step(
            "deploy checks under production settings",
            manage("check", "--deploy", "--fail-level", "WARNING"),
            made_up.environment(),
        ),
        Step("pytest", module("pytest", "-n", "3", "--dist", "worksteal", "--durations", "5"), is_live=True),
    ]


def run(step: Step) -> Outcome:
    started = time.monotonic()
    print(f"-- {step.name}", flush=True)
    done = subprocess.run(
        step.command,
        cwd=ROOT,
        env={**shell_environment(), **step.environment},
        check=False,
        stdout=None if step.is_live else subprocess.PIPE,
        stderr=None if step.is_live else subprocess.STDOUT,
        text=True,
    )
    if done.returncode != 0 and not step.is_live:
        print(done.stdout, flush=True)
    return Outcome(step, done.returncode, time.monotonic() - started)


def main() -> int:
    started = time.monotonic()
    outcomes = [run(step) for step in steps()]
    failed = [outcome for outcome in outcomes if outcome.status != 0]
    print("\n" + "\n".join(map(str, outcomes)))
    verdict = f"{len(failed)} of {len(outcomes)} steps failed" if failed else f"All {len(outcomes)} steps passed"
    print(
        f"{verdict} in {time.monotonic() - started:.0f} s, Python {sys.version.split()[0]}, {os.cpu_count()} processors."
    )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
