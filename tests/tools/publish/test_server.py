"""`serve` as its own process: the line it prints, how it ends, what it says when it can't begin."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from data.errors import BadInput, Busy, Missing
from data.records import Publication
from tests.tools.tiny import tiny_model
from tools import jobs
from tools.publish.line import Line
from tools.publish.server import read_bundle, serve

SOURCE = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("publish") / "bundle"
    tiny_model(folder / "model")
    about = Publication(
        name="tiny-001", run="001", base_model="tiny", language="en", licence="MIT", created=""
    )
    (folder / "publication.json").write_text(about.model_dump_json())
    return folder


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as place:
        return place.getsockname()[1]


@pytest.mark.slow
def test_one_line_with_the_address_is_printed_and_ctrl_c_ends_it_cleanly(bundle: Path) -> None:
    port = free_port()
    code = "import sys, pathlib; from tools.publish.server import serve; " + (
        "serve(pathlib.Path(sys.argv[1]), int(sys.argv[2]))"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(bundle), str(port)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=SOURCE,
    )
    assert process.stdout
    try:
        line = process.stdout.readline()
        assert f"http://127.0.0.1:{port}/v1" in line and "tiny-001" in line
        caller = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        caller.request("GET", "/v1/models")
        assert json.load(caller.getresponse())["data"][0]["id"] == "tiny-001"
        caller.close()
    finally:
        process.send_signal(signal.SIGINT)
    rest, errors = process.communicate(timeout=30)
    assert process.returncode == 0
    assert rest == "" and "Traceback" not in errors


def test_a_port_that_is_taken_is_said_before_the_model_is_read(bundle: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as place:
        port = place.getsockname()[1]
        with pytest.raises(Busy) as caught:
            serve(bundle, port)
    for language in ("zh", "en"):
        assert str(port) in caught.value.text(language) and "--port" in caught.value.text(language)


@pytest.mark.parametrize("port", [-1, 65536])
def test_a_port_that_can_not_be_is_refused(bundle: Path, port: int) -> None:
    with pytest.raises(BadInput) as caught:
        serve(bundle, port)
    assert caught.value.code == "port_out_of_range"


def test_a_host_that_is_not_ours_is_refused(bundle: Path) -> None:
    with pytest.raises(BadInput) as caught:
        serve(bundle, free_port(), "192.0.2.1")
    assert caught.value.text("zh") and "192.0.2.1" in caught.value.text("en")


def test_a_folder_that_is_no_bundle_gets_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(Missing) as caught:
        serve(tmp_path / "nowhere")
    assert "nowhere" in caught.value.text("zh")


def test_a_damaged_bundle_names_the_file(bundle: Path, tmp_path: Path) -> None:
    (tmp_path / "publication.json").write_text("{}")
    with pytest.raises(BadInput) as caught:
        read_bundle(tmp_path)
    assert "publication.json" in caught.value.text("en")
    (tmp_path / "publication.json").write_bytes((bundle / "publication.json").read_bytes())
    with pytest.raises(BadInput) as caught:
        read_bundle(tmp_path)
    assert "model/config.json" in caught.value.text("en")


@pytest.mark.slow
def test_weights_that_can_not_be_read_are_a_damaged_bundle(bundle: Path, tmp_path: Path) -> None:
    model = tiny_model(tmp_path / "model")
    (tmp_path / "publication.json").write_bytes((bundle / "publication.json").read_bytes())
    weights = model / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:500])
    with pytest.raises(BadInput) as caught:
        serve(tmp_path, free_port())
    assert caught.value.code == "bundle_damaged"


@pytest.mark.slow
def test_as_a_job_it_tells_its_address_and_ends_when_asked(bundle: Path, tmp_path: Path) -> None:
    folder = tmp_path / "server"
    jobs.start("serve", "tools.publish.server", folder, locks=None, arguments=(str(bundle),))
    for job in jobs.follow(folder, 0.1):
        assert job.alive, (folder / "log.txt").read_text()
        if job.numbers.get("url"):
            break
    process = json.loads((folder / "process.json").read_text())["pid"]
    assert job.numbers["model"] == "tiny-001"
    jobs.end(folder)
    ended = jobs.read(folder)
    assert ended and ended.state == "stopped"
    with pytest.raises(OSError):
        os.kill(process, 0)


def test_a_broken_bundle_fails_the_job_with_its_own_sentence(tmp_path: Path) -> None:
    folder = tmp_path / "server"
    nothing = str(tmp_path / "bundle")
    jobs.start("serve", "tools.publish.server", folder, locks=None, arguments=(nothing,))
    *_, job = jobs.follow(folder, 0.1)
    assert job.state == "failed" and job.fault().text("en").startswith('"bundle"')


async def _visit(line: Line) -> tuple[float, float]:
    await line.enter()
    inside = line.idle_seconds
    line.leave()
    time.sleep(0.01)
    return inside, line.idle_seconds


def test_a_server_counts_as_idle_only_while_nobody_is_being_answered() -> None:
    import asyncio

    inside, after = asyncio.run(_visit(Line()))
    assert inside == 0.0 and after > 0.0
