"""The calls that the page shows, run exactly as they are pasted."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.tools.publish.parrot import Parrot as Voice
from tests.tools.publish.parrot import Served, serving
from tools.publish.snippets import KINDS, fenced, snippets, snippets_card

NASTY = """It's "me" \\ $HOME `id` ${x} 奶奶\n</script> 'q' !!"""
SAID = " ".join(NASTY.split())


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with serving(Voice()) as each:
        yield each


def pasted(code: str, kind: str) -> list[str]:
    """The command line that stands for pasting a snippet."""
    if kind == "curl":
        return ["bash", "-c", code]
    return [sys.executable, "-c", code] if kind.startswith("python") else ["node", "-e", code]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("question", ["", NASTY])
def test_a_snippet_works_as_pasted(served: Served, kind: str, question: str) -> None:
    program = {"curl": "curl", "javascript": "node"}.get(kind, sys.executable)
    if not shutil.which(program):
        pytest.skip(f"{program} is not on this machine")
    code = snippets(f"http://127.0.0.1:{served.port}/", "grandma-001", "zh", question)[kind]
    # A proxy in the environment, common among the users, must not be asked for this machine.
    proxies = dict.fromkeys(("http_proxy", "HTTP_PROXY", "ALL_PROXY"), "http://127.0.0.1:9")
    done = subprocess.run(
        pasted(code, kind), capture_output=True, text=True, timeout=60, env=os.environ | proxies
    )
    assert done.returncode == 0, done.stderr
    heard = served.parrot.heard[-1][-1]["content"]
    assert heard == (SAID if question else "你好，请介绍一下自己。")
    assert heard.split()[-1] in done.stdout


def test_the_card_shows_all_four_in_fences_that_nothing_inside_can_close() -> None:
    card = snippets_card("http://127.0.0.1:1", "m", "en", "```")
    assert card.count("````") == 8
    assert fenced("a ```` b").startswith("`````\n")
