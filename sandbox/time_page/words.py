"""What the page says, in the languages it speaks. Another language is another column here."""

from collections.abc import Mapping

from flask import request

Words = Mapping[str, str]

ENGLISH: Words = {
    "language": "en",
    "title": "Time",
    "says": "Let time go by. At each step phones are used, plans end and begin, and the portal says what it has to say. The clock only goes forward.",
    "now": "It is now",
    "in_berlin": "in Berlin",
    "ahead": "ahead of real time by",
    "real": "The same as real time.",
    "days": "days",
    "hours": "hours",
    "move": "Move the clock",
    "hour": "1 hour",
    "day": "1 day",
    "week": "1 week",
    "month": "30 days",
    "next": "To the end of the next plan",
    "stop": "Stop here",
    "moving": "Time goes by",
    "arrived": "Arrived",
    "halted": "Stopped on the way",
    "stopped": "Stopped: the portal did not answer",
    "records": "Usage records",
    "sms": "SMS",
    "emails": "E-mails",
    "told": "Told to the core",
    "happened": "What happened",
    "nothing": "Nothing yet. Move the clock by a day, and this page tells what came of it.",
    "kind_sms": "SMS",
    "kind_email": "E-mail",
    "kind_plan": "Plan",
    "kind_line": "Line",
    "plan_says": "the core was told of a plan",
    "inbox": "Read them whole in the inbox",
    "home": "Sandbox",
    "night": "SMS that need nobody's attention at once wait for the real morning; e-mails come at any hour.",
}

CHINESE: Words = {
    "language": "zh-Hans",
    "title": "时间",
    "says": "让时间往前走。每走一步，都会有人使用手机，套餐会到期、会开始，门户会发出该发的通知。时钟只能往前。",
    "now": "现在是",
    "in_berlin": "柏林时间",
    "ahead": "比真实时间快",
    "real": "与真实时间相同。",
    "days": "天",
    "hours": "小时",
    "move": "拨动时钟",
    "hour": "1 小时",
    "day": "1 天",
    "week": "1 周",
    "month": "30 天",
    "next": "到下一个套餐结束时",
    "stop": "停在这里",
    "moving": "时间正在流逝",
    "arrived": "已到达",
    "halted": "已在途中停止",
    "stopped": "已停止：门户没有响应",
    "records": "用量记录",
    "sms": "短信",
    "emails": "邮件",
    "told": "告知核心网",
    "happened": "发生了什么",
    "nothing": "还没有。把时钟往前拨一天，这里会显示结果。",
    "kind_sms": "短信",
    "kind_email": "邮件",
    "kind_plan": "套餐",
    "kind_line": "号码",
    "plan_says": "已告知核心网一个套餐",
    "inbox": "在收件箱查看全文",
    "home": "沙盒",
    "night": "不紧急的短信会等到真实时间的早晨；邮件随时都会送达。",
}


def words() -> Words:
    """In the browser's language; English for those the page does not speak."""
    best = request.accept_languages.best_match(["en", "zh", "zh-CN", "zh-Hans"], "en")
    return CHINESE if best.startswith("zh") else ENGLISH
