"""State machines as one table of moves, kept by Python for the words and by a trigger for the truth."""

from collections.abc import Mapping

import pgtrigger

#: from-state -> the states that may follow it.
Moves = Mapping[str, frozenset[str]]


class IllegalMove(ValueError):
    """The state cannot follow the present one."""

    def __init__(self, model: str, before: str, after: str) -> None:
        super().__init__(f"{model}: {before} cannot become {after}")
        self.before, self.after = before, after


def check_move(moves: Moves, *, model: str, before: str, after: str) -> None:
    """Raises IllegalMove unless `after` may follow `before`."""
    if after not in moves.get(before, frozenset()):
        raise IllegalMove(model, before, after)


def moves_triggers(moves: Moves, *, first: str) -> list[pgtrigger.Trigger]:
    """Triggers for a model with a `state` column: rows begin in `first`, and each UPDATE of the state follows the table."""
    allowed = ", ".join(
        f"('{before}', '{after}')" for before, states in sorted(moves.items()) for after in sorted(states)
    )
    return [
        pgtrigger.Trigger(
            name="state_begins",
            when=pgtrigger.Before,
            operation=pgtrigger.Insert,
            func=f"""
                IF NEW.state <> '{first}' THEN
                    RAISE EXCEPTION 'a row of % begins as {first}, not as %', TG_TABLE_NAME, NEW.state
                        USING ERRCODE = 'check_violation';
                END IF;
                RETURN NEW;
            """,
        ),
        pgtrigger.Trigger(
            name="state_moves",
            when=pgtrigger.Before,
            operation=pgtrigger.Update,
            condition=pgtrigger.Q(old__state__df=pgtrigger.F("new__state")),
            func=f"""
                IF NOT (OLD.state::text, NEW.state::text) IN ({allowed}) THEN
                    RAISE EXCEPTION '% cannot go from % to %', TG_TABLE_NAME, OLD.state, NEW.state
                        USING ERRCODE = 'check_violation';
                END IF;
                RETURN NEW;
            """,
        ),
    ]
