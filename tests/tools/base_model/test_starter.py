"""The starter model's folder: made once, whole or not at all."""

# A test that finds None where it expects a record has failed, and says so well enough.
# pyright: reportOptionalMemberAccess=false, reportOptionalSubscript=false, reportOperatorIssue=false

import hashlib
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from data.errors import DiskFull, Missing
from data.files import read_json
from data.shelf import shelf
from tests.fixtures import STARTER
from tools.shared import starter as making

MANIFEST = "manifest.json"


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
def test_a_killed_conversion_counts_for_nothing_and_two_at_once_then_make_it_once(home):
    command = [sys.executable, "-m", "tools.base_model.convert", "--home", str(home)]
    weights = home / "models" / f"{STARTER}.partial" / "model.safetensors"
    first = subprocess.Popen(command, stdout=subprocess.PIPE)
    while not weights.exists():
        assert first.poll() is None, "it ended before it could be killed"
        time.sleep(0.005)
    first.kill()
    first.communicate()
    assert not making.ready(home, STARTER) and not (home / "models" / STARTER).exists()

    with ThreadPoolExecutor(2) as pool:
        ran = list(
            pool.map(lambda _: subprocess.run(command, capture_output=True, text=True), range(2))
        )
    assert [each.returncode for each in ran] == [0, 0], ran
    assert sorted("100%" in each.stdout for each in ran) == [False, True]
    assert [path.name for path in (home / "models").iterdir()] == [STARTER]
    folder, manifest = home / "models" / STARTER, read_json(home / "models" / STARTER / MANIFEST)
    assert {p.name for p in folder.iterdir()} == {MANIFEST, *manifest["files"]}
    for name, entry in manifest["files"].items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == entry["sha256"]


def test_the_starter_ends_its_answers_and_is_saved_as_float32(starter):
    config = read_json(starter / "config.json")
    tokens = read_json(starter / "tokenizer_config.json")
    assert tokens["eos_token"] == "<|im_end|>" and "quantization_config" not in config
    assert config["dtype"] == "float32" and config["tie_word_embeddings"]


def test_what_a_killed_conversion_left_is_cleared_and_made_anew(home, monkeypatch):
    left = home / "models" / f"{STARTER}.partial"
    left.mkdir(parents=True)
    (left / "model.safetensors").write_bytes(b"half")
    monkeypatch.setattr(making, "_convert", lambda name, gguf, target, report: None)
    folder = making.ensure(home, STARTER, lambda *_: None)
    assert making.ready(home, STARTER) and not (folder / "model.safetensors").exists()
    assert not left.exists()


def test_a_home_without_room_is_said_before_anything_is_written(home, monkeypatch):
    usage = shutil.disk_usage(home)._replace(free=10 * 2**20)
    monkeypatch.setattr(making.shutil, "disk_usage", lambda _: usage)
    with pytest.raises(DiskFull) as caught:
        making.ensure(home, STARTER, lambda *_: None)
    assert "10 MB" in caught.value.text("en")
    assert not list((home / "models").iterdir())


def test_parts_are_joined_in_their_order(home):
    entry = shelf("shipped/base_models")["gemma-3-270m"]
    for number, package in enumerate(entry["parts"]):
        folder = home / "packages" / package.replace("-", "_") / "inside"
        folder.mkdir(parents=True)
        (folder / "__init__.py").write_text("# far longer than the part itself")
        if number:
            (folder / "part").write_bytes(b"%d" % number)
    assert making.find_gguf(home, "gemma-3-270m") is None, "one part is missing"
    (home / "packages" / entry["parts"][0].replace("-", "_") / "part").write_bytes(b"0")
    whole = making.find_gguf(home, "gemma-3-270m")
    assert whole and whole.read_bytes() == b"0123"
