"""One table of moves, for Python's words and the database's truth. The trigger itself is tried on messages, orders and lines."""

import pytest

from lib.moves import IllegalMove, check_move, moves_triggers

TABLE = {"new": frozenset({"open"}), "open": frozenset({"done", "new"})}


@pytest.mark.parametrize(("before", "after"), [("new", "open"), ("open", "done"), ("open", "new")])
def test_what_the_table_lists_may_follow(before, after):
    check_move(TABLE, model="thing", before=before, after=after)


@pytest.mark.parametrize(("before", "after"), [("new", "done"), ("done", "open"), ("new", "new"), ("nothing", "new")])
def test_nothing_else_may_follow(before, after):
    with pytest.raises(IllegalMove, match=f"thing: {before} cannot become {after}") as refused:
        check_move(TABLE, model="thing", before=before, after=after)

    assert (refused.value.before, refused.value.after) == (before, after)


def test_the_trigger_lists_exactly_the_moves_of_the_table():
    begins, moves = moves_triggers(TABLE, first="new")

    assert "NEW.state <> 'new'" in str(begins.func)
    assert "IN (('new', 'open'), ('open', 'done'), ('open', 'new'))" in str(moves.func)
