"""Two phones: Anna shares her data, Ben joins by her code, uses it up, asks for more and gets it; she pauses, he leaves, she dissolves."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from accounts.models import Subscriber
from lib import clock
from notifications.models import Message
from plans.models import Allowance, GroupMember, GroupUse
from provisioning.models import Command
from tests.billing.ordering import order_plan, pay
from tests.cast import anna, person
from tests.network.writing import row
from tests.stack.running import Portal
from tests.stack.test_beyond_in_a_browser import network_tells
from tests.stack.walking import Walker

pytestmark = pytest.mark.browser
MB = 10**6
BEN = "+4917604069012"
MINUTE = timedelta(minutes=1)


@pytest.fixture
def people(portal: Portal) -> tuple[Subscriber, Subscriber]:
    """Anna has a plan of 15 GB."""
    owner = anna()
    pay(order_plan(owner, now=clock.now()), now=clock.now())
    return owner, person("Ben", BEN)


@pytest.fixture
def phones(
    portal: Portal, people: tuple[Subscriber, Subscriber], browser: Browser, tmp_path: Path
) -> Iterator[tuple[Walker, Walker]]:
    walkers = tuple(Walker(browser, portal, width=360) for _one in people)
    for walker, who in zip(walkers, people, strict=True):
        walker.is_already(who)
    try:
        yield walkers[0], walkers[1]
    finally:
        for place, walker in enumerate(walkers):
            walker.close(tmp_path / f"last-page-{place}.png")


def invites(owner: Walker) -> str:
    """Starts a group and makes a code; ends where the code is shown."""
    owner.go("/account/profile/")
    owner.press("Sharing group")
    owner.sees("Your credit pays for nobody")
    owner.press("Start a group")
    owner.sees("Nobody has joined yet")
    owner.page.get_by_label(re.compile("At most, in GB")).fill("0.5")
    owner.press("Make a code")
    owner.sees("Words to send it on")
    return owner.page.locator(".group-code").inner_text()


def joins(member: Walker, code: str) -> None:
    member.go("/group/")
    member.press("Enter a code")
    member.page.get_by_label("Code of the invitation").fill(code.lower())
    member.press("Go on")
    member.sees("Anna shares data with you")
    member.sees("+49•••••9011")
    member.press("Join the group")
    member.sees("500 MB of your 500 MB")


def test_an_owner_and_a_member_walk_it_on_two_phones(phones: tuple[Walker, Walker], portal: Portal) -> None:
    owner, member = phones
    joins(member, invites(owner))
    network_tells(portal, row("b1", number=BEN, at=clock.now(), amount=450 * MB))
    member.go("/home/")
    member.sees("From the group of Anna")
    member.sees("50 MB")
    owner.go("/group/")
    owner.sees(re.compile(r"Ben\s*450.MB"))
    network_tells(portal, row("b2", number=BEN, at=clock.now(), amount=100 * MB))

    member.go("/group/")
    member.sees("used up")
    member.page.get_by_label("How much more").select_option("1 GB")
    member.press("Ask the owner")
    member.sees("You have asked for 1 GB more")
    owner.go("/group/")
    owner.sees("Ben asks for 1 GB more")
    owner.press("Give 1 GB more")
    owner.sees("It can be used at once")
    network_tells(portal, row("b3", number=BEN, at=clock.now(), amount=200 * MB))
    member.go("/usage/")
    member.sees("From your sharing group")
    member.page.get_by_role("link", name=re.compile("^700.MB$")).first.click()
    member.page.wait_for_url("**paid=group**")
    member.sees("3 uses")

    bucket = Allowance.objects.get(unit="data")
    ends(owner, member, bucket)
    left_behind(bucket)
    assert (owner.complaints, member.complaints) == ([], [])


def ends(owner: Walker, member: Walker, bucket: Allowance) -> None:
    owner.press(re.compile("^Pause"))
    owner.sees("Nothing more of your data goes to Ben")
    member.go("/group/")
    member.sees("The owner has paused your use of the group")
    member.press("Leave the group")
    member.sees("What you have bought stays yours")
    member.press("Leave the group")
    member.sees("You have left the group.")
    owner.go(f"/lines/{bucket.line_id}/usage/allowances/{bucket.pk}/")
    owner.sees(re.compile(r"Used by Ben of your group.*700,000,000 bytes", re.DOTALL))
    owner.go("/group/")
    owner.sees("No longer in the group")
    owner.press("Dissolve the group")
    owner.sees("What is left is all yours")
    owner.press("Dissolve the group")
    owner.sees("The group is dissolved.")


def left_behind(bucket: Allowance) -> None:
    bucket.refresh_from_db()
    assert (bucket.used, GroupUse.objects.get().used_bytes, bucket.frozen_at) == (700 * MB, 700 * MB, None)
    assert GroupMember.objects.get().end == "left"
    told = set(Message.objects.filter(kind__startswith="group_").values_list("kind", "address"))
    owner, member = "+4917604069011", BEN
    assert {("group_asked", owner), ("group_cap_low", member), ("group_cap_reached", member)} <= told
    assert ("group_answered", member) in told
    last = Command.objects.filter(kind="group_set").order_by("-sequence")[0]
    assert (last.msisdn, last.payload) == (BEN, {"is_member": False})


def test_the_way_of_a_code_works_without_scripts(
    portal: Portal, people: tuple[Subscriber, Subscriber], browser: Browser
) -> None:
    context = browser.new_context(viewport={"width": 360, "height": 780}, java_script_enabled=False)
    walker = Walker(browser, portal, width=360)
    walker.page.context.close()
    walker.page = context.new_page()
    walker.is_already(people[0])
    code = invites(walker)
    expect(walker.page.locator(".to-send")).to_contain_text(code)
    expect(walker.page.get_by_role("button", name="Copy the words")).to_be_hidden()
    walker.press("Your sharing group")
    walker.sees("Code not used yet")
    walker.press("Revoke")
    walker.sees("The code is good for nothing now.")
    context.close()
