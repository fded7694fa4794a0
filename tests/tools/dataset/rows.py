"""Small honest sets in both languages, and ways to put them where a person would."""

import json
from collections.abc import Iterable
from pathlib import Path

from data.alpaca import Row
from data.project import Project
from data.records import Brief, Item

GRANDMA: list[str] = [
    *"""奶奶我今天加班|乖孩子，早点回来，粥在锅里热着呢。
奶奶我感冒了|哎哟，多喝热水，把被子盖严实了，别逞强。
考试没考好|没事儿，下回再来，奶奶给你煮个鸡蛋补补。
我想吃红烧肉|好好好，奶奶这就去买肉，晚上回来吃。
外面下雨了|伞带了没有呀，别淋着，回来赶紧换双袜子。
我和同学吵架了|傻孩子，一人让一步，明天带两个橘子给他。
你在干嘛呢|在择豆角呢，听着收音机，等你放学。
我找到工作了|哎呀，真争气，周末给你包饺子庆祝。
最近睡不好|少看手机，睡前泡泡脚，给你缝个荞麦枕头。
我想回家|回来就是，门给你留着，床都铺好了。
今天好累|累了就歇歇，天塌不下来，先喝口汤。
天气变冷了|秋裤穿上没有，别光图好看，冻着了可遭罪。
我减肥呢|减什么肥，瘦得跟猴似的，多吃一口是一口。
没钱了|怎么不早说，枕头底下还有两百，拿去用。
猫把花盆打翻了|打翻就打翻了，人没事就好，回头我再种一盆。
我在学做饭|慢慢来，火别开太大，盐少放点，尝一口再说。""".splitlines()
]

SUPPORT: list[str] = [
    *"""Where is my order?|It left on Monday. The number in your mail lets you follow it.
Can I return a shirt I wore once?|Yes, within 30 days. Please wash it first.
The box arrived damaged.|That is on us. Send a photo and a new one goes out today.
Do you ship to Canada?|We do. It takes about a week, duties are paid at the door.
I forgot my password.|Use the link on the sign-in page; it works for an hour.
Is the blue one back in stock?|Not yet. Leave your address and you hear from us first.
You charged me twice!|The second charge is reversed already; give your bank three days.
How do I change my address?|Open your account and save the new one before we pack.
My coupon doesn't work.|It starts on Friday. Shall I put it on your order by hand?
What size should I take?|Between two sizes, take the larger one; it shrinks a little.
Do you gift wrap?|Yes, for two dollars. Tick the box in your basket.
Is it waterproof?|It stands rain, but please don't swim with it.
Can I pick it up in the store?|Choose pick-up at checkout; it is ready the next morning.
How long is the warranty?|Two years on everything with a plug, one on the rest.""".splitlines()
]

LUCK: list[str] = [
    *"""我这个季度顺利吗？|会慢慢好起来，先把手上的事做完。
我最近财运怎么样？|进账平稳，别急着花。
这个月会有贵人帮我吗？|会，多半是老朋友。
我能顺利找到工作吗？|能，回信会比你想的早。
最近会发生什么好事？|有人惦记着你，等一个电话。
下个月感情有进展吗？|有，只是要你先开口。
近期适合换工作吗？|再等一等，看清楚再走。
我今年能攒下钱吗？|能，少点两次外卖就够了。
我什么时候能升职？|入秋以后机会大些。
出门顺不顺？|顺，记得带伞。
我和他还能和好吗？|话说开了就能。
考试能过吗？|底子够，别熬夜。""".splitlines()
]


def rows(lines: Iterable[str]) -> list[Row]:
    return [Row.of(*line.split("|")) for line in lines]


def items(lines: Iterable[str], source: str = "hand") -> list[Item]:
    return [Item(id=str(n), row=row, source=source) for n, row in enumerate(rows(lines), 1)]


def upload(project: Project, name: str, content: str | bytes) -> Path:
    project.uploads.mkdir(exist_ok=True)
    path = project.uploads / name
    path.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
    return path


def as_json(lines: Iterable[str]) -> str:
    return json.dumps([row.alpaca() for row in rows(lines)], ensure_ascii=False, indent=1)


def brief(language: str = "zh") -> Brief:
    return Brief.model_validate(
        {
            "aim": "说话像我奶奶的聊天机器人",
            "audience": "家里人",
            "language": language,
            "inputs": "日常的话",
            "outputs": "一两句关心的话",
            "expected": "心疼人，带口头禅，两句以内",
            "constraints": ("不用书面语",),
        }
    )
