"""Settings with which the operator bounds what people, sellers and staff may do: how often, how much, how long. Each has a default."""

from environs import Env

from portal.environment import malformed

_env = Env(eager=False)

VOUCHER_TRIES_PER_ACCOUNT_HOUR: int = _env.int("VOUCHER_TRIES_PER_ACCOUNT_HOUR", 10)
VOUCHER_TRIES_PER_ADDRESS_HOUR: int = _env.int("VOUCHER_TRIES_PER_ADDRESS_HOUR", 60)
VOUCHER_TRIES_PER_HOUR: int = _env.int("VOUCHER_TRIES_PER_HOUR", 1000)
GROUP_MEMBERS_AT_MOST: int = _env.int("GROUP_MEMBERS_AT_MOST", 5)
#: So often in 24 hours an owner may change the cap of one member or let it use data again, and a member may ask for more.
GROUP_CHANGES_A_DAY: int = _env.int("GROUP_CHANGES_A_DAY", 10)
GROUP_TRIES_PER_ACCOUNT_HOUR: int = _env.int("GROUP_TRIES_PER_ACCOUNT_HOUR", 10)
GROUP_TRIES_PER_ADDRESS_HOUR: int = _env.int("GROUP_TRIES_PER_ADDRESS_HOUR", 60)
GROUP_TRIES_PER_HOUR: int = _env.int("GROUP_TRIES_PER_HOUR", 1000)
FOR_OTHERS_PER_ADDRESS_HOUR: int = _env.int("FOR_OTHERS_PER_ADDRESS_HOUR", 20)
FOR_OTHERS_PER_EMAIL_HOUR: int = _env.int("FOR_OTHERS_PER_EMAIL_HOUR", 10)
FOR_OTHERS_PER_HOUR: int = _env.int("FOR_OTHERS_PER_HOUR", 1000)
FOR_OTHERS_PER_DAY: int = _env.int("FOR_OTHERS_PER_DAY", 10)
#: Data given to others: so often and so much a line may give, and so much it may receive, in a day of its own clock.
GIFTS_A_DAY: int = _env.int("GIFTS_A_DAY", 5)
GIFT_BYTES_A_DAY: int = _env.int("GIFT_BYTES_A_DAY", 5_000_000_000)
GIFT_RECEIVED_BYTES_A_DAY: int = _env.int("GIFT_RECEIVED_BYTES_A_DAY", 10_000_000_000)
GIFT_WRONG_NUMBERS_PER_ACCOUNT_HOUR: int = _env.int("GIFT_WRONG_NUMBERS_PER_ACCOUNT_HOUR", 5)
GIFT_WRONG_NUMBERS_PER_ADDRESS_HOUR: int = _env.int("GIFT_WRONG_NUMBERS_PER_ADDRESS_HOUR", 20)
PAYMENT_METHODS: list[str] = _env.list("PAYMENT_METHODS", ["card", "paypal", "transfer"])
TRANSFER_COUNTRY: str = _env.str("TRANSFER_COUNTRY", "DE")
CREDIT_TOP_UP_MINOR: list[int] = _env.list("CREDIT_TOP_UP_MINOR", [500, 1000, 2000, 5000], subcast=int)
#: Who may hand in usage over HTTP: its name and its key.
USAGE_KEYS: dict[str, str] = _env.dict("USAGE_KEYS", {})
#: So many whole months beside the running one each single use is kept; what a day came to is kept.
USAGE_KEPT_MONTHS: int = _env.int("USAGE_KEPT_MONTHS", 6)
#: Who may hand in top-ups over HTTP: its name and its key.
TOP_UP_KEYS: dict[str, str] = _env.dict("TOP_UP_KEYS", {})
#: The smallest and the largest credit they may sell at once.
TOP_UP_BOUNDS_MINOR: list[int] = _env.list("TOP_UP_BOUNDS_MINOR", [100, 20_000], subcast=int)
TOP_UPS_PER_MINUTE: int = _env.int("TOP_UPS_PER_MINUTE", 600)
#: A till that was offline may tell us so long after it was paid.
TOP_UP_OLDEST_DAYS: int = _env.int("TOP_UP_OLDEST_DAYS", 7)
#: So long after we heard of it a seller may take back what nobody has used; 0: never.
TOP_UP_REVERSIBLE_HOURS: int = _env.int("TOP_UP_REVERSIBLE_HOURS", 24)
ADJUST_LIMIT_MINOR_AGENT: int = _env.int("ADJUST_LIMIT_MINOR_AGENT", 1000)
ADJUST_LIMIT_MINOR_FINANCE: int = _env.int("ADJUST_LIMIT_MINOR_FINANCE", 10_000)
#: Hours in which somebody is there (brand.toml, opening) until a ticket is answered: about money, about anything else.
SUPPORT_ANSWER_HOURS_MONEY: int = _env.int("SUPPORT_ANSWER_HOURS_MONEY", 4)
SUPPORT_ANSWER_HOURS: int = _env.int("SUPPORT_ANSWER_HOURS", 12)
TICKETS_PER_PERSON_HOUR: int = _env.int("TICKETS_PER_PERSON_HOUR", 10)
TICKETS_PER_ADDRESS_HOUR: int = _env.int("TICKETS_PER_ADDRESS_HOUR", 20)
#: So long after its money came an order is repaired or has a ticket.
APPLIED_WITHIN_MINUTES: int = _env.int("APPLIED_WITHIN_MINUTES", 5)
#: SIMs and eSIMs of one line that are in it at the same time, and how many eSIMs may be ordered for it in thirty days.
SIMS_PER_LINE: int = _env.int("SIMS_PER_LINE", 5)
ESIMS_PER_MONTH: int = _env.int("ESIMS_PER_MONTH", 10)

malformed_here = malformed(_env)
