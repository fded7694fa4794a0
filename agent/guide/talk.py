"""How the guide answers: its own button, an intent it knows, an awaited answer, or an honest no."""

import difflib
import re
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage

from agent.guide.intents import (
    asks,
    holds_back,
    inside,
    intent,
    is_row,
    numbers,
    shown_thing,
    term,
    verdict,
    whole,
    without_fillers,
)
from agent.guide.marking import TRIED, VERDICT, due
from agent.guide.reply import Do, Option, Reply
from agent.guide.steps import GEMMA, prompt_first, step
from data.records import BaseModelChoice, Decision, Facts, Route, TrainPlan
from data.say import has, say
from data.stages import STAGES, WORKFLOW, position
from tools.contract import Context
from tools.learn.explain import mentioned, terms
from tools.plan.correct import corrected
from tools.plan.merge import other_aim
from tools.plan.questions import FREE
from tools.plan.read import HALT, SURE, read
from tools.shared.baseline import current

NUMBERED = re.compile(r"^\d\. ")
"""What stands before an answer where several questions are asked at once."""
CLOSE = 0.85
"""Likeness (difflib ratio) at which a typed text counts as one of the buttons."""
PART, AROUND = 2, 6
"""Signs that a typed part of a label has at least, and that may stand around a whole label."""
EXACT = {"train_stop", "dataset_mark_rows", "dataset_take_back", "dataset_use_sample"}
"""Tools that a few words in passing never start: they end, drop or add something at once."""
OPENING, SHORT = ("next", "help", "explain"), 24
"""Intents, and characters at most, by which a first message is no wish yet."""
WEIGHED = 100
"""Characters, at most, of a question that weighs two terms against each other."""
STARTS = {
    "train_start", "train_resume", "evaluate_compare", "publish_bundle", "base_model_fetch",
    "plan_try_prompt",
}  # fmt: skip
"""Tools that start a job and go on at once."""
WAY_ON = {
    "plan_decide", "dataset_freeze", "base_model_choose", "train_plan_run", "train_start",
    "train_resume", "evaluate_compare", "publish_bundle", "publish_serve",
}  # fmt: skip
"""Tools that a plain yes may mean: where the step asks whether to go on, not which way."""
TOLD = {"audience", "expected"}
LOOSE = ("which", "take_back", "map")
"""Intents whose phrases may stand in an answer: `tell customers which one to take`."""


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
    # A button may have been drawn anew in another language since it was offered.
    if (do := _pressed(asked, text) or _pressed(step(context).additional(), text)) is not None:
        return _follow(context, do, text)
    return _understood(context, text, asked)


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
        return _again(context, say("agent.declined", context.language))
    failed = [r for r in results if r.status == "error"]
    names = {str(r.name) for r in results}
    if failed:
        again = {do.tool for do in reply.calls} & {str(r.name) for r in failed}
        return _again(context) if again or not reply.calls else reply
    if names & TRIED and (verdict_due := due(context)):
        return verdict_due
    if all(name.startswith("learn_") and name != "learn_go_back" for name in names):
        return _again(context)
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
    if state == "done" and kind == "baseline" and current(context.project):
        return Reply(calls=(Do("plan_try_prompt"),))
    chosen = context.project.read(BaseModelChoice)
    if state == "done" and kind == "fetch" and chosen is None:
        return Reply(calls=(Do("base_model_choose", {"name": GEMMA}),))
    return step(context)


# --- buttons


def _last_reply(messages: list[BaseMessage]) -> dict[str, Any]:
    for message in reversed(messages):
        kept = message.additional_kwargs
        if isinstance(message, AIMessage) and (kept.get("choices") or kept.get("questions")):
            return kept
    return {}


def _pressed(asked: dict[str, Any], text: str) -> Do | None:
    choices = asked.get("choices", [])
    labels = {bare(choice["label"]): choice for choice in choices}
    labels |= {bare(NUMBERED.sub("", choice["label"])): choice for choice in choices}
    close = difflib.get_close_matches(bare(text), labels, n=1, cutoff=CLOSE)
    one = len(asked.get("questions", ())) <= 1  # of several, a number names the question
    if one and text.isdecimal() and len(text) <= 2 and 1 <= int(text) <= len(choices):
        return _does(choices[int(text) - 1])
    return _does(labels[close[0]]) if close else None


def _named(asked: dict[str, Any], text: str) -> Do | None:
    """The one button that a few words name in part, or wrap: `SmolLM2`, `yes, publish it now`."""
    core = without_fillers(text)
    if len(bare(core)) < PART or holds_back(text):
        return None
    fits = [
        choice
        for choice in asked.get("choices", [])
        if choice["tool"] not in EXACT
        and (inside(core, label := choice["label"]) or _wraps(text, label))
    ]
    return _does(fits[0]) if len(fits) == 1 else None


def _wraps(text: str, label: str) -> bool:
    return inside(label, text) and len(bare(text)) <= len(bare(label)) + AROUND


def _does(choice: dict[str, Any]) -> Do:
    return Do(choice["tool"], choice["arguments"], choice["topic"])


def _follow(context: Context, do: Do, text: str) -> Reply:
    if do.tool == "plan_note_facts" and "aim" in do.arguments:  # its words tell the need
        return Reply(calls=(Do(do.tool, {**do.arguments, "message": text}),))
    if do.tool:
        return Reply(calls=(do,))
    if do.topic == "how_far":  # it may have come to its end meanwhile
        return due(context) or step(context)
    if do.topic == "next":
        return step(context)
    return _again(context, say(f"agent.topic.{do.topic}", context.language))


def _again(context: Context, text: str = "") -> Reply:
    """Words, and below them what was asked and offered before."""
    here = step(context)
    return Reply(text, here.options, questions=here.questions)


def bare(text: str) -> str:
    """A text without spaces, case and closing marks, to compare what was typed with a button."""
    return "".join(text.lower().split()).strip("。.!！?？")


# --- words


def _understood(context: Context, text: str, asked: dict[str, Any]) -> Reply:
    stage, questions = context.project.stage, asked.get("questions", [])
    wanted, facts = _wanted(text, questions), context.project.read(Facts)
    note = Reply(calls=(Do("plan_note_facts", {"message": text}),))
    begun = facts is not None or context.project.run() is not None  # a command can train without
    if not begun and not _opens(text, wanted):
        wanted = _read(text, first=True)
        if not wanted:
            return note
    if questions == [VERDICT] and (passed := verdict(text)) is not None:
        return _follow(context, _does(asked["choices"][0 if passed else 1]), text)
    if questions == [VERDICT] and wanted in ("", "next"):  # what is being judged stays as it is
        return due(context) or step(context)
    if stage in ("plan", WORKFLOW) and facts and corrected(facts, text):
        return note
    if wanted and not (TOLD & set(questions) and wanted in LOOSE and not whole(text, wanted)):
        return _INTENTS[wanted](context, text)
    if not questions and (do := _named(asked, text)) is not None:
        return _follow(context, do, text)
    if not questions and terms(text):
        return _explain(context, text)
    if stage == "plan" and questions:
        if _read(text) == "explain":
            return _explain(context, text)
        free = [name for name in questions if name in FREE and (name == "aim" or not asks(text))]
        given = {} if len(questions) > 1 and text.isdecimal() else dict.fromkeys(free[:1], text)
        return Reply(calls=(Do("plan_note_facts", {**given, "message": text}),))
    if _pasted(text):
        return Reply(calls=(Do("dataset_read_reply", {"text": text}),))
    if stage == "train" and (changes := numbers(text)):
        return Reply(calls=(Do("train_plan_run", changes),))
    if stage == "plan":
        return note
    if facts and other_aim(facts, text, context.language):
        return _another_idea(context)
    if wanted := _read(text):
        return _INTENTS[wanted](context, text)
    return _again(context, say("agent.not_understood", context.language))


def _wanted(text: str, questions: list[str]) -> str:
    """What a message wants; two terms weighed against each other are to be told apart."""
    wanted = intent(text)
    if wanted not in ("", "which", "differ"):
        return wanted
    two = len(text) <= WEIGHED and len(mentioned(text)) > 1
    if two and (wanted or asks(text) or (not questions and terms(text))):
        return "explain"
    return "" if wanted == "differ" else wanted


def _opens(text: str, wanted: str) -> bool:
    """Whether a first message only asks and holds no wish yet."""
    if wanted == "map":
        return whole(text, wanted)
    known = terms(term(text)) or (wanted == "explain" and asks(text) and len(mentioned(text)) > 1)
    return bool(known) or (wanted in OPENING and len(text) <= SHORT)


def _read(text: str, *, first: bool = False) -> str:
    """A question about a word, or for the next step, in words that no phrase foresaw."""
    reading = read(text)
    if reading.route is Route.CONCEPT and reading.share >= SURE and mentioned(text):
        return "explain"
    if reading.route is Route.CONCEPT and reading.share >= HALT and first:
        return "explain"  # a term mistyped, perhaps; it is no project
    return "next" if reading.route is Route.WHAT_NEXT and reading.share >= HALT else ""


def _explain(context: Context, text: str) -> Reply:
    return Reply(calls=(Do("learn_explain", {"term": term(text)}),))


def _another_idea(context: Context) -> Reply:
    """What is there stays until the person says that it may be left."""
    back = Option(
        say("agent.option.change_aim", context.language), Do("learn_go_back", {"stage": "plan"})
    )
    return Reply(say("agent.another_idea", context.language), (back, *step(context).options))


def _pasted(text: str) -> bool:
    """Several lines, JSON or `Q: … A: …`: a reply of a chat service or rows typed by hand."""
    lines = [line for line in text.splitlines() if line.strip()]
    return len(lines) >= 2 or text.lstrip().startswith(("[", "{", "```")) or is_row(text)


def _why(context: Context, text: str) -> Reply:
    stage = context.project.stage
    what = {"train": "plan", "evaluate": "curve", "publish": "evaluation"}
    if stage == "train" and context.project.read(TrainPlan) is None:
        return _again(context, say("agent.why_plan", context.language))
    if questions := step(context).questions:
        why = (say(f"plan.ask_why.{name}", context.language) for name in questions)
        return _again(context, "\n\n".join(why))
    if has(f"agent.why.{stage}", context.language):
        return _again(context, say(f"agent.why.{stage}", context.language))
    return Reply(calls=(Do("learn_show", {"what": what.get(stage, "decision")}),))


def _yes(context: Context, text: str) -> Reply:
    """A plain yes takes the first button where that is the way on; it answers no question."""
    here = step(context)
    first = here.options[0].do if here.options else Do()
    return Reply(calls=(first,)) if first.tool in WAY_ON else here


def _which(context: Context, text: str) -> Reply:
    here = step(context)
    if not here.options:
        return here
    choice, stage = here.options[here.default].label, context.project.stage
    key = f"agent.which_at.{stage}"
    return _again(context, say(key if has(key) else "agent.which", context.language, choice=choice))


def _insist(context: Context, text: str) -> Reply:
    """The person has the last word, once there is a road to overrule."""
    decision = context.project.read(Decision)
    if context.project.stage == "train":
        return _start(context, text)
    if decision is None:
        return _again(context, say("agent.insist_later", context.language))
    here = step(context)
    overrule = [option.do for option in here.options if option.do.tool == "plan_decide"]
    return Reply(calls=tuple(overrule)) if overrule else here


def _take_back(context: Context, text: str) -> Reply:
    """The last rows go off the table; elsewhere `undo` is a step back."""
    if context.project.stage == "dataset":
        return Reply(calls=(Do("dataset_take_back"),))
    return _back(context, text)


def _try_prompt(context: Context, text: str) -> Reply:
    """The prompt alone, where the words ask for it and not about it."""
    if holds_back(text):
        return _again(context, say("agent.topic.try_prompt", context.language))
    offered = [option.do for option in prompt_first(context)]
    return Reply(calls=(offered[0] if offered else Do("plan_try_prompt"),))


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
    "help": lambda context, text: _again(context, say("agent.help", context.language)),
    "yes": _yes,
    "which": _which,
    "insist": _insist,
    "take_back": _take_back,
    "try_prompt": _try_prompt,
    "map": lambda context, text: Reply(calls=(Do("learn_show_map"),)),
    "explain": _explain,
}
