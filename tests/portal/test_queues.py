"""Every task that anybody wakes exists, has its queue, and takes what any release may send it."""

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from celery import Task
from django.conf import settings

from portal.celery import ROUTES, SCHEDULE, app

APPS = ("support", "billing", "plans", "accounts", "provisioning", "notifications", "lib", "portal")
QUEUES = {"money", "network", "notify-now", "notify", "usage"}
app.loader.import_default_modules()
OURS: "dict[str, Task[..., Any]]" = {name: task for name, task in app.tasks.items() if not name.startswith("celery.")}


def woken() -> Iterator[tuple[str, str, set[str]]]:
    """Each literal call of `queue.after_commit` or `queue.wake`: where, which task, with which keywords."""
    for package in APPS:
        for path in sorted((settings.BASE_DIR / package).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and _name(node) in {"after_commit", "wake"} and path.name != "queue.py":
                    where = f"{path.relative_to(settings.BASE_DIR)}:{node.lineno}"
                    for task in _literals(node.args[0]):
                        yield where, task, {str(word.arg) for word in node.keywords}


def _name(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def _literals(node: ast.expr) -> list[str]:
    """The names an argument may be: a string, or one of two."""
    found = [part.value for part in ast.walk(node) if isinstance(part, ast.Constant) and isinstance(part.value, str)]
    assert found, f"a task is woken by a name that is no literal: {ast.unparse(node)}"
    return found


WOKEN = list(woken())


def test_somebody_is_woken_at_all():
    assert {"billing.handle_event", "notifications.deliver", "notifications.deliver_now"} <= {
        name for _where, name, _ids in WOKEN
    }


@pytest.mark.parametrize(("where", "name", "ids"), WOKEN, ids=[f"{name}@{where}" for where, name, _ids in WOKEN])
def test_whoever_is_woken_by_name_exists_and_takes_the_ids_it_is_given(where, name, ids):
    assert name in OURS, where
    assert ids <= _parameters(OURS[name]).keys() - {"_unknown"}, f"{where}: {name} has no use for {ids}"
    assert ids >= {word for word, what in _parameters(OURS[name]).items() if _is_needed(what)}, where


def test_every_task_of_ours_has_its_queue_and_no_queue_waits_for_a_task_that_is_gone():
    assert set(ROUTES) == set(OURS)
    assert set(ROUTES.values()) <= QUEUES


def test_the_schedule_wakes_only_what_exists_and_needs_no_id():
    assert set(SCHEDULE) <= set(OURS)
    for name in SCHEDULE:
        assert not [word for word, what in _parameters(OURS[name]).items() if _is_needed(what)], name


def test_a_wake_up_by_beat_that_nobody_took_ends_before_the_next_one():
    assert set(app.conf.beat_schedule) == set(SCHEDULE)
    for name, entry in app.conf.beat_schedule.items():
        assert entry["task"] == name
        assert entry["options"]["expires"] == entry["schedule"] == SCHEDULE[name] > 0


def test_every_sweep_is_in_the_schedule_so_that_a_lost_wake_up_costs_time_and_never_work():
    assert {name for name in OURS if "sweep" in name} <= set(SCHEDULE)
    assert {
        "billing.remind_of_ends",
        "notifications.forget_secrets",
        "notifications.deliver_now",
        "lib.mail_alarms",
    } <= set(SCHEDULE)
    assert SCHEDULE["notifications.deliver_now"] <= 15
    assert (
        SCHEDULE["notifications.forget_secrets"] <= 480
    )  # a code is gone after two minutes and one round, ten at most


@pytest.mark.parametrize("name", sorted(OURS))
def test_a_task_takes_keywords_only_and_any_keyword_of_a_later_release(name):
    kinds = {what.kind for what in _parameters(OURS[name]).values()}

    assert inspect.Parameter.VAR_KEYWORD in kinds
    assert kinds <= {inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.VAR_KEYWORD}


@pytest.mark.parametrize("name", sorted(OURS))
def test_a_task_takes_ids_and_says_one_thing(name):
    task = OURS[name]
    for word, what in _parameters(task).items():
        assert what.kind is inspect.Parameter.VAR_KEYWORD or word.endswith("_id"), word
        assert what.kind is inspect.Parameter.VAR_KEYWORD or what.annotation in {str, int}, word
    source = ast.parse(inspect.getsource(task.run))
    function = source.body[0]
    assert isinstance(function, ast.FunctionDef)
    assert sum(1 for node in ast.walk(function) if isinstance(node, ast.stmt)) - 1 <= 5
    assert Path(inspect.getsourcefile(task.run) or "").name == "tasks.py"
    assert name.split(".")[0] == task.run.__module__.split(".")[0]


def test_a_code_goes_by_a_queue_of_its_own():
    assert [name for name, queue in ROUTES.items() if queue == "notify-now"] == [
        "notifications.deliver_now",
    ]


def test_every_queue_has_a_worker():
    from sandbox.supervisor import commands

    assert set(commands.QUEUES.split(",")) >= QUEUES


def _parameters(task: "Task[..., Any]") -> dict[str, inspect.Parameter]:
    return dict(inspect.signature(task.run).parameters)


def _is_needed(what: inspect.Parameter) -> bool:
    return what.kind is inspect.Parameter.KEYWORD_ONLY and what.default is inspect.Parameter.empty
