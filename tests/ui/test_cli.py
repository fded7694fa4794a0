"""The real `tunepath` command in a process of its own."""

import json
import os
import subprocess
import sys

import pytest

from tests.fixtures import STARTER

IDEA = "I want a bot that answers our customers in our own tone of voice."


@pytest.fixture
def tunepath(home, tmp_path):
    """Run a command; returns (exit code, documents on standard output, standard error)."""

    def run(*arguments, lines=""):
        done = subprocess.run(
            [sys.executable, "-m", "ui.cli", *map(str, arguments)],
            input=lines,
            capture_output=True,
            text=True,
            env={**os.environ, "TUNEPATH_HOME": str(home), "LC_ALL": "C.UTF-8"},
            timeout=120,
        )
        documents = []
        if "--json" in arguments:
            documents = [json.loads(line) for line in done.stdout.splitlines()]
        assert "Traceback" not in done.stdout + done.stderr, done.stderr
        return done.returncode, documents, done.stdout + done.stderr

    return run


def test_one_message_is_one_document(tunepath):
    code, documents, _ = tunepath("chat", "--project", "p", "--message", IDEA, "--json")
    assert code == 0 and len(documents) == 1
    document = documents[0]
    assert set(document) == {"replies", "options", "asks", "tools", "stage", "job", "project"}
    assert document["stage"] == "plan" and document["project"] == "p" and document["asks"] is None
    assert document["tools"][0]["name"] == "plan_note_facts" and document["tools"][0]["ok"]
    assert all(set(option) == {"value", "label"} for option in document["options"])


def test_the_talk_goes_on_in_the_next_command_and_line_by_line(tunepath):
    _, first, _ = tunepath("chat", "--project", "p", "--message", IDEA, "--json")
    value = first[0]["options"][0]["value"]
    code, documents, _ = tunepath(
        "chat", "--project", "p", "--json", lines=f"{value}\nwhat next?\n"
    )
    assert code == 0 and len(documents) == 2
    assert documents[1]["replies"]


def test_an_approval_is_asked_and_answered(tunepath, tmp_path):
    tunepath("chat", "--project", "p", "--message", "我想用价格表回答客户", "--json")
    rows = tmp_path / "rows.csv"
    rows.write_text("问题,答案\n" + "".join(f"问{n}号,答案是{n}。\n" for n in range(12)), "utf-8")
    code, documents, _ = tunepath("chat", "--project", "p", "--attach", rows, "--json")
    assert code == 0 and documents[0]["tools"][0]["ok"], documents
    code, documents, _ = tunepath("chat", "--project", "p", "--no", "--json")
    assert code == 1 and documents[0]["error"], "nothing was asked yet"


def test_a_file_is_judged_and_a_bad_one_is_a_result(tunepath, tmp_path):
    good, bad = tmp_path / "good.jsonl", tmp_path / "bad.json"
    good.write_text('{"instruction": "Hi?", "output": "Hello."}\n{"instruction": "No answer"}\n')
    bad.write_text("{]")
    code, documents, _ = tunepath("check", good, "--json")
    assert code == 0 and documents[0]["rows"]["usable"] == 1
    assert documents[0]["dropped"][0]["line"] == 2
    code, documents, _ = tunepath("check", bad, "--json")
    assert code == 0 and documents[0]["readable"] is False and documents[0]["error"]


def test_a_curve_is_named(tunepath, tmp_path):
    curve = tmp_path / "metrics.jsonl"
    points = [
        {"step": n, "loss": 4 * 0.9**n + 0.4, "held_out_loss": 4 * 0.9**n + 0.5} for n in range(40)
    ]
    curve.write_text("".join(json.dumps(point) + "\n" for point in points))
    code, documents, _ = tunepath("read-loss", curve, "--json")
    assert code == 0 and documents[0]["label"] == "healthy"
    assert documents[0]["evidence"] and documents[0]["advice"]
    assert documents[0]["best_step"] == 39


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        (("check", "gone.jsonl"), 1),
        (("read-loss", "gone.csv"), 1),
        (("publish", "--project", "nobody"), 1),
        (("serve", "no-such-folder"), 1),
        (("chat", "--project", "../up", "--message", "hi"), 1),
        (("train", "--project", "empty"), 1),
        (("chat", "--nonsense"), 2),
        (("no-such-command",), 2),
        (("check",), 2),
        (("demo", "--language", "fr"), 2),
    ],
)
def test_each_mistake_is_one_document_with_its_exit_code(tunepath, arguments, wanted):
    code, documents, shown = tunepath(*arguments, "--json")
    assert code == wanted, shown
    assert len(documents) == 1 and documents[0]["error"]
    code, _, shown = tunepath(*arguments)
    assert code == wanted and len(shown) > 10


@pytest.mark.slow
def test_train_and_publish_by_commands_alone(home_with_starter, tunepath, tmp_path):
    assert (home_with_starter / "models" / STARTER).exists()
    rows = tmp_path / "rows.jsonl"
    things = [
        "tea",
        "rain",
        "the cat",
        "work",
        "sleep",
        "bread",
        "music",
        "the moon",
        "a train",
        "winter",
        "the garden",
        "a letter",
        "soup",
        "shoes",
    ]
    rows.write_text(
        "".join(
            json.dumps({"instruction": f"What about {t}?", "output": f"Dear, {t} can wait."}) + "\n"
            for t in things
        )
    )
    code, documents, shown = tunepath(
        "train", "--project", "p", "--data", rows, "--epochs", "1", "--json"
    )
    assert code == 0, shown
    assert set(documents[0]) == {"run", "adapter", "held_out_loss"}
    assert documents[0]["held_out_loss"]["after"] <= documents[0]["held_out_loss"]["before"]
    code, documents, shown = tunepath("publish", "--project", "p", "--json")
    assert code == 0, shown
    assert (home_with_starter / "projects/p/publish/001/bundle/model/model.safetensors").exists()
    assert documents[0]["bundle"].endswith("bundle")
