"""Serve a bundle over HTTP in OpenAI's shape: serve(bundle, port), or as a job process
`python -m tools.publish.server JOB_FOLDER BUNDLE`. Offline; answers one question at a time."""

import errno
import logging
import socket
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import uvicorn
from safetensors import SafetensorError

from data.errors import BadInput, Busy, Missing
from data.records import Publication
from data.say import say
from tools.jobs import Me, Stopped, job_process
from tools.publish.api import build
from tools.publish.guard import is_loopback
from tools.publish.line import Line
from tools.publish.serve import IDLE_HOURS
from tools.publish.speaker import Speaker

PORT = 8000
"""First choice where no port is named; if it is taken the system picks a free one."""


def serve(
    bundle: Path,
    port: int = 0,
    host: str = "127.0.0.1",
    ready: Callable[[str, str], None] | None = None,
) -> None:
    """Serve until interrupted; once it answers, call `ready(url, model)`, else print one line.

    Raises Missing or BadInput for a folder that is no whole bundle, Busy for a port that is taken.
    """
    about = read_bundle(bundle)

    def told(url: str) -> None:
        if ready:
            ready(url, about.name)
        else:
            print(say("publish.ready", about.language, model=about.name, url=url), flush=True)

    _run(bundle, about, _listen(host, port), told, lambda line: False)


def read_bundle(bundle: Path) -> Publication:
    """The bundle's own record. Raises Missing where there is none, BadInput where files lack."""
    path = bundle / Publication.FILE
    if not path.is_file():
        raise Missing("bundle_missing", folder=bundle.name or str(bundle))
    try:
        about = Publication.model_validate_json(path.read_bytes())
    except ValueError:
        raise BadInput("bundle_damaged", file=Publication.FILE) from None
    for name in ("config.json", "model.safetensors", "tokenizer_config.json"):
        if not (bundle / "model" / name).is_file():
            raise BadInput("bundle_damaged", file=f"model/{name}")
    return about


def main(folder: Path, bundle: Path) -> None:
    """The server as a job: ends on STOP or after hours without a caller."""
    with job_process(folder) as me:
        about = read_bundle(bundle)
        place: dict[str, str] = {}

        def ready(url: str) -> None:
            place.update(url=url, model=about.name)

        def over(line: Line) -> bool:
            me.report(1.0 if place else 0.0, None, **place)
            return me.stop_wanted() or line.idle_seconds > IDLE_HOURS * 3600

        _run(bundle, about, _listen("127.0.0.1", 0), ready, over)
        _leave(me)


def _leave(me: Me) -> None:
    if me.stop_wanted():
        raise Stopped


def _run(
    bundle: Path,
    about: Publication,
    place: socket.socket,
    ready: Callable[[str], None],
    over: Callable[[Line], bool],
) -> None:
    """Load the model, then answer on a socket that is bound already, until `over` says so."""
    with place:
        host, port = place.getsockname()[:2]
        line = Line()
        app = build(_speaker(bundle), about, line, is_loopback(host))
        logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
        config = uvicorn.Config(
            app, access_log=False, log_config=None, lifespan="off", timeout_graceful_shutdown=5
        )
        server = uvicorn.Server(config)
        shown = f"[{host}]" if ":" in host else host
        watch = threading.Thread(
            target=_watch,
            args=(server, lambda: ready(f"http://{shown}:{port}"), lambda: over(line)),
            daemon=True,
        )
        watch.start()
        try:
            server.run(sockets=[place])
        except KeyboardInterrupt:  # uvicorn has closed everything, then raises it once more
            return
        finally:
            server.should_exit = True
            watch.join(2)


def _speaker(bundle: Path) -> Speaker:
    try:
        return Speaker(bundle / "model")
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        if "memory" in str(error):  # the machine's fault, not the bundle's
            raise
        raise BadInput("bundle_damaged", file="model/") from error


def _watch(server: uvicorn.Server, ready: Callable[[], None], over: Callable[[], bool]) -> None:
    while not server.started and not server.should_exit:
        time.sleep(0.05)
    if not server.should_exit:
        ready()
    while not server.should_exit:
        if over():
            server.should_exit = True
        time.sleep(0.3)


def _listen(host: str, port: int) -> socket.socket:
    """A bound socket: the port as named, or the usual one, or any. Raises Busy, BadInput."""
    if not 0 <= port < 65536:
        raise BadInput("port_out_of_range", port=port)
    try:
        return _bound(host, port or PORT)
    except OSError as error:
        if not port and error.errno in (errno.EADDRINUSE, errno.EACCES):
            return _bound(host, 0)
        if error.errno in (errno.EADDRINUSE, errno.EACCES):
            raise Busy("port_taken", port=port) from None
        raise BadInput("address_unusable", host=host) from None


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    place = socket.socket(family, socket.SOCK_STREAM)
    try:
        if sys.platform != "win32":  # there it would share the port with whoever has it
            place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        place.bind((host, port))
        place.listen(64)  # from here on nobody else gets the port, and early callers wait
    except BaseException:
        place.close()
        raise
    return place


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
