"""The whole road with a connected model in the lead: streamed calls, approvals, real training."""

# A test that finds None where it expects a record has failed, and says so well enough.
# pyright: reportOptionalMemberAccess=false, reportOptionalSubscript=false

import json
import urllib.request

import pytest

from agent import commands
from agent.connect import connect
from agent.events import Asked, Failed, Said, Worked
from agent.session import Session
from data.files import read_json
from data.project import Project
from data.records import Evaluation, LossReading
from data.settings import Settings
from tests.rigs.strict_openai import strict_server
from tools import jobs

pytestmark = pytest.mark.slow

THINGS = ["tea", "rain", "cats", "work", "sleep", "bread", "music", "snow", "trains", "winter"]
THINGS += ["gardens", "letters", "soup", "shoes"]
ROWS = [{"instruction": f"What about {t}?", "output": f"Dear, {t} can wait."} for t in THINGS]
CASES = [{"question": f"What of {t}?", "passes": "kind", "fails": "cold"} for t in THINGS[:3]]
FACTS = {"aim": "answers in our tone", "need": "manner", "audience": "us", "expected": "kind"}
ASKED_FOR = {
    "an idea": [
        {"tool": "plan_note_facts", "arguments": FACTS},
        {"tool": "plan_write_brief", "arguments": {"cases": CASES}},
        {"tool": "plan_decide"},
    ],
    "rows": [
        {"tool": "dataset_add_rows", "arguments": {"rows": ROWS}},
        {"tool": "dataset_mark_rows", "arguments": {"ids": ["flagged"], "verdict": "accept"}},
        {"tool": "dataset_freeze"},
        {"tool": "base_model_choose", "arguments": {"name": "smollm2-135m-instruct"}},
    ],
    "plan": [{"tool": "train_plan_run", "arguments": {"epochs": 1, "batch_rows": 4}}],
    "start": [{"tool": "train_start"}],
    "compare": [{"tool": "evaluate_compare"}],
    "publish": [{"tool": "publish_bundle"}],
    "serve": [{"tool": "publish_serve"}],
    "stop": [{"tool": "publish_stop_serving"}],
}
AFTER = {"train": [{"tool": "train_read_loss"}], "evaluate": [{"tool": "evaluate_show_answers"}]}


def script(body):
    """Call what the last words stand for, then speak; also where it was told no."""
    if body["messages"][-1]["role"] == "tool":
        return {"text": "Done; what would you like next?"}
    said = body["messages"][-1]["content"]
    for kind, calls in AFTER.items():
        if f"{kind}" in said and "done" in said and said not in ASKED_FOR:
            return {"calls": calls}
    return {"calls": ASKED_FOR[said]} if said in ASKED_FOR else {"text": "I see."}


def only(events, kind):
    return [event for event in events if isinstance(event, kind)]


class Talk:
    """A person with a connected model; the app is another one at every step."""

    def __init__(self, home, url):
        self.settings = Settings(home=home, language="en")
        self.url = url
        self.project = Project.create(home, "walk")

    @property
    def session(self):
        project = Project.open(self.settings.home, "walk")
        return Session(project, self.settings, connect(self.url, "sk-test-canary", "scripted"))

    def say(self, text):
        return self.checked(self.session.send(text))

    def answer(self, yes):
        return self.checked(self.session.answer(self.session.pending().id, yes))

    def wait(self):
        last = None
        for job in commands.follow(self.project):
            last = job
        assert last.state == "done", (last, (last.folder / "log.txt").read_text()[-2000:])
        return self.checked(self.session.notice())

    def checked(self, turn):
        events = list(turn)
        assert not only(events, Failed), only(events, Failed)
        assert all(each.ok for each in only(events, Worked)), only(events, Worked)
        return events


def test_a_model_leads_from_an_idea_to_a_model_that_answers(home_with_starter):
    with strict_server(script) as server:
        talk = Talk(home_with_starter, server.url)
        project = talk.project
        assert len(only(talk.say("an idea"), Worked)) == 3 and project.stage == "dataset"
        talk.say("rows")
        assert project.stage == "train"
        talk.say("plan")
        assert only(talk.say("start"), Asked) and project.runs() == []
        talk.answer(False)
        assert project.runs() == [] and talk.session.pending() is None
        assert only(talk.say("start"), Asked) and project.runs() == []
        talk.answer(True)
        events = talk.wait()
        run = project.finished_run()
        assert [each.tool for each in only(events, Worked)] == ["train_read_loss"]
        assert run.read(LossReading) and only(events, Said)
        losses = read_json(run.folder / "done.json")["held_out_loss"]
        assert losses["after"] < losses["before"]
        talk.say("compare")
        assert [each.tool for each in only(talk.wait(), Worked)] == ["evaluate_show_answers"]
        assert only(talk.say("publish"), Asked) and project.bundle() is None
        talk.answer(True)
        talk.wait()
        served = only(talk.say("serve"), Worked)[-1].facts
        try:
            item = run.read(Evaluation).items[-1]
            assert ask(served["url"], item.question) == item.tuned
            talk.say("stop")
            assert talk.session.view()["publication"].get("url") is None
        finally:
            for job in jobs.find(project.folder / "publish"):
                jobs.end(job.folder, patience=5)
        assert server.refused == []
        drawn = [each.tool for each in only(talk.session.history(), Worked)]
        called = [
            call["tool"] for calls in [*ASKED_FOR.values(), *AFTER.values()] for call in calls
        ]
        assert sorted(drawn) == sorted(called) and drawn[0] == "plan_note_facts"
    for path in project.folder.rglob("*"):
        if path.is_file() and path.suffix in (".sqlite", ".txt", ".json", ".jsonl"):
            assert b"canary" not in path.read_bytes(), path


def ask(url, question):
    body = {"messages": [{"role": "user", "content": question}]}
    request = urllib.request.Request(
        f"{url}/v1/chat/completions",
        json.dumps(body).encode(),
        {"content-type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=120) as reply:
        return json.load(reply)["choices"][0]["message"]["content"]
