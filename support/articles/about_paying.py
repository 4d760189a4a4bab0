"""Paying, and what becomes of the money."""

from django.utils.translation import gettext_lazy as _

from support.articles.article import Article, Link
from support.models import Topic

ARTICLES = (
    Article(
        slug="payment-declined",
        topic=Topic.PAYMENT,
        title=_("My payment was declined"),
        says=(
            _("Nothing was taken. Your order is kept for two hours, so you can pay it again from its page."),
            _(
                "Banks say no when a card may not be used online or abroad, when its limit is reached, or when you did not confirm in the bank’s app. We are not told which."
            ),
            _("Try another card, PayPal or a bank transfer. If the same card should work, ask your bank to allow it."),
            _("If your bank shows the sum all the same, it is only set aside: it is free again within some days."),
        ),
        also=_("card refused, bank said no, payment failed, cannot pay, not accepted, insufficient funds, 3D Secure"),
        links=(Link("orders", _("See your orders")), Link("ways_to_pay", _("Your ways to pay"))),
        fits=("order:declined",),
    ),
    Article(
        slug="paid-but-nothing-came",
        topic=Topic.PAYMENT,
        title=_("I have paid, but nothing has changed"),
        says=(
            _("Open the order: it shows each step with its time. With card and PayPal it usually takes seconds."),
            _(
                "If it takes longer than five minutes, we notice by ourselves, go on trying, and open a question for you. You get an e-mail. Do not pay a second time."
            ),
            _("Money that could not be used stays yours. The order’s page has a button that gives it back."),
        ),
        also=_("money gone, charged but not credited, not activated, paid twice, where is my money, missing top-up"),
        links=(Link("orders", _("See your orders")),),
        fits=("order:paid", "order:pending", "order:held", "page:orders", "page:credit"),
    ),
    Article(
        slug="bank-transfer-how-long",
        topic=Topic.PAYMENT,
        title=_("How long does a bank transfer take?"),
        says=(
            _(
                "Usually one or two bank working days; an instant transfer takes minutes. What you ordered is applied by itself."
            ),
            _(
                "Transfer exactly the sum shown, to the account shown, with the reference shown. Each order has its own."
            ),
            _(
                "Sent too little? Transfer the rest to the same account, or take the money back. Sent too much? The rest stays yours, and you decide."
            ),
        ),
        also=_("IBAN, SEPA, wire, transfer not arrived, reference, waiting for transfer, bank details"),
        links=(Link("orders", _("See your orders")),),
        fits=("order:transfer",),
    ),
    Article(
        slug="top-up-from-abroad",
        topic=Topic.PAYMENT,
        title=_("Can somebody in another country top me up?"),
        says=(
            _(
                "Yes, without an account: they need your number and a card or PayPal. Nothing about your number is shown to them."
            ),
            _(
                "Easier still is your top-up link or its QR code: whoever has it can pay, and does not even see your number."
            ),
            _("They pay in the currency of your number; their bank converts it."),
        ),
        also=_("family pays, friend, foreign card, other country, somebody else pays, QR code, gift credit, recharge"),
        links=(
            Link("top_up_a_number", _("Top up somebody’s number")),
            Link("top_up_link_owner", _("Your top-up link")),
        ),
    ),
    Article(
        slug="receipts-and-vat",
        topic=Topic.PAYMENT,
        title=_("Where are my receipts, and what about VAT?"),
        says=(
            _(
                "Each paid order has a numbered receipt as a PDF. You get it by e-mail, and all of them are on one page."
            ),
            _("Prices include VAT of the country of your number. A plan’s receipt shows it."),
            _("The receipt of a credit top-up usually shows no VAT: it is due when the credit is spent."),
        ),
        also=_("invoice, bill, tax, PDF, proof of payment, company"),
        links=(Link("receipts", _("Your receipts")),),
        fits=("order:applied",),
    ),
    Article(
        slug="withdraw-within-14-days",
        topic=Topic.PAYMENT,
        title=_("Can I withdraw from an order and get my money back?"),
        says=(
            _("Yes, within 14 days. The order’s page shows the sum before you confirm; it goes back the way you paid."),
            _(
                "If you agreed to start at once, you pay for what you have used. A plan that has not begun goes back in full."
            ),
            _("Your bank may take some days to show the money."),
        ),
        also=_("refund, return, cancel order, money back, change my mind, withdrawal"),
        links=(Link("orders", _("See your orders")),),
        fits=("order:applied",),
    ),
    Article(
        slug="voucher-refused",
        topic=Topic.PAYMENT,
        title=_("My voucher is refused"),
        says=(
            _("Check it letter by letter: a code has no letter O or I. Capitals and hyphens do not matter."),
            _("A voucher works once, until the day printed on it, and only for numbers of its currency."),
            _("After too many tries we wait an hour. Your code is not lost by that."),
            _("Still refused? Ask us with its serial number and where you bought it. Never send the code itself."),
        ),
        also=_("code invalid, scratch card, coupon, PIN does not work, recharge code"),
        links=(Link("voucher", _("Redeem a voucher")),),
        fits=("page:voucher",),
    ),
)
