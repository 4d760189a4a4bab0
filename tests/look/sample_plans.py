"""Plans on sale as cards show them."""

from types import SimpleNamespace as Like

from lib.wording import GIGABYTE


def offer(
    size: int, price: int, badge: str = "", saving: str = "", name: str = "", *, is_cheapest: bool = False
) -> Like:
    plan = Like(
        code=f"month-{size}",
        title=name or f"Month {size}",
        price_minor=price,
        currency="EUR",
        beyond_by_credit=size < 10,
    )
    return Like(
        plan=plan,
        lead=Like(unit="data", amount=size * GIGABYTE),
        validity="for a month",
        per_gb_minor=price // size,
        per_day_minor=price // 30,
        saving=saving,
        voice=Like(amount=None if size > 30 else size * 2000),
        texts=Like(amount=size * 12),
        works_in="54 countries" if size > 30 else "29 countries",
        when_used_up="goes on from credit",
        badge=badge,
        act=f"Renew · €{price / 100:.2f}" if badge else "Choose",
        order_url="#",
        is_cheapest=is_cheapest,
    )


def offers() -> list[Like]:
    return [offer(5, 800, is_cheapest=True), offer(15, 1500, "Your plan", "20 % a day against Week 4"), offer(40, 2500)]


def four_offers() -> list[Like]:
    """So many that they break into rows."""
    return [*offers(), offer(60, 7900, saving="9 % a day against 全球包月 10 GB")]
