"""The whole road offline: the real graph, a few real steps on the real starter, a real server."""

# A test that finds None where it expects a record has failed, and says so well enough.
# pyright: reportOptionalMemberAccess=false, reportOptionalSubscript=false

import json
import urllib.request

import pytest

from agent import commands
from agent.events import Asked, Failed, Offered, Said, Worked
from agent.session import Session
from data.files import read_json
from data.project import Project
from data.records import Brief, Decision, Evaluation, LossReading
from data.say import say
from data.settings import Settings
from tools import jobs

pytestmark = pytest.mark.slow

THINGS = [
    "tea",
    "rain",
    "cats",
    "work",
    "sleep",
    "bread",
    "music",
    "snow",
    "trains",
    "winter",
    "gardens",
    "letters",
    "soup",
    "shoes",
]


class Walker:
    """Talks like a person: every step is a new session, as if the app had been closed between."""

    def __init__(self, home, language):
        self.settings = Settings(home=home, language=language)
        self.project = Project.create(home, "walk")
        self.language = language

    @property
    def session(self):
        return Session(Project.open(self.settings.home, "walk"), self.settings)

    def say(self, text, *files):
        return self._checked(list(self.session.send(text, files)))

    def press(self, name):
        return self.say(say(f"agent.option.{name}", self.language))

    def approve(self, name):
        asked = only(self.press(name), Asked)
        assert asked, name
        return self._checked(list(self.session.answer(asked[0].id, True)))

    def wait(self):
        for job in commands.follow(self.project):
            last = job
        assert last.state == "done", (last, (last.folder / "log.txt").read_text()[-2000:])
        return self._checked(list(self.session.notice()))

    def _checked(self, events):
        assert not only(events, Failed), only(events, Failed)
        broken = [worked for worked in only(events, Worked) if not worked.ok]
        assert not broken, broken
        return events


def only(events, kind):
    return [event for event in events if isinstance(event, kind)]


def ask(url, question, stream=False):
    body = {"messages": [{"role": "user", "content": question}], "stream": stream}
    request = urllib.request.Request(
        f"{url}/v1/chat/completions",
        json.dumps(body).encode(),
        {"content-type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=120) as reply:
        return json.load(reply)["choices"][0]["message"]["content"]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_from_an_idea_to_a_model_that_answers(home_with_starter, tmp_path, language):
    walker = Walker(home_with_starter, language)
    idea = {"en": "I want replies in our own tone of voice", "zh": "我想让它说话像我奶奶"}
    events = walker.say(idea[language])
    for _ in range(6):
        if walker.project.read(Brief):
            break
        events = walker.say(only(events, Offered)[-1].choices[0].value)
    walker.press("brief_fits")
    assert walker.project.read(Decision).route.trains
    rows = tmp_path / "rows.jsonl"
    answer = {"en": "Dear, {t} can wait.", "zh": "乖孩子，{t}不着急。"}[language]
    rows.write_text(
        "".join(
            json.dumps({"instruction": f"What about {t}?", "output": answer.format(t=t)}) + "\n"
            for t in THINGS
        )
    )
    walker.say("", rows)
    if any(item.findings for item in walker.project.items()):
        walker.press("keep_flagged")
    walker.press("freeze")
    walker.press("use_starter")
    walker.say({"en": "1 epoch, batch 4", "zh": "1 轮，每批 4"}[language])
    assert walker.session.view()["plan"]["epochs"] == 1
    walker.approve("start")
    events = walker.wait()
    run = walker.project.finished_run()
    assert run.read(LossReading) and only(events, Said)
    losses = read_json(run.folder / "done.json")["held_out_loss"]
    assert losses["after"] < losses["before"]
    walker.press("compare")
    walker.wait()
    evaluation = run.read(Evaluation)
    assert {item.kind for item in evaluation.items} == {"case", "held_out"}
    walker.approve("publish")
    walker.wait()
    served = only(walker.press("serve"), Worked)[-1].facts
    try:
        for item in evaluation.items[-2:]:
            assert ask(served["url"], item.question) == item.tuned
        view = walker.session.view()
        assert view["publication"]["url"] == served["url"] and view["stage"] == "publish"
    finally:
        walker.press("stop_serving")
        for job in jobs.find(walker.project.folder / "publish"):
            jobs.end(job.folder, patience=5)
