"""The cheapest mix, against every mix there is, for random shops and random use."""

from collections.abc import Mapping

import hypothesis.strategies as st
from hypothesis import given, settings

from plans.advising.goods import Good, Grant, Shop
from plans.advising.search import cheapest
from plans.rates import Rate
from tests.plans import every_mix

EU, WORLD = frozenset({"DE", "FR"}), frozenset({"DE", "FR", "BA"})
COUNTRIES, UNITS = ("DE", "FR", "BA"), ("data", "voice")


@st.composite
def grants(draw: st.DrawFn) -> dict[str, Grant]:
    found = {}
    for unit in draw(st.sets(st.sampled_from(UNITS), min_size=1)):
        amount = draw(st.integers(1, 8))
        found[unit] = Grant(amount, draw(st.integers(1, amount)))
    return found


@st.composite
def goods(draw: st.DrawFn) -> list[Good]:
    found = []
    for key in range(draw(st.integers(1, 3))):
        is_plan = draw(st.integers(0, 2)) > 0
        days = draw(st.integers(1, 3)) if is_plan else draw(st.sampled_from([None, 1, 2]))
        found.append(
            Good(
                key=key,
                title=f"good {key}",
                price_minor=draw(st.integers(1, 30)),
                days=days,
                countries=draw(st.sampled_from([EU, WORLD])),
                grants=draw(grants()),
                is_plan=is_plan,
                needs_plan=not is_plan and (days is None or draw(st.booleans())),
                has_beyond=is_plan and draw(st.booleans()),
            )
        )
    return found


rates = st.dictionaries(
    st.tuples(st.sampled_from(COUNTRIES), st.sampled_from(UNITS)),
    st.builds(Rate, st.integers(1, 20), st.integers(1, 3)),
)
shops = st.builds(Shop, home=st.just("DE"), goods=goods(), rates=rates)
days = st.dictionaries(st.tuples(st.sampled_from(COUNTRIES), st.sampled_from(UNITS)), st.integers(0, 3), max_size=2)
uses = st.lists(days, min_size=1, max_size=4)


@settings(max_examples=300, deadline=None)
@given(shop=shops, used=uses)
def test_no_mix_there_is_costs_less(shop: Shop, used: list[Mapping[tuple[str, str], int]]) -> None:
    found = cheapest(shop, used)

    assert (found.total_minor if found else None) == every_mix.least(shop, used)


@settings(max_examples=200, deadline=None)
@given(shop=shops, used=uses)
def test_the_stretches_follow_each_other_and_their_costs_are_the_total(
    shop: Shop, used: list[Mapping[tuple[str, str], int]]
) -> None:
    found = cheapest(shop, used)
    if found:
        ends = [0, *(stretch.until for stretch in found.stretches)]
        assert [stretch.first for stretch in found.stretches] == ends[:-1]
        assert ends[-1] == len(used)
        assert found.total_minor == sum(stretch.total_minor for stretch in found.stretches)
        for unit in UNITS:
            whole = sum(amount for day in used for (_country, of), amount in day.items() if of == unit)
            assert sum(stretch.used.get(unit, (0, 0))[0] for stretch in found.stretches) == whole
