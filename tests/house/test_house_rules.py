"""The rules of the house that no linter knows: sizes, names, one direction of foreign keys, no signals, every task routed."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps

ROOT = Path(__file__).resolve().parents[2]
APPS = (
    "portal",
    "support",
    "network",
    "billing",
    "plans",
    "accounts",
    "provisioning",
    "notifications",
    "lib",
)  # from the roof down
OWN = (*APPS, "sandbox", "deploy", "bench", "tests")
NAMES_THAT_SAY_NOTHING = {"utils", "helpers", "services", "common", "managers", "misc", "exceptions"}


def sources(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from (path for path in (ROOT / folder).rglob("*.py") if "migrations" not in path.parts)


def told(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_no_file_and_no_function_outgrows_its_room() -> None:
    too_long = []
    for path in sources(*OWN):
        text = path.read_text(encoding="utf-8")
        limit = 600 if path.is_relative_to(ROOT / "tests") else 400
        if (lines := text.count("\n")) > limit:
            too_long.append(f"{told(path)}: {lines} lines")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or 0) - node.lineno + 1
                if length > 50:
                    too_long.append(f"{told(path)}:{node.lineno} {node.name}: {length} lines")
    assert too_long == []


def test_every_module_is_named_after_something() -> None:
    assert [told(path) for path in sources(*OWN) if path.stem in NAMES_THAT_SAY_NOTHING] == []


def test_there_are_no_signals() -> None:
    signals = re.compile(r"django\.(dispatch|db\.models\.signals)|allauth\.\w+\.signals|\.connect\(receiver|@receiver")
    assert [told(path) for path in sources(*APPS) if signals.search(path.read_text(encoding="utf-8"))] == []


def test_money_time_and_tasks_keep_to_their_doors() -> None:
    doors = {
        r"\.delay\(|\.apply_async\(": {"lib/queue.py"},
        r"timezone\.now\(\)|datetime\.now\(": {"lib/clock.py"},
    }
    for pattern, allowed in doors.items():
        found = {told(path) for path in sources(*APPS) if re.search(pattern, path.read_text(encoding="utf-8"))}
        assert found <= allowed, pattern


def test_foreign_keys_point_down_like_imports() -> None:
    upward = []
    for app in APPS:
        for model in apps.get_app_config(app).get_models():
            for field in model._meta.get_fields(include_hidden=True):
                target = getattr(field, "remote_field", None) and field.related_model
                if (
                    field.concrete
                    and target
                    and (there := target._meta.app_label) in APPS
                    and APPS.index(there) < APPS.index(app)
                ):
                    upward.append(f"{model._meta.label}.{field.name} -> {target._meta.label}")
    assert upward == []


def names_woken() -> Iterator[tuple[str, str]]:
    for path in sources(*APPS):
        for name in re.findall(r'after_commit\(\s*"([\w.]+)"', path.read_text(encoding="utf-8")):
            yield told(path), name


def test_every_task_woken_by_name_is_registered_and_routed() -> None:
    from portal.celery import ROUTES, app

    app.loader.import_default_modules()
    unknown = [(path, name) for path, name in names_woken() if name not in app.tasks or name not in ROUTES]
    assert unknown == []


def test_every_task_of_ours_has_a_queue_and_every_row_of_the_schedule_a_task() -> None:
    from portal.celery import ROUTES, SCHEDULE, app

    app.loader.import_default_modules()
    ours = {name for name in app.tasks if name.partition(".")[0] in APPS}
    assert ours == set(ROUTES)
    assert set(SCHEDULE) <= ours


@pytest.mark.parametrize("folder", ["script", ".ci", "deploy"])
def test_every_shell_script_says_what_it_is_for_and_can_be_run(folder: str) -> None:
    scripts = [path for path in (ROOT / folder).iterdir() if path.is_file() and path.read_bytes().startswith(b"#!")]
    assert scripts
    for path in scripts:
        lines = path.read_text(encoding="utf-8").splitlines()
        assert lines[0] == "#!/bin/sh"
        assert lines[1].startswith("# ")
        assert path.stat().st_mode & 0o111
