"""The one door for page, buttons and command line: words in, events out."""

import json
import re
import shutil
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from langchain_core.messages import (
    AIMessage,
    AIMessageChunk,
    BaseMessage,
    HumanMessage,
)
from langgraph.types import Command

from agent import memory, view
from agent.connect import Connection
from agent.events import (
    Asked,
    Choice,
    Event,
    Failed,
    Heard,
    Offered,
    Piece,
    Said,
    Settled,
    Worked,
    Working,
)
from agent.graph import with_memory
from agent.guide.marking import TRIED, due
from agent.guide.steps import step
from agent.guide.talk import bare
from agent.redraw import choices, last_tool, shown
from data.errors import BadInput, Missing, TunePathError
from data.project import Project
from data.prompt import prompt
from data.say import say, words
from data.settings import Settings
from data.shelf import shelf
from tools import jobs
from tools.contract import Context
from tools.plan.hear import message_language

UPLOAD_LIMIT = 50 * 2**20
"""Bytes of one attached file."""
LONGEST = 40_000
"""Characters of one message; a pasted reply of two hundred rows fits."""


@dataclass
class _Turn:
    """What one turn has shown so far."""

    choices: tuple[Choice, ...] = ()
    asked: bool = False
    failed: bool = False
    tool: str = ""
    """The one that ran last."""


class Session:
    """One project's conversation with one chat model, or with the offline guide."""

    def __init__(
        self,
        project: Project,
        settings: Settings,
        connection: Connection | None = None,
        language: str = "",
    ) -> None:
        self.project = project
        self.settings = settings
        self.connection = connection
        self._first_language = language or settings.language
        self._stop = threading.Event()

    # --- the ways in

    @property
    def language(self) -> str:
        """The language of the conversation."""
        return self.project.language or self._first_language

    def send(self, text: str, files: Sequence[Path] = ()) -> Iterator[Event]:
        """Say something. Files are copied into the project; the names they get there are ours.

        While an approval is awaited, a yes or no answers it; any other words decline it and go on.
        """
        return self._turn(lambda: self._said(text, files))

    def answer(self, ask_id: str, yes: bool) -> Iterator[Event]:
        """Answer the pending approval; one that is no longer pending is refused."""
        return self._turn(lambda: self._answered(ask_id, yes))

    def call(self, tool: str, arguments: dict[str, Any], said: str = "") -> Iterator[Event]:
        """Run a registered tool as a button does: the same checks, approvals and memory."""
        return self._turn(lambda: self._called(tool, arguments, said))

    def notice(self) -> Iterator[Event]:
        """Speak about a job that ended since; nothing where there is none, or a yes is awaited."""
        if self._ended_job() is None or self.pending() is not None:
            return iter(())
        return self._turn(self._noticed)

    def greet(self) -> Iterator[Event]:
        """Welcome and example roads, for an empty conversation. Kept nowhere."""
        yield Said(say("agent.welcome", self.language))
        yield Offered(
            tuple(
                Choice(idea["message"][self.language], idea["label"][self.language])
                for idea in shelf("shipped/ideas")["ideas"]
            )
        )

    def stop(self) -> None:
        """Ask the turn under way to end."""
        self._stop.set()

    # --- looking

    def history(self) -> list[Event]:
        """The whole conversation as events, to redraw a screen."""
        try:
            messages, asked = self._remembered()
        except TunePathError as error:
            return [self._failed(error), Offered(self._suggested())]
        events = [event for message in messages for event in shown(message)]
        last = next((m for m in reversed(messages) if isinstance(m, AIMessage)), None)
        if asked:
            return [*events, asked, Offered(self._yes_no())]
        offered = self._in_language(last) if last else ()
        offered = offered or self._suggested(last_tool(messages))
        return [*events, Offered(offered)] if events else []

    def pending(self) -> Asked | None:
        """The approval that is awaited."""
        try:
            return self._remembered()[1]
        except TunePathError:  # said by the next turn
            return None

    def view(self) -> dict[str, Any]:
        """Snapshot for the workbench; see agent.view.view."""
        return view.view(self._context())

    def rows(self) -> list[dict[str, Any]]:
        """The working table for the data panel."""
        return view.rows(self._context())

    def job(self) -> dict[str, Any] | None:
        """The newest finite job in short."""
        job = view.current_job(self.project)
        return job.brief() if job else None

    # --- one turn

    def _turn(self, prepare: Any) -> Iterator[Event]:
        """Take the lock, prepare the input, run the graph, and always end with Settled."""
        turn = _Turn()
        try:
            with memory.turn(self.project):
                self._stop.clear()  # not before: a stop meant for the turn that still ends
                yield from self._events(prepare, turn)
        except TunePathError as error:
            turn.failed = True
            yield self._failed(error)
        except GeneratorExit:
            raise
        except Exception as error:
            turn.failed = True
            yield self._failed(self.project.unexpected(error))
        if not turn.asked:
            yield Offered(turn.choices or self._suggested(turn.tool))
        yield Settled(self.project.stage, self.job())

    def _events(self, prepare: Any, turn: _Turn) -> Iterator[Event]:
        for item in prepare():
            if not isinstance(item, Event):
                yield from self._run(item, turn)
            else:
                yield item

    def _run(self, given: Any, turn: _Turn) -> Iterator[Event]:
        context = self._context()
        with memory.opened(self.project) as saver:
            memory.forget_steps(saver)
            stream: Any = with_memory(saver).stream(
                given,
                memory.thread(self.project),
                context=context,
                stream_mode=["messages", "updates", "custom"],
                durability="sync",
            )
            try:
                for mode, part in stream:
                    yield from self._translated(mode, part, turn)
                    if self._stop.is_set():
                        yield Said(say("agent.stopped", self.language))
                        return
            finally:
                stream.close()
                memory.forget_steps(saver)

    def _translated(self, mode: str, part: Any, turn: _Turn) -> Iterator[Event]:
        if mode == "custom" and isinstance(part, Working | Worked):
            turn.tool = part.tool
            yield part
        elif mode == "messages":
            chunk = part[0]
            if isinstance(chunk, AIMessageChunk) and chunk.text:
                yield Piece(str(chunk.text))
        elif mode == "updates" and "__interrupt__" in part:
            turn.asked = True
            yield Asked(**part["__interrupt__"][0].value)
            yield Offered(self._yes_no())
        elif mode == "updates":
            for message in (part.get("model") or {}).get("messages", []):
                turn.choices = choices(message) or ()
                yield from shown(message)

    # --- what goes into the graph

    def _said(self, text: str, files: Sequence[Path]) -> Iterator[Any]:
        text = _clean(text)
        if not text and not files:
            raise BadInput("empty_message")
        if len(text) > LONGEST:
            raise BadInput("message_too_long", limit=LONGEST)
        names = tuple(self.keep(file) for file in files)
        self._note_language(text)
        yield Heard(text, names)
        asked = self._remembered()[1]
        if asked and not names and (yes := self._meant(text)) is not None:
            yield Command(resume={"id": asked.id, "yes": yes, "said": text})
            return
        # Any other words drop the approval; the graph closes the call that waited for it.
        extra = {"files": list(names), "said": text} if names else {}
        listed = "".join(f"\n[{name}]" for name in names)
        yield {"messages": [HumanMessage(text + listed, id=uuid4().hex, additional_kwargs=extra)]}

    def _answered(self, ask_id: str, yes: bool) -> Iterator[Any]:
        asked = self.pending()
        if asked is None:
            raise Missing("nothing_to_answer")
        if asked.id != ask_id:
            raise BadInput("ask_stale")
        said = say("agent.yes" if yes else "agent.no", self.language)
        yield Heard(said)
        yield Command(resume={"id": ask_id, "yes": yes, "said": said})

    def _called(self, tool: str, arguments: dict[str, Any], said: str) -> Iterator[Any]:
        if said:
            yield Heard(said)
        direct = {"direct": {"tool": tool, "arguments": arguments}, "quiet": not said}
        yield {"messages": [HumanMessage(said, id=uuid4().hex, additional_kwargs=direct)]}

    def _noticed(self) -> Iterator[Any]:
        job = self._ended_job()
        if job is None:
            return
        text = job.fault().text(self.language) if job.state == "failed" else ""
        notice = {"kind": job.kind, "state": job.state, "text": text}
        self._tick_off(job)
        words_for_model = prompt("agent/notice", self.language, **notice)
        yield {
            "messages": [
                HumanMessage(
                    words_for_model,
                    id=uuid4().hex,
                    additional_kwargs={"notice": notice, "quiet": True},
                )
            ]
        }

    # --- small things

    def _context(self) -> Context:
        model = self.connection.model if self.connection else None
        return Context(self.project, self.settings, self.language, model, stopped=self._stop.is_set)

    def _note_language(self, text: str) -> None:
        heard = message_language(text, self.language)
        if heard != self.project.language:
            self.project.note(language=heard)

    def keep(self, file: Path) -> str:
        """Copy an attached file under a safe name; its suffix stays."""
        if not file.is_file():
            raise Missing("file_missing", name=file.name)
        size = file.stat().st_size
        if size > UPLOAD_LIMIT:
            size_mb, limit_mb = size // 2**20, UPLOAD_LIMIT // 2**20
            raise BadInput("file_too_big", name=file.name, size_mb=size_mb, limit_mb=limit_mb)
        name = re.sub(r"[^\w.-]+", "_", file.name).lstrip(".")[-60:] or "file"
        self.project.uploads.mkdir(parents=True, exist_ok=True)
        target = self.project.uploads / name
        if target.exists():
            target = target.with_name(f"{target.stem}-{uuid4().hex[:6]}{target.suffix}")
        shutil.copyfile(file, target)
        return target.name

    def _remembered(self) -> tuple[list[BaseMessage], Asked | None]:
        with memory.opened(self.project) as saver:
            state = with_memory(saver).get_state(memory.thread(self.project))
        asked = [Asked(**each.value) for each in state.interrupts]
        return state.values.get("messages", []), asked[0] if asked else None

    def _ended_job(self) -> jobs.Job | None:
        """The newest job that ended and was not spoken about."""
        seen = self._seen()
        ended = [j for j in jobs.find(self.project.folder) if not j.alive and j.kind in SPOKEN]
        fresh = [job for job in ended if _mark(job) not in seen]
        return fresh[-1] if fresh else None

    def _seen(self) -> list[str]:
        seen = self.project.about().get("seen_jobs")
        return [str(mark) for mark in seen] if isinstance(seen, list) else []

    def _tick_off(self, job: jobs.Job) -> None:
        self.project.note(seen_jobs=[*self._seen()[-200:], _mark(job)])

    def _meant(self, text: str) -> bool | None:
        """Yes, no, or neither: only the button's own words or their plain kin count."""
        said = bare(text)
        for yes in (True, False):
            kin = words("agent.meaning." + ("yes" if yes else "no"), self.language)
            if said in {bare(word) for word in (*kin, say(f"agent.{_yes(yes)}", self.language))}:
                return yes
        return None

    def _yes_no(self) -> tuple[Choice, ...]:
        both = [say("agent.yes", self.language), say("agent.no", self.language)]
        return tuple(Choice(word, word) for word in both)

    def _in_language(self, message: BaseMessage) -> tuple[Choice, ...]:
        """A reply's buttons; those that are still due are called as the talk's language does."""
        try:
            here = (step(self._context()), due(self._context()))
            now = {_deed(vars(o.do)): o.label for each in here if each for o in each.options}
            asked = here[0].additional()
        except TunePathError:
            now, asked = {}, {}
        kept = message.additional_kwargs
        if kept.get("questions") and kept["questions"] == asked.get("questions"):
            kept = asked  # some answers are words of their own in each language
        choices = kept.get("choices") or []
        labels = [str(now.get(_deed(choice), choice["label"])) for choice in choices]
        return tuple(Choice(label, label) for label in labels)

    def _suggested(self, tool: str = "") -> tuple[Choice, ...]:
        """Buttons for a reply that brought none, from where the project stands and what ran."""
        context = self._context()
        try:
            here = (due(context) if tool in TRIED else None) or step(context)
            return tuple(Choice(o.label, o.label) for o in here.options if o.do.tool)
        except TunePathError:
            return ()

    def _failed(self, error: TunePathError) -> Failed:
        return Failed(error.code, error.sentence(self.language), error.next_step(self.language))


SPOKEN = ("train", "evaluate", "bundle", "fetch", "baseline")
"""Kinds of jobs whose end is worth a word in the conversation."""


def _deed(kept: dict[str, Any]) -> str:
    """What a button does, to tell it in any language."""
    return json.dumps([kept.get(name) for name in ("tool", "arguments", "topic")], sort_keys=True)


def _yes(yes: bool) -> str:
    return "yes" if yes else "no"


def _mark(job: jobs.Job) -> str:
    return f"{job.kind}:{job.folder.parent.name}/{job.folder.name}:{job.started:.0f}:{job.state}"


def _clean(text: str) -> str:
    """Without lone surrogates, which the store can't keep, and outer white space."""
    return text.encode("utf-8", "ignore").decode("utf-8").strip()
