"""Every check of script/test goes red when what it guards is broken; each is broken here, in a copy."""

import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.house import checks
from tests.house.copies import ROOT, copy_project
from tests.house.environment import shell_environment

STEPS = {step.name: step for step in checks.steps()}


@dataclass(frozen=True)
class Plant:
    """A mistake: which file gets it, what it is, which step must see it, and a word of what that says."""

    path: str
    text: str
    step: str
    says: str


def imports(module: str, what: str, contract: str) -> Plant:
    return Plant(
        f"{module}/planted.py", f"import {what}\n", "import-linter: every import points down", f"{contract} BROKEN"
    )


PLANTS = [
    imports("plans", "billing.ledger", "Every import points down"),
    imports("lib", "accounts.models", "Every import points down"),
    imports("sandbox", "lib.clock", "The sandbox imports no app"),
    imports("portal", "sandbox.embedded.process", "No app imports the sandbox"),
    imports("billing", "stripe", "Only the gateway's adapter imports stripe"),
    Plant(
        "billing/models/planted.py",
        "import billing.orders\n",
        "import-linter: every import points down",
        "Inside an app every import points down BROKEN",
    ),
    Plant(
        "billing/planted.py",
        "import billing.planted_too\n",
        "import-linter: every import points down",
        "No module of an app waits for itself BROKEN",
    ),
    imports("plans", "plans.views", "Only urls know pages"),
    imports("billing", "billing.tasks", "Tasks are woken by name, commands found by Django"),
    imports("accounts", "accounts.admin", "Only admin knows admin"),
    Plant("lib/planted.py", "import os\n", "ruff: lint", "F401"),
    Plant("lib/planted.py", "x = {  'a':1 }\n", "ruff: format", "planted.py"),
    Plant("templates/planted.html", "<img>\n<div>\n", "djlint: templates", "planted.html"),
    Plant(
        "lib/models.py",
        "\n\nclass Planted(models.Model):\n    pass\n",
        "migrations match the models",
        "Create model Planted",
    ),
    Plant(
        "portal/settings.py", "\nSECURE_HSTS_SECONDS = 0\n", "deploy checks under production settings", "security.W004"
    ),
]


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_project(tmp_path_factory.mktemp("planted") / "copy")


@pytest.fixture
def plant(copy: Path, request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Adds text to a file of the copy until the test is over."""

    def add(name: str, text: str) -> None:
        path = copy / name
        before = path.read_bytes() if path.exists() else None
        request.addfinalizer(lambda: path.unlink() if before is None else path.write_bytes(before))
        path.parent.mkdir(exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.write(text)

    return add


def run(step: checks.Step, copy: Path, *more: str) -> subprocess.CompletedProcess[str]:
    environment = {**shell_environment(), **step.environment}
    return subprocess.run(
        [*step.command, *more], cwd=copy, env=environment, check=False, capture_output=True, text=True
    )


@pytest.mark.slow
@pytest.mark.parametrize("mistake", PLANTS, ids=lambda mistake: f"{mistake.step.split(':')[0]}-{mistake.path}")
def test_a_planted_mistake_is_seen(copy: Path, plant: Callable[[str, str], None], mistake: Plant) -> None:
    plant(mistake.path, mistake.text)
    if "planted_too" in mistake.text:
        plant("billing/planted_too.py", "import billing.planted\n")
    done = run(STEPS[mistake.step], copy)
    assert done.returncode != 0
    assert mistake.says in done.stdout + done.stderr


@pytest.mark.slow
def test_a_planted_wrong_type_is_seen(copy: Path, plant: Callable[[str, str], None]) -> None:
    if (ROOT / ".mypy_cache").exists():
        shutil.copytree(ROOT / ".mypy_cache", copy / ".mypy_cache", dirs_exist_ok=True)
    plant("lib/planted.py", 'number: int = "one"\n')
    done = run(STEPS["mypy: types"], copy, "lib/planted.py")
    assert done.returncode != 0
    assert "lib/planted.py:1: error: Incompatible types in assignment" in done.stdout


def test_one_failed_step_fails_the_whole_and_the_others_still_run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    good, bad = checks.Step("good", ["true"]), checks.Step("bad", ["sh", "-c", "echo what was wrong; exit 3"])
    monkeypatch.setattr(checks, "steps", lambda: [bad, good])
    assert checks.main() == 1
    told = capsys.readouterr().out
    assert "what was wrong" in told
    assert [line.split()[0] for line in told.splitlines() if line.endswith(("bad", "good")) and " s " in line] == [
        "FAILED",
        "ok",
    ]
    assert told.splitlines()[-1].startswith("1 of 2 steps failed in ")
