"""The starter model's folder: made once, whole or not at all."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from data.errors import Missing
from data.files import read_json
from tests.fixtures import STARTER
from tools.shared import starter as making


def test_a_model_that_is_there_is_not_made_again(starter, home_with_starter):
    told = []
    assert making.ensure(home_with_starter, STARTER, lambda *each: told.append(each)).exists()
    assert told == []


def test_the_manifest_names_every_file_with_its_digest(starter):
    manifest = read_json(starter / "manifest.json")
    assert manifest["licence"] == "Apache-2.0"
    there = {path.name for path in starter.iterdir()} - {"manifest.json"}
    assert set(manifest["files"]) == there
    assert "model.safetensors" in there and "tokenizer.json" in there


def test_without_package_and_hub_one_sentence_says_what_to_do(home, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(Missing) as caught:
        making.ensure(home, "gemma-3-270m", lambda *_: None)
    assert caught.value.code == "starter_missing"
    assert "make setup" in caught.value.text("zh") and "make setup" in caught.value.text("en")
    assert not list((home / "models").iterdir()), "nothing half is left"


@pytest.mark.slow
def test_an_empty_home_gets_the_model_once_even_when_two_ask(home):
    command = [sys.executable, "-m", "tools.base_model.convert", "--home", str(home)]
    with ThreadPoolExecutor(2) as pool:
        ran = list(
            pool.map(lambda _: subprocess.run(command, capture_output=True, text=True), range(2))
        )
    assert [each.returncode for each in ran] == [0, 0], ran
    assert sorted("100%" in each.stdout for each in ran) == [False, True]
    assert making.ready(home, STARTER)
    assert [path.name for path in (home / "models").iterdir()] == [STARTER]


def test_what_a_killed_conversion_left_is_cleared_and_made_anew(home, monkeypatch):
    left = home / "models" / f"{STARTER}.partial"
    left.mkdir(parents=True)
    (left / "model.safetensors").write_bytes(b"half")
    monkeypatch.setattr(making, "_convert", lambda name, gguf, target, report: None)
    folder = making.ensure(home, STARTER, lambda *_: None)
    assert making.ready(home, STARTER) and not (folder / "model.safetensors").exists()
    assert not left.exists()
