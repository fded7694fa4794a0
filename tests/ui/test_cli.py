"""The real `tunepath` command in a process of its own."""

import json
import os
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import psutil
import pytest

from tests.fixtures import STARTER
from tests.rigs.stages import project_at
from tests.rigs.strict_openai import strict_server

IDEA = "I want a bot that answers our customers in our own tone of voice."


@pytest.fixture
def tunepath(home, tmp_path):
    """Run a command; returns (exit code, documents on standard output, standard error)."""

    def run(*arguments, lines="", **environment):
        known = {"TUNEPATH_HOME": str(home), "LC_ALL": "C.UTF-8"}
        done = subprocess.run(
            [sys.executable, "-m", "ui.cli", *map(str, arguments)],
            input=lines,
            capture_output=True,
            encoding="utf-8",
            errors="surrogateescape",
            env={**os.environ, **known, **environment},
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


def test_the_page_tells_its_address_as_a_document(home):
    with subprocess.Popen(
        [sys.executable, "-m", "ui.cli", "app", "--no-browser", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        encoding="utf-8",
        env={**os.environ, "TUNEPATH_HOME": str(home)},
    ) as process:
        assert process.stdout is not None
        try:
            address = json.loads(process.stdout.readline())["url"]
            with urllib.request.urlopen(address, timeout=20) as answer:
                assert answer.status == 200
        finally:
            process.terminate()


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


def test_a_wish_is_routed_alone_or_line_by_line_whatever_stands_in_the_line(tunepath):
    code, documents, _ = tunepath("route", "tune it on our price list", "--json")
    assert code == 0 and documents[0]["route"] == "rag_workflow"
    odd = ['"什么是LoRA"', '"\\ud800"', "[" * 100_000, "no string", '""', '"what next?"']
    code, documents, _ = tunepath("route", "--lines", "--json", lines="\n".join(odd) + "\n")
    assert code == 0 and len(documents) == len(odd)
    found = [each.get("route", "error") for each in documents]
    assert (found[0], found[5]) == ("concept", "what_next")
    assert found[2:4] == ["error", "error"] and "error" not in (found[1], found[4])
    code, _, said = tunepath("route", "帮我把邮件翻译成英文")
    assert code == 0 and "prompt_only" in said and "写好提示词" in said


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


@pytest.mark.slow
def test_a_training_that_was_killed_goes_on_when_the_command_is_given_again(
    home_with_starter, tunepath
):
    sample = Path(__file__).parents[2] / "data/shipped/samples/support_en.jsonl"
    command = [sys.executable, "-m", "ui.cli", "train", "--project", "p", "--yes", "--json"]
    where = {**os.environ, "TUNEPATH_HOME": str(home_with_starter)}
    run = home_with_starter / "projects/p/train/runs/001"
    with subprocess.Popen(
        [*command, "--data", str(sample), "--epochs", "1"], env=where, stdout=-1, stderr=-1
    ) as process:
        until(lambda: any((run / "checkpoints").glob("*/manifest.json")))
        psutil.Process(json.loads((run / "process.json").read_text())["pid"]).kill()
        out, _ = process.communicate(timeout=60)
    assert process.returncode == 1 and "tunepath train" in json.loads(out)["error"]
    before = (run / "metrics.jsonl").read_text().splitlines()
    code, documents, shown = tunepath("train", "--project", "p", "--yes", "--json")
    assert code == 0, shown
    assert documents[0]["run"] == "001"
    assert (run / "metrics.jsonl").read_text().splitlines()[:2] == before[:2]


def until(true):
    end = time.monotonic() + 120
    while not true():
        assert time.monotonic() < end
        time.sleep(0.1)


# --- what is asked, and how it may be answered


@pytest.fixture
def at_train(home):
    """A project in which going back would be asked about."""
    return project_at(home, "train", "p")


def test_what_is_asked_waits_for_the_next_command(tunepath, at_train):
    code, documents, _ = tunepath("chat", "--project", "p", "--message", "go back", "--json")
    asked = documents[0]["asks"]
    assert code == 0 and set(asked) == {"id", "action", "arguments", "quote", "text"}
    code, documents, _ = tunepath("chat", "--project", "p", "--yes", "--json")
    assert code == 0 and documents[0]["tools"][0]["ok"] and documents[0]["asks"] is None
    assert at_train.stage == documents[0]["stage"] == "base_model"


def test_a_no_leaves_everything_as_it_was(tunepath, at_train):
    tunepath("chat", "--project", "p", "--message", "go back")
    code, documents, _ = tunepath("chat", "--project", "p", "--no", "--json")
    assert code == 0 and documents[0]["tools"] == [] and documents[0]["replies"]
    assert at_train.stage == "train"


def test_a_yes_beside_a_message_answers_what_the_message_leads_to(tunepath, at_train):
    code, documents, _ = tunepath(
        "chat", "--project", "p", "--message", "go back", "--yes", "--json"
    )
    assert code == 0 and len(documents) == 2
    assert documents[0]["asks"] and documents[1]["asks"] is None
    assert at_train.stage == "base_model"


def test_a_yes_first_answers_what_was_asked_before_and_only_that(tunepath, at_train):
    tunepath("chat", "--project", "p", "--message", "go back")
    code, documents, _ = tunepath(
        "chat", "--project", "p", "--message", "go back", "--yes", "--json"
    )
    assert code == 0 and len(documents) == 2 and documents[1]["asks"]
    assert at_train.stage == "base_model", "one yes is for one question"


def test_a_mistake_in_one_line_does_not_end_the_talk(tunepath):
    long = "x" * 50_000
    code, documents, _ = tunepath("chat", "--project", "p", "--json", lines=f"{long}\nhelp\n")
    assert code == 0 and documents[0]["error"] and documents[1]["replies"]


def test_files_come_with_the_message_they_belong_to(tunepath, tmp_path):
    rows = tmp_path / "my rows.jsonl"
    rows.write_text("".join(f'{{"instruction": "q{n}?", "output": "A {n}."}}\n' for n in range(12)))
    code, documents, _ = tunepath(
        "chat", "--project", "p", "--message", IDEA, "--attach", rows, "--json"
    )
    assert code == 0 and documents[0]["tools"][0]["name"] == "dataset_import_file"
    code, documents, _ = tunepath("chat", "--project", "p", "--attach", tmp_path / "no", "--json")
    assert code == 1 and "no" in documents[0]["error"]


# --- tongues and odd surroundings


@pytest.mark.parametrize("json_wanted", [True, False])
def test_a_pipe_that_knows_only_ascii_gets_utf_8(tunepath, json_wanted):
    extra = ("--json",) if json_wanted else ()
    code, _, shown = tunepath(
        "chat", "--project", "p", "--language", "zh", "--message", "你好", *extra,
        PYTHONIOENCODING="ascii",
    )  # fmt: skip
    assert code == 0 and "规则" in shown


def test_input_that_is_no_utf_8_is_heard_as_far_as_it_can_be(tunepath):
    code, documents, _ = tunepath("chat", "--project", "p", "--json", lines="help \udcff\udcfe\n")
    assert code == 0 and documents[0]["replies"]


def test_failures_are_told_in_the_language_that_was_asked_for(tunepath):
    for language, sign in (("zh", "没有"), ("en", "no project")):
        for given in (("--language", language), (f"--language={language}",)):
            code, documents, _ = tunepath("publish", "--project", "nobody", *given, "--json")
            assert code == 1 and sign in documents[0]["error"]


def test_a_home_that_can_not_be_used_is_one_sentence(tunepath, tmp_path):
    (tmp_path / "file").write_text("")
    code, documents, _ = tunepath(
        "chat", "--message", "hi", "--json", TUNEPATH_HOME=str(tmp_path / "file")
    )
    assert code == 1 and documents[0]["error"]


def test_a_model_from_the_environment_leads_and_its_key_is_kept_nowhere(tunepath, home):
    with strict_server(lambda body: {"text": "Hello from the model."}) as server:
        known = {"OPENAI_BASE_URL": server.url, "TUNEPATH_MODEL": "m"}
        key = {"OPENAI_API_KEY": "sk-test-canary"}
        code, documents, _ = tunepath("chat", "--message", "hi", "--json", **known, **key)
        assert code == 0 and documents[0]["replies"] == ["Hello from the model."]
        wrong = {"OPENAI_API_KEY": "sk-wrong-canary"}
        code, documents, shown = tunepath("chat", "--message", "hi", "--json", **known, **wrong)
    assert code == 1 and "key" in documents[0]["error"] and "canary" not in shown
    for path in home.rglob("*"):
        assert not path.is_file() or b"canary" not in path.read_bytes(), path


def test_an_address_in_the_environment_that_is_none_is_said(tunepath):
    known = {"OPENAI_BASE_URL": "deepseek", "TUNEPATH_MODEL": "m"}
    code, documents, _ = tunepath("chat", "--message", "hi", "--json", **known)
    assert code == 1 and "deepseek" in documents[0]["error"]


def test_without_a_command_it_says_what_there_is(tunepath):
    code, _, shown = tunepath("--help")
    assert code == 0
    for name in ("app", "chat", "check", "train", "read-loss", "serve", "publish", "demo"):
        assert name in shown


def test_a_question_before_training_is_asked_at_the_terminal_too(tunepath, home):
    project_at(home, "evaluate", "p")
    code, _, shown = tunepath("publish", "--project", "p", lines="n\n")
    assert code == 1 and "?" in shown
    code, _, shown = tunepath("publish", "--project", "p", lines="")
    assert code == 1, shown
