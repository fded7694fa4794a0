"""What happens at the page: opening it, a turn, a look at a job, another project or language.

Every way in checks by itself whose project it is; nothing the browser sends is taken as drawn.
"""

import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, cast

import gradio as gr
from gradio.utils import get_upload_folder

from agent.events import Event, Failed, Heard, Piece, Settled
from data.errors import Busy, TunePathError
from data.project import Project
from data.say import other, say
from data.settings import Settings
from data.stages import STAGES, WORKFLOW
from ui.chat import ANSWER, Talk
from ui.panels import publish
from ui.panels.bench import Bench, Look, Press
from ui.visitors import Desk, open_desk, own_project

BEAT = 0.12
"""Seconds between two pictures of a reply that is being streamed."""
ALIVE = ("queued", "running")
RESULTS = {("train", "evaluate"): "train", ("evaluate", "publish"): "evaluate"}
"""Stages whose panel stays open when they are done: what they brought is to be looked at first."""


class Turns:
    """The handlers of one page. Holds nothing of any visitor; that is on the Desk."""

    def __init__(self, settings: Settings, bench: Bench) -> None:
        self.settings, self.bench = settings, bench

    def desk(self, state: Any, place: Any, request: gr.Request | None = None) -> Desk:
        """The visitor's desk; made anew where the server has been restarted since."""
        if isinstance(state, Desk):
            return state
        accepted = request.headers.get("accept-language", "") if request else ""
        desk = open_desk(self.settings, place, accepted)
        recall(desk)
        return desk

    # --- opening and drawing

    def load(self, place: Any, request: gr.Request) -> list[Any]:
        desk = self.desk(None, place, request)
        return self._all(desk)

    def _all(self, desk: Desk) -> list[Any]:
        """The whole page. One tick follows: a job may have ended while nobody looked."""
        _, *drawn = self.drawing(desk)
        shown = [desk.talk.messages(), composer(desk, desk.busy), gr.Timer(active=True)]
        return [desk, desk.place, *shown, *drawn]

    def redraw(self, state: Any, place: Any) -> list[Any]:
        # One tick follows here too: a job may have ended while this turn, or a yes, was awaited.
        _, *drawn = self.drawing(self.desk(state, place))
        return [gr.Timer(active=True), *drawn]

    def drawing(self, desk: Desk) -> list[Any]:
        """The timer, then every part of the workbench that changed."""
        look = self.look(desk)
        stage, kind = look.view["stage"], look.job["kind"] if look.working() else ""
        if (stage, kind) != desk.at:
            desk.chosen = opened(desk.at, stage, kind)
            desk.at = (stage, kind)
            look = self.look(desk)
        return [gr.Timer(active=look.working()), *self.bench.redraw(desk, look)]

    def look(self, desk: Desk) -> Look:
        session = desk.session
        view = session.view()
        models = session.settings.models
        there = models.iterdir() if models.is_dir() else ()
        served = (view.get("publication") or {}).get("url")
        connection = session.connection
        return Look(
            language=session.language,
            view=view,
            rows=session.rows(),
            shown=desk.chosen or ("plan" if view["stage"] == WORKFLOW else view["stage"]),
            connected=connection.name if connection else "",
            connecting=desk.connecting,
            fetched=tuple(sorted(f.name for f in there if (f / "manifest.json").exists())),
            filter=desk.filter,
            snippets=desk.talk.snippets(str(served or "")),
            projects=tuple((named(p, session.language), p.id) for p in projects(desk)),
        )

    # --- turns

    def say(self, state: Any, place: Any, message: Any) -> Iterator[list[Any]]:
        desk = self.desk(state, place)
        given = message if isinstance(message, dict) else {}
        text = str(given.get("text") or "")
        files = [path for file in given.get("files") or [] if (path := uploaded(file))]
        if not text.strip() and not files:
            yield [desk, gr.skip(), gr.skip()]
            return
        yield from self._turn(desk, desk.session.send(text, files), typed=given)

    def pick(self, state: Any, place: Any, picked: gr.SelectData) -> Iterator[list[Any]]:
        desk = self.desk(state, place)
        value = str(picked.value or "")
        answer = ANSWER.fullmatch(value)
        if answer:
            events = desk.session.answer(answer[2], answer[1] == "yes")
        else:
            events = desk.session.send(value)
        yield from self._turn(desk, events)

    def upload(self, state: Any, place: Any, file: Any) -> Iterator[list[Any]]:
        desk = self.desk(state, place)
        path = uploaded(file)
        if path is None:
            yield [desk, gr.skip(), gr.skip()]
            return
        yield from self._turn(desk, desk.session.send("", [path]))

    def pressing(self, press: Press) -> Any:
        """The handler of a workbench button."""

        def pressed(state: Any, place: Any, *values: Any) -> Iterator[list[Any]]:
            desk = self.desk(state, place)
            call = press.call(self.look(desk), *values)
            events = desk.session.call(call.tool, call.arguments, said=call.said)
            yield from self._turn(desk, events)

        return pressed

    def stop(self, state: Any) -> None:
        if isinstance(state, Desk):
            state.session.stop()

    def _turn(
        self, desk: Desk, events: Iterator[Event], typed: dict[str, Any] | None = None
    ) -> Iterator[list[Any]]:
        """Desk, chat and composer while a turn goes on. What was typed and not heard comes back."""
        if desk.busy:  # what was typed stays in its box
            self._wait(desk)
            yield [desk, gr.skip(), gr.skip()]
            return
        heard, drawn = False, 0.0
        desk.busy = True
        try:
            yield [desk, gr.skip(), composer(desk, busy=True, clear=typed is not None)]
            with closing(cast(Any, events)):
                for event in events:
                    heard = heard or isinstance(event, Heard)
                    desk.talk.take(event)
                    now = time.monotonic()
                    if not isinstance(event, Piece | Settled) or now - drawn > BEAT:
                        drawn = now
                        yield [desk, desk.talk.messages(), gr.skip()]
        finally:
            desk.busy = False
        desk.seen = talk_mark(desk.session.project)
        back = typed if typed is not None and not heard else None
        yield [desk, desk.talk.messages(), composer(desk, back=back)]

    def tick(self, state: Any, place: Any) -> Iterator[list[Any]]:
        # While a job lives: how far it is; and once it ended, what there is to say about it.
        desk = self.desk(state, place)
        if desk.busy:
            yield [desk, *skips(2 + len(self.bench.components) + 1)]
            return
        session = desk.session
        job = session.job()
        if talk_mark(session.project) != desk.seen:  # another page of the same project
            recall(desk)
            yield [desk, desk.talk.messages(), gr.skip(), *self.drawing(desk)]
        elif job and job["state"] in ALIVE:
            yield [desk, gr.skip(), gr.skip(), *self.drawing(desk)]
            return
        events = _unless_busy(session.notice())
        first = next(events, None)
        if first is not None:
            rest = skips(1 + len(self.bench.components))
            for part in self._turn(desk, _again(first, events)):
                yield [*part, *rest]
        yield [desk, gr.skip(), composer(desk), *self.drawing(desk)]

    # --- project, language, what is looked at

    def switch(self, state: Any, place: Any, name: Any) -> list[Any]:
        desk = self.desk(state, place)
        project = own_project(desk.session.settings, str(name or ""))
        if desk.busy or project is None or project.id == desk.session.project.id:
            return self._stay(desk)
        return self._to(desk, project)

    def new(self, state: Any, place: Any) -> list[Any]:
        desk = self.desk(state, place)
        return self._stay(desk) if desk.busy else self._to(desk, fresh(desk))

    def _stay(self, desk: Desk) -> list[Any]:
        # A turn under way belongs to the project it began in; the picker shows that one again.
        if desk.busy:
            self._wait(desk)
        desk.drawn.clear()
        return [desk, desk.place, gr.skip(), gr.skip(), *self.drawing(desk)]

    def _wait(self, desk: Desk) -> None:
        gr.Warning(Busy("turn_running").text(desk.session.language))

    def _to(self, desk: Desk, project: Project) -> list[Any]:
        desk.move(project)
        recall(desk)
        return self._all(desk)

    def language(self, state: Any, place: Any) -> list[Any]:
        desk = self.desk(state, place)
        desk.language = other(desk.session.language)
        desk.session.project.note(language=desk.language)
        if not desk.busy:
            recall(desk)
        return self._all(desk)

    def show_stage(self, stage: str) -> Any:
        """The handler of a step of the journey, or of the learning map below it."""

        def shown(state: Any, place: Any) -> list[Any]:
            desk = self.desk(state, place)
            desk.chosen = stage if stage in (*STAGES, "learn") else ""
            return self.drawing(desk)

        return shown

    def filter(self, state: Any, place: Any, name: Any) -> list[Any]:
        desk = self.desk(state, place)
        desk.filter = name if name in ("all", "flagged", "dropped") else "all"
        return self.drawing(desk)

    # --- the small talk with the tuned model

    def ask_tuned(self, state: Any, place: Any, text: Any) -> Iterator[list[Any]]:
        desk = self.desk(state, place)
        said = str(text or "").strip()[: publish.LONGEST]
        served = desk.session.view().get("publication") or {}
        if not said or not served.get("url"):
            yield [gr.skip(), gr.skip()]
            return
        talk = [*desk.tuned_talk, {"role": "user", "content": said}]
        yield [publish.messages(talk), ""]
        answer = ""
        try:
            for piece in publish.ask(str(served["url"]), str(served.get("model", "")), talk):
                answer += piece
                yield [publish.messages([*talk, _model(answer)]), gr.skip()]
        except TunePathError as error:
            gr.Warning(error.text(desk.session.language))
            yield [publish.messages(desk.tuned_talk), said]
            return
        desk.tuned_talk = [*talk, _model(answer or say("ui.evaluate.empty", desk.session.language))]
        yield [publish.messages(desk.tuned_talk), gr.skip()]

    def forget_tuned(self, state: Any) -> list[Any]:
        if isinstance(state, Desk):
            state.tuned_talk = []
        return []


def opened(before: tuple[str, str], stage: str, kind: str) -> str:
    """Stage whose panel opens by itself, given stage and job before and now; empty for its own."""
    if "baseline" in (before[1], kind):  # what the prompt alone brings stands with the plan
        return "plan"
    return "" if kind else RESULTS.get((before[0], stage), "")


def recall(desk: Desk) -> None:
    """Draw the chat from the conversation's store; where it is empty, welcome."""
    session = desk.session
    try:
        events = session.history() or list(session.greet())
    except Exception as error:  # a damaged store must not keep the page from opening
        unexpected, spoken = TunePathError("unexpected"), session.language
        with suppress(OSError):
            unexpected = session.project.unexpected(error)
        events = [Failed("unexpected", unexpected.sentence(spoken), unexpected.next_step(spoken))]
    desk.talk = Talk(session.language, events)
    desk.seen = talk_mark(session.project)


def composer(
    desk: Desk, busy: bool = False, clear: bool = False, back: dict[str, Any] | None = None
) -> Any:
    """The box to type in: with a stop button while a turn goes on. Its text is left alone."""
    given: dict[str, Any] = {
        "placeholder": say("ui.chat.placeholder", desk.session.language),
        "submit_btn": not busy,
        "stop_btn": busy,
    }
    if clear:
        given["value"] = {"text": "", "files": []}
    elif back is not None:
        files = [str(path) for file in back.get("files") or [] if (path := uploaded(file))]
        given["value"] = {"text": back.get("text") or "", "files": files}
    return gr.update(**given)


def uploaded(file: Any) -> Path | None:
    """A file that came through this page's own upload; None for any other path."""
    if not isinstance(file, str):
        return None
    path = Path(file).resolve()
    return path if path.is_relative_to(Path(get_upload_folder()).resolve()) else None


def skips(count: int) -> list[Any]:
    """Outputs that stay as they are."""
    return [gr.skip() for _ in range(count)]


def fresh(desk: Desk) -> Project:
    """A new project; one that was made and never used is taken as it is."""
    settings = desk.session.settings
    for project in Project.all(settings.home):
        if not (project.folder / "talk.sqlite").exists() and not (project.folder / "plan").exists():
            return project
    return Project.create(settings.home)


def projects(desk: Desk) -> list[Project]:
    """The visitor's projects, this one among them."""
    there = Project.all(desk.session.settings.home)
    own = desk.session.project
    return there if any(p.id == own.id for p in there) else [own, *there]


def named(project: Project, language: str) -> str:
    """A project's name for the list; its number where it has none yet."""
    if project.title != project.id:
        return project.title
    return f"{say('ui.head.untitled', language)} {project.id[:4]}"


def talk_mark(project: Project) -> float:
    """Changes whenever the stored conversation does."""
    store = project.folder / "talk.sqlite"
    return store.stat().st_mtime if store.exists() else 0.0


def _unless_busy(events: Iterator[Event]) -> Iterator[Event]:
    """A notice that another page is giving already is not given twice."""
    for event in events:
        if isinstance(event, Failed) and event.code == "turn_running":
            return
        yield event


def _again(first: Event, rest: Iterator[Event]) -> Iterator[Event]:
    yield first
    yield from rest


def _model(text: str) -> dict[str, str]:
    return {"role": "assistant", "content": text}
