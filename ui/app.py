"""The page in the browser: `python -m ui.app [--port N] [--no-browser]`.

Knows nothing of training: that runs in processes of its own, which closing the page doesn't end.
"""

import argparse
import os
import socket
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from data.say import say
from data.settings import Settings, read_settings

FIRST_PORT, PORTS = 7860, 50
HERE = Path(__file__).parent


def launch(
    port: int = 0, browser: bool = True, opened: Callable[[str], None] | None = None
) -> None:
    """Open the page and stay until Ctrl-C. On a Space: for everybody, at port 7860.

    `opened` is told the address; without it a sentence is printed.
    """
    settings = read_settings(os.environ)
    with tempfile.TemporaryDirectory(prefix="tunepath-", ignore_cleanup_errors=True) as folder:
        _stand_aside(Path(folder))
        blocks, url = _open(settings, port or free_port(settings), browser)
        if opened:
            opened(url)
        else:
            key = "ui.opened_space" if settings.on_space else "ui.opened"
            print(say(key, settings.language, url=url), flush=True)
        blocks.block_thread()


def free_port(settings: Settings) -> int:
    """7860, or the next port that nobody uses; a Space has no choice."""
    if settings.on_space:
        return FIRST_PORT
    for port in range(FIRST_PORT, FIRST_PORT + PORTS):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
    return 0


def _stand_aside(folder: Path) -> None:
    """Stand in an empty folder, uploads in another: what lies beside the page could be fetched."""
    (folder / "empty").mkdir()
    os.chdir(folder / "empty")
    os.environ["GRADIO_TEMP_DIR"] = str(folder / "uploads")
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")


def _open(settings: Settings, port: int, browser: bool) -> tuple[Any, str]:
    from ui.page import Page  # after the folders are set: Gradio reads them when it is imported

    page = Page(settings)
    wanted = browser and not settings.on_space
    _, url, _ = page.blocks.launch(**_options(settings, port), inbrowser=wanted)
    return page.blocks, url


def _options(settings: Settings, port: int) -> dict[str, Any]:
    from starlette.middleware import Middleware

    from ui.theme import theme
    from ui.visitors import SameOrigin

    space = os.environ.get("SPACE_HOST", "")
    hosts = () if settings.on_space and not space else (space, "localhost", "127.0.0.1")
    return {
        "server_name": "0.0.0.0" if settings.on_space else "127.0.0.1",
        "server_port": port or None,
        "prevent_thread_lock": True,
        "quiet": True,
        "share": False,
        "show_error": False,
        "ssr_mode": False,
        "pwa": False,
        "mcp_server": False,
        "run_history": False,
        "footer_links": [],
        "enable_monitoring": False,
        "max_file_size": "50mb",
        "app_kwargs": {"middleware": [Middleware(SameOrigin, hosts=tuple(filter(None, hosts)))]},
        "theme": theme(),
        "css_paths": [HERE / "style.css"],
        "head": f"<script>{(HERE / 'page.js').read_text('utf-8')}</script>",
    }


def main() -> None:
    """The command line of this file."""
    parser = argparse.ArgumentParser(prog="ui.app", description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--no-browser", action="store_true")
    given = parser.parse_args()
    launch(given.port, not given.no_browser)


if __name__ == "__main__":
    main()
