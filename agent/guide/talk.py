"""How the guide answers: its own button, an intent it knows, an awaited answer, or an honest no."""

import difflib
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage

from agent.guide.intents import intent, numbers, shown_thing, term
from agent.guide.reply import Do, Reply
from agent.guide.steps import GEMMA, step
from data.records import BaseModelChoice, Facts
from data.say import has, say
from data.stages import STAGES, WORKFLOW, position
from tools.contract import Context

CLOSE = 0.85
"""Likeness (difflib ratio) at which a typed text counts as one of the buttons."""
OPENING, SHORT = ("next", "help", "explain"), 24
"""Intents, and characters at most, by which a first message is no wish yet."""
STARTS = {"train_start", "train_resume", "evaluate_compare", "publish_bundle", "base_model_fetch"}
"""Tools that start a job and go on at once."""
FREE = ("aim", "audience", "expected")
"""Facts that are kept in the person's own words; the others must be one of the offered answers."""


def answer(context: Context, messages: list[BaseMessage]) -> Reply:
    """The next thing to say or do after the last message of the conversation."""
    last = messages[-1]
    if isinstance(last, ToolMessage):
        return _after_tools(context, messages)
    if not isinstance(last, HumanMessage):
        return step(context)
    if notice := last.additional_kwargs.get("notice"):
        return _after_job(context, notice)
    if files := last.additional_kwargs.get("files"):
        return Reply(calls=tuple(Do("dataset_import_file", {"file": name}) for name in files))
    asked = _last_reply(messages[:-1])
    text = str(last.content).strip()
    if (do := _pressed(asked, text)) is not None:
        return _follow(context, do, text)
    return _understood(context, text, asked.get("question", ""))


# --- after something happened


def _after_tools(context: Context, messages: list[BaseMessage]) -> Reply:
    """Go on to the next step; what a tool had to say is on the screen already."""
    results: list[ToolMessage] = []
    for message in reversed(messages):
        if not isinstance(message, ToolMessage):
            break
        results.append(message)
    reply = step(context)
    if any(result.additional_kwargs.get("declined") for result in results):
        return Reply(say("agent.declined", context.language), reply.options)
    failed = [r for r in results if r.status == "error"]
    names = {str(r.name) for r in results}
    if failed:
        again = {do.tool for do in reply.calls} & {str(r.name) for r in failed}
        return Reply(options=reply.options) if again or not reply.calls else reply
    if all(name.startswith("learn_") and name != "learn_go_back" for name in names):
        return Reply(options=reply.options)
    if any(do.tool in names for do in reply.calls):
        return Reply(say("agent.stuck", context.language), reply.options)  # never twice in a row
    if names & STARTS and not reply.calls:  # the tool said that it runs
        return Reply(options=reply.options)
    if "dataset_write_prompt" in names:
        return Reply(say("agent.step.paste_reply", context.language), reply.options)
    return reply


def _after_job(context: Context, notice: dict[str, Any]) -> Reply:
    kind, state = notice["kind"], notice["state"]
    if state == "failed":
        return Reply(notice["text"], step(context).options)
    if state == "done" and kind == "train":
        return Reply(say("agent.notice.train_done", context.language), (), (Do("train_read_loss"),))
    if state == "done" and kind == "evaluate":
        return Reply(calls=(Do("evaluate_show_answers"),))
    chosen = context.project.read(BaseModelChoice)
    if state == "done" and kind == "fetch" and chosen is None:
        return Reply(calls=(Do("base_model_choose", {"name": GEMMA}),))
    return step(context)


# --- buttons


def _last_reply(messages: list[BaseMessage]) -> dict[str, Any]:
    for message in reversed(messages):
        kept = message.additional_kwargs
        if isinstance(message, AIMessage) and (kept.get("choices") or kept.get("question")):
            return kept
    return {}


def _pressed(asked: dict[str, Any], text: str) -> Do | None:
    choices = asked.get("choices", [])
    labels = {bare(choice["label"]): choice for choice in choices}
    close = difflib.get_close_matches(bare(text), labels, n=1, cutoff=CLOSE)
    if text.isdecimal() and 1 <= int(text) <= len(choices):
        choice = choices[int(text) - 1]
    elif close:
        choice = labels[close[0]]
    else:
        return None
    return Do(choice["tool"], choice["arguments"], choice["topic"])


def _follow(context: Context, do: Do, text: str) -> Reply:
    if do.tool == "plan_note_facts":
        return Reply(calls=(Do(do.tool, {**do.arguments, "message": text}),))
    if do.tool:
        return Reply(calls=(do,))
    if do.topic == "next":
        return step(context)
    return Reply(say(f"agent.topic.{do.topic}", context.language), step(context).options)


def bare(text: str) -> str:
    """A text without spaces, case and closing marks, to compare what was typed with a button."""
    return "".join(text.lower().split()).strip("。.!！?？")


# --- words


def _understood(context: Context, text: str, question: str) -> Reply:
    wanted = intent(text)
    if context.project.read(Facts) is None and not (wanted in OPENING and len(text) <= SHORT):
        return Reply(calls=(Do("plan_note_facts", {"message": text}),))
    if wanted:
        return _INTENTS[wanted](context, text)
    stage = context.project.stage
    if stage == "plan" and question:
        given = {question: text} if question in FREE else {}
        return Reply(calls=(Do("plan_note_facts", {**given, "message": text}),))
    if _pasted(text):
        return Reply(calls=(Do("dataset_read_reply", {"text": text}),))
    if stage == "train" and (changes := numbers(text)):
        return Reply(calls=(Do("train_plan_run", changes),))
    if stage == "plan":
        return Reply(calls=(Do("plan_note_facts", {"message": text}),))
    here = step(context)
    return Reply(say("agent.not_understood", context.language), here.options)


def _pasted(text: str) -> bool:
    """Several lines, or JSON: a reply of a chat service or rows typed by hand."""
    lines = [line for line in text.splitlines() if line.strip()]
    return len(lines) >= 2 or text.lstrip().startswith(("[", "{", "```"))


def _why(context: Context, text: str) -> Reply:
    stage = context.project.stage
    what = {"plan": "brief", "train": "plan", "evaluate": "curve", "publish": "evaluation"}
    if has(f"agent.why.{stage}", context.language):
        return Reply(say(f"agent.why.{stage}", context.language), step(context).options)
    return Reply(calls=(Do("learn_show", {"what": what.get(stage, "decision")}),))


def _show(context: Context, text: str) -> Reply:
    return Reply(calls=(Do("learn_show", {"what": shown_thing(text) or "all"}),))


def _back(context: Context, text: str) -> Reply:
    """To the part that the message names, else one stage back."""
    stage = context.project.stage
    here = position(stage)
    named = {"brief": "plan", "decision": "plan", "curve": "train", "evaluation": "evaluate"}
    wanted = named.get(shown_thing(text), shown_thing(text))
    if stage == WORKFLOW or here == 0:
        target = "plan"
    else:
        target = wanted if wanted in STAGES[:here] else STAGES[here - 1]
    return Reply(calls=(Do("learn_go_back", {"stage": target}),))


def _start(context: Context, text: str) -> Reply:
    """Start what can be started here; a step that is not due says what is missing."""
    here = step(context)
    if context.project.stage != "train":
        return here
    first = here.options[0].do if here.options else Do()
    return Reply(calls=(first,)) if first.tool in ("train_start", "train_plan_run") else here


_INTENTS = {
    "next": lambda context, text: step(context),
    "why": _why,
    "back": _back,
    "stop": lambda context, text: Reply(calls=(Do("train_stop"),)),
    "resume": lambda context, text: Reply(calls=(Do("train_resume"),)),
    "start": _start,
    "show": _show,
    "help": lambda context, text: Reply(
        say("agent.help", context.language), step(context).options, question=step(context).question
    ),
    "explain": lambda context, text: Reply(calls=(Do("learn_explain", {"term": term(text)}),)),
}
