"""From a finished run to a server that answers: real jobs, a real model of two layers."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from data.records import Evaluation, Publication
from data.settings import Settings
from tests.tools.finished import SYSTEM, finished_project
from tests.tools.tiny import tiny_model
from tools import jobs
from tools.contract import Context
from tools.evaluate.compare import compare
from tools.publish.bundle import bundle, may_publish
from tools.publish.serve import serve, serving
from tools.publish.stop_serving import stop_serving


def finished(folder: Path) -> jobs.Job:
    """The job's end."""
    *_, last = jobs.follow(folder, 0.1)
    return last


class Road:
    """A project walked to its end once for all tests of this file."""

    def __init__(self, home: Path) -> None:
        self.settings = Settings(home=home, language="en")
        self.model = tiny_model(home / "models" / "tiny")
        self.project, self.run = finished_project(home, self.model)
        self.context = Context(self.project, self.settings, "en")
        self.quote = may_publish(self.context)
        self.compared = compare(self.context)
        self.evaluating = finished(self.run.folder / "evaluate")
        self.packing = bundle(self.context)
        self.packed = finished(self.project.folder / "publish/001")

    @property
    def evaluation(self) -> Evaluation:
        found = self.run.read(Evaluation)
        assert found, (self.run.folder / "evaluate/log.txt").read_text()
        return found

    @property
    def bundle(self) -> Path:
        found = self.project.bundle()
        assert found, (self.project.folder / "publish/001/log.txt").read_text()
        return found


@pytest.fixture(scope="module")
def road(tmp_path_factory: pytest.TempPathFactory) -> Road:
    return Road(tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def url(road: Road) -> Iterator[str]:
    told: list[float] = []
    watched = Context(
        road.project, road.settings, "en", report=lambda fraction, _: told.append(fraction)
    )
    outcome = serve(watched)
    assert outcome.facts["url"] in outcome.text and outcome.facts["url"] in outcome.card
    yield outcome.facts["url"]
    stopped = stop_serving(road.context)
    assert stopped.facts == {"stopped": 1} and not serving(road.project)


def chat(url: str, messages: list[dict[str, str]], **more: Any) -> str:
    """The answer, streamed or not, by plain urllib."""
    request = urllib.request.Request(
        f"{url}/v1/chat/completions",
        json.dumps({"messages": messages, **more}).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=60) as reply:
        text = reply.read().decode()
    if not more.get("stream"):
        return json.loads(text)["choices"][0]["message"]["content"]
    events = [line.removeprefix("data: ") for line in text.split("\n\n") if line]
    assert events[-1] == "[DONE]"
    chunks = [json.loads(event)["choices"][0]["delta"] for event in events[:-1]]
    return "".join(chunk.get("content", "") for chunk in chunks)


@pytest.mark.slow
def test_the_comparison_asks_both_models_all_cases_and_unseen_questions(road: Road) -> None:
    assert road.compared.job == "evaluate" and road.evaluating.state == "done"
    evaluation = road.evaluation
    assert [item.kind for item in evaluation.items] == ["case"] * 3 + ["held_out"] * 3
    assert all(item.base != item.tuned for item in evaluation.items)
    assert evaluation.held_out_rows == 3
    assert evaluation.base_loss > 1 and evaluation.base_loss != evaluation.tuned_loss
    assert road.evaluating.numbers == {"doing": "tuned"}


@pytest.mark.slow
def test_the_quote_says_what_goes_in_whose_words_which_licence_and_how_large(road: Road) -> None:
    assert "uploaded file: 11" in road.quote.text and "private name" not in road.quote.text
    assert "system prompt" in road.quote.text and "MB" in road.quote.text
    assert road.quote.numbers["size_mb"] >= 1 and road.quote.numbers["free_mb"] > 0


@pytest.mark.slow
def test_a_bundle_has_its_parts_and_no_pickle_no_path_and_nothing_half_written(road: Road) -> None:
    assert road.packing.job == "bundle" and road.packed.state == "done"
    names = {str(p.relative_to(road.bundle)) for p in road.bundle.rglob("*") if p.is_file()}
    assert {
        "README.md", "curve.svg", "data.json", "plan.json", "metrics.jsonl", "evaluation.json",
        "reading.json", "publication.json", "adapter/adapter_model.safetensors",
        "adapter/adapter_config.json", "model/model.safetensors", "model/config.json",
        "model/tokenizer.json", "model/chat_template.jinja", "model/generation_config.json",
    } <= names  # fmt: skip
    assert not [name for name in names if name.endswith((".bin", ".pt", ".pth", ".pkl"))]
    home = str(road.settings.home).encode()
    for name in names:
        content = (road.bundle / name).read_bytes()
        assert home not in content and b"private name" not in content, name
    assert [p.name for p in road.bundle.parent.glob("bundle*")] == ["bundle"]
    about = Publication.model_validate_json((road.bundle / "publication.json").read_bytes())
    assert (about.name, about.system, about.run) == ("grandma-001", SYSTEM, "001")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*deprecated:FutureWarning")  # peft uses an old name
def test_plain_transformers_says_the_same_from_the_bundle_as_the_comparison(road: Road) -> None:
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM, AutoTokenizer

    item = road.evaluation.items[0]
    tokenizer = AutoTokenizer.from_pretrained(road.bundle / "model")
    model: Any = AutoModelForCausalLM.from_pretrained(road.bundle / "model")
    assert model.dtype == torch.float32
    inputs = tokenizer.apply_chat_template(
        item.messages, add_generation_prompt=True, return_tensors="pt", return_dict=True
    )
    said = model.generate(**inputs)[0, inputs["input_ids"].shape[1] :]
    assert tokenizer.decode(said, skip_special_tokens=True).strip() == item.tuned
    base = AutoModelForCausalLM.from_pretrained(road.model)
    joined = PeftModel.from_pretrained(base, road.bundle / "adapter").merge_and_unload()
    for (name, one), (_, two) in zip(
        model.named_parameters(), joined.named_parameters(), strict=True
    ):
        assert torch.equal(one, two), name


@pytest.mark.slow
def test_served_answers_streamed_and_whole_are_the_compared_ones_word_for_word(
    road: Road, url: str
) -> None:
    for item in road.evaluation.items:
        assert chat(url, item.messages) == item.tuned
        assert chat(url, item.messages, stream=True) == item.tuned


@pytest.mark.slow
def test_a_caller_without_a_system_prompt_gets_the_one_the_rows_share(road: Road, url: str) -> None:
    item = road.evaluation.items[0]
    assert item.messages[0] == {"role": "system", "content": SYSTEM}
    assert chat(url, item.messages[1:]) == item.tuned


@pytest.mark.slow
def test_serving_again_shows_the_server_that_is_up(road: Road, url: str) -> None:
    again = serve(road.context)
    assert again.facts["url"] == url
    assert len(serving(road.project)) == 1


@pytest.mark.slow
def test_the_curl_and_python_of_the_card_work_as_pasted(road: Road, url: str) -> None:
    code = serve(road.context).facts["snippets"]
    first = road.evaluation.items[0].tuned.strip()
    for command in (
        ["bash", "-c", code["curl"]],
        [sys.executable, "-c", code["python_plain"]],
        [sys.executable, "-c", code["python_openai"]],
    ):
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        said = done.stdout.strip()
        if command[0] == "bash":
            said = json.loads(said)["choices"][0]["message"]["content"].strip()
        assert said == first


@pytest.mark.slow
def test_langchain_s_openai_client_talks_to_it(road: Road, url: str) -> None:
    from langchain_openai import ChatOpenAI
    from pydantic import SecretStr

    item = road.evaluation.items[0]
    model = ChatOpenAI(
        base_url=f"{url}/v1", api_key=SecretStr("none"), model="grandma-001", stream_usage=True
    )
    assert model.invoke(item.messages).text == item.tuned
    pieces = list(model.stream(item.messages))
    assert "".join(piece.text for piece in pieces) == item.tuned


@pytest.mark.slow
def test_wishes_of_a_caller_are_obeyed(url: str) -> None:
    asked = [{"role": "user", "content": "Hello"}]
    greedy = chat(url, asked, max_tokens=24)
    assert chat(url, asked, max_tokens=24) == greedy
    warm = {chat(url, asked, max_tokens=24, temperature=1.5) for _ in range(3)}
    assert len(warm) > 1
    narrow = chat(url, asked, max_tokens=24, temperature=1.5, top_p=1e-6)
    assert narrow == greedy  # so small a share of the chances leaves the likeliest word only


@pytest.mark.slow
def test_a_packing_that_is_killed_leaves_no_bundle_that_counts_and_can_be_done_again(
    road: Road, tmp_path: Path
) -> None:
    folder = road.project.folder / "publish/002"
    folder.mkdir()
    arguments = ("001", str(road.model), "en")
    jobs.start("bundle", "tools.publish.run", folder, locks=None, arguments=arguments)
    while not (folder / "bundle.partial").exists():
        time.sleep(0.005)
    os.kill(json.loads((folder / "process.json").read_text())["pid"], signal.SIGKILL)
    assert finished(folder).error == "job_killed"
    assert not (folder / "bundle").exists()
    assert road.project.bundle() == road.bundle
    jobs.start("bundle", "tools.publish.run", folder, locks=None, arguments=arguments)
    assert finished(folder).state == "done"
    assert not (folder / "bundle.partial").exists()
    assert road.project.bundle() == folder / "bundle"
    for path in sorted(folder.rglob("*"), reverse=True):  # the other tests know one bundle only
        path.rmdir() if path.is_dir() else path.unlink()
    folder.rmdir()


@pytest.mark.slow
def test_a_comparison_can_be_stopped_and_leaves_no_result(home: Path, settings: Settings) -> None:
    project, run = finished_project(home, tiny_model(home / "models" / "tiny"))
    compare(Context(project, settings, "en"))
    jobs.stop(run.folder / "evaluate")
    assert finished(run.folder / "evaluate").state == "stopped"
    assert run.read(Evaluation) is None
