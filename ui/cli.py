"""The `tunepath` command. With --json every command prints one document, and nothing else.

Exit code 0: done, 1: a mistake that one sentence explains, 2: wrong usage.
"""

import contextlib
import io
import itertools
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from data.errors import TunePathError
from data.project import Project
from data.say import LANGUAGES, say
from data.settings import Settings, read_settings
from ui.terminal import Screen, Turn, print_json

cli = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="TunePath: from an idea to a small model of your own.",
)

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
ProjectName = Annotated[str, typer.Option("--project", help="Project; made if absent.")]
Language = Annotated[str, typer.Option("--language", help="zh or en; by default the locale's.")]
REAL_STDOUT = sys.stdout
USAGE_ERROR: Any = typer.BadParameter.__base__
"""What all wrong usage is; typer carries its own click and exports only some of its errors."""


def main() -> NoReturn:
    """Run the command and exit as the head of this file says."""
    wants_json = "--json" in sys.argv
    _speak_any_language()
    try:
        with _quiet_stdout(wants_json):
            sys.exit(cli(standalone_mode=False) or 0)
    except USAGE_ERROR as error:
        print(error.format_message(), file=sys.stderr)
        _fail(error.format_message(), wants_json, 2)
    except TunePathError as error:
        text = error.text(_asked_language())
        print(text, file=sys.stderr)
        _fail(text, wants_json, 1)
    except (KeyboardInterrupt, typer.Abort, EOFError):
        text = say("cli.interrupted", _asked_language())
        print(text, file=sys.stderr)
        _fail(text, wants_json, 1)
    except OSError as error:  # a folder that may not be written, a disk that is gone
        text = say("cli.system", _asked_language(), reason=error.strerror or type(error).__name__)
        print(text, file=sys.stderr)
        _fail(text, wants_json, 1)
    except Exception as error:  # a fault of ours; where it arose is kept beside the projects
        home = _settings().home
        with contextlib.suppress(OSError):
            Project(home).unexpected(error)
        text = say("cli.unexpected", _asked_language(), file=home / "errors.txt")
        print(text, file=sys.stderr)
        _fail(text, wants_json, 1)


@cli.command()
def app(port: int = 0, browser: bool = True, json: Json = False) -> None:
    """Open the page until Ctrl-C."""
    from ui.app import launch

    launch(port, browser, (lambda url: print_json({"url": url}, REAL_STDOUT)) if json else None)


@cli.command()
def chat(
    message: Annotated[list[str] | None, typer.Option(help="Say this; may be given often.")] = None,
    project: ProjectName = "",
    attach: Annotated[list[Path] | None, typer.Option(help="A file to bring along.")] = None,
    yes: Annotated[bool | None, typer.Option("--yes/--no", help="Answer what is asked.")] = None,
    language: Language = "",
    json: Json = False,
) -> None:
    """Talk: without --message, line by line from standard input."""
    from agent.connect import from_environment

    session = _session(project, language, connection=from_environment(_settings()))
    said = list(message or ([""] if attach else []))
    if yes is None and not said:
        _talk(session, json)
        return
    answered = yes is None
    if not answered and (session.pending() or not said):
        answered = _answer(session, yes, json)
    for number, text in enumerate(said):
        _turn(session, session.send(text, list(attach or []) if number == 0 else []), json)
    if not answered and session.pending():  # --yes meant what the message would lead to
        _answer(session, yes, json)


@cli.command()
def route(
    text: Annotated[str | None, typer.Argument(help="What somebody wants, in their words.")] = None,
    lines: Annotated[
        bool, typer.Option("--lines", help="Read one JSON string a line; print one document each.")
    ] = False,
    json: Json = False,
) -> None:
    """Say what a wish needs: a prompt, a workflow, a look-up, a fine-tune or both; and why."""
    from agent import commands

    if lines == (text is not None):
        raise typer.BadParameter(say("cli.route.one_of", _settings().language))
    if lines:
        for line in filter(str.strip, sys.stdin):
            print_json(commands.route_line(line), REAL_STDOUT)
        return
    found = commands.route(text or "")
    if json:
        print_json(found, REAL_STDOUT)
        return
    code, language = found["route"], found["language"]
    name, share = say(f"plan.route.{code}", language), f"{found['confidence']:.0%}"
    print(say("cli.route.found", language, route=name, code=code, share=share))
    print("\n".join(filter(None, (*found["reasons"], found["cheaper_first"], *found["questions"]))))


@cli.command()
def check(file: Path, language: Language = "", json: Json = False) -> None:
    """Judge a data file: what can be read, what would be dropped, and why."""
    from agent import commands

    spoken = _language(language)
    report = commands.check(file, spoken)
    if json:
        print_json(report, REAL_STDOUT)
        return
    print(report["text"])


@cli.command()
def train(
    project: ProjectName = "",
    data: Annotated[Path | None, typer.Option(help="Rows to start from, if none yet.")] = None,
    epochs: int = 0,
    learning_rate: float = 0.0,
    rank: int = 0,
    yes: Annotated[bool, typer.Option("--yes", help="Start without asking.")] = False,
    language: Language = "",
    json: Json = False,
) -> None:
    """Plan and train with the project's data, or go on with a run that was cut short; waits for the
    end. Ctrl-C stops and saves."""
    from ui.road import train as walk

    session = _session(project, language)
    numbers = {"epochs": epochs, "learning_rate": learning_rate, "rank": rank}
    changes = {name: value for name, value in numbers.items() if value}
    result = walk(session, _screen(session.language, json), data, changes, yes or json)
    _print(result, json)


@cli.command("read-loss")
def read_loss(file: Path, language: Language = "", json: Json = False) -> None:
    """Name the shape of a loss curve: metrics.jsonl, trainer_state.json or CSV."""
    from agent import commands

    reading = commands.read_loss(file, _language(language))
    if json:
        print_json(reading.model_dump(mode="json"), REAL_STDOUT)
        return
    print("\n".join((say(f"train.label.{reading.label}", _language(language)), *reading.evidence)))
    print(reading.advice)


@cli.command()
def publish(
    project: ProjectName = "",
    yes: Annotated[bool, typer.Option("--yes", help="Publish without asking.")] = False,
    language: Language = "",
    json: Json = False,
) -> None:
    """Pack the newest finished run into a bundle that `serve` takes."""
    from ui.road import publish as walk

    session = _session(project, language, must_exist=True)
    result = walk(session, _screen(session.language, json), yes or json)
    _print(result, json)
    if not json:
        print(result["bundle"])


@cli.command()
def serve(bundle: Path, port: int = 0, language: Language = "", json: Json = False) -> None:
    """Serve a bundle as an OpenAI-compatible address until Ctrl-C."""
    from agent import commands

    def ready(url: str, model: str) -> None:
        if json:
            print_json({"url": url, "model": model}, REAL_STDOUT)
        else:
            print(say("cli.serving", _language(language), url=url, model=model), flush=True)

    commands.serve(bundle, port, ready)


@cli.command()
def demo(language: Language = "", project: ProjectName = "", json: Json = False) -> None:
    """Walk the whole road on a shipped sample: no key, no network, about five minutes."""
    from ui.demo import walk

    spoken = _language(language)
    result = walk(_session(project, spoken), _screen(spoken, json), spoken)
    if json:
        print_json(result, REAL_STDOUT)


# --- shared by the commands


def _settings() -> Settings:
    return read_settings(os.environ)


def _language(given: str) -> str:
    if given and given not in LANGUAGES:
        raise typer.BadParameter(f"--language takes {' or '.join(LANGUAGES)}")
    return given or _settings().language


def _asked_language() -> str:
    """The language of a failure, as far as the command line can still be read."""
    words = [part for each in sys.argv[1:] for part in each.split("=", 1)]
    given = dict(itertools.pairwise(words)).get("--language", "")
    return given if given in LANGUAGES else _settings().language


def _session(project: str, language: str, must_exist: bool = False, connection: Any = None) -> Any:
    """A session; only `chat` lets a connected model lead, the other commands walk by themselves."""
    from agent.session import Session

    settings = _settings()
    if must_exist:
        known = Project.open(settings.home, project)
    else:
        known = Project.create(settings.home, project)
    return Session(known, settings, connection, _language(language))


def _screen(language: str, json: bool) -> Screen:
    return Screen(language, sys.stderr if json else REAL_STDOUT)


def _turn(session: Any, events: Iterator[Any], json: bool) -> None:
    screen = _screen(session.language, json)
    turn = screen.show(session.notice(), Turn(project=session.project.id))
    turn = screen.show(events, turn)
    if json:
        print_json(turn.document(), REAL_STDOUT)
    if turn.error:
        raise typer.Exit(1)


def _answer(session: Any, yes: bool | None, json: bool) -> bool:
    pending = session.pending()
    _turn(session, session.answer(pending.id if pending else "", bool(yes)), json)
    return True


def _talk(session: Any, json: bool) -> None:
    """Line by line until the input ends; a mistake in one turn does not end the talk."""
    screen = _screen(session.language, json)
    screen.show(session.history() or session.greet())
    while True:
        screen.line()
        if sys.stdin.isatty():
            print("> ", end="", file=screen.out, flush=True)
        line = sys.stdin.readline()
        if not line:
            return
        if not line.strip():
            continue
        with contextlib.suppress(typer.Exit):
            _turn(session, session.send(line.strip()), json)


def _print(result: dict[str, Any], json: bool) -> None:
    if json:
        print_json(result, REAL_STDOUT)


def _fail(text: str, wants_json: bool, code: int) -> NoReturn:
    if wants_json:
        print_json({"error": text}, REAL_STDOUT)
    sys.exit(code)


def _speak_any_language() -> None:
    """UTF-8 into files and pipes; a screen or an input that knows fewer signs ends nothing."""
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if not isinstance(stream, io.TextIOWrapper):
            continue
        if stream is sys.stdin or stream.isatty():
            stream.reconfigure(errors="replace")
        else:
            stream.reconfigure(encoding="utf-8", errors="replace")


@contextlib.contextmanager
def _quiet_stdout(wanted: bool) -> Iterator[None]:
    """With --json, whatever a library prints goes to standard error."""
    with contextlib.redirect_stdout(sys.stderr) if wanted else contextlib.nullcontext():
        yield


if __name__ == "__main__":
    main()
