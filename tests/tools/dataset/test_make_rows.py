"""More rows: the prompt to copy, and the connected model that is given the same prompt."""

from collections.abc import Callable
from typing import Any

import pytest
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult

from data.errors import BadInput, NotReady, TunePathError, Unreachable
from data.records import Finding
from data.say import say
from tests.tools.dataset.rows import GRANDMA, SUPPORT, brief, rows
from tools.contract import Context
from tools.dataset.add_rows import add_rows
from tools.dataset.generate_rows import generate_rows, quote
from tools.dataset.mark_rows import mark_rows
from tools.dataset.read_reply import read_reply
from tools.dataset.write_prompt import fenced, write_prompt


class Scripted(BaseChatModel):
    """A chat model whose replies are known beforehand; an exception in the list is raised."""

    replies: list[Any]
    asked: list[str]
    model_name: str = "scripted"

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def _generate(self, messages: list[BaseMessage], *_: Any, **__: Any) -> ChatResult:
        self.asked.append(str(messages[-1].content))
        reply = self.replies[min(len(self.asked), len(self.replies)) - 1]
        if isinstance(reply, Exception):
            raise reply
        return ChatResult(generations=[ChatGeneration(message=AIMessage(reply))])


def batch(start: int, count: int = 20) -> str:
    """Pairs unlike each other and unlike any other batch."""
    made = (
        f"问：{_name(n)}怎么样\n答：{_name(n * 31 + 7)}好着呢，{_name(n * 17)}。"
        for n in range(start, start + count)
    )
    return "\n\n".join(made)


def _name(number: int) -> str:
    letters = "春夏秋冬天地日月山河花草风雨云雪米面鱼肉"
    return "".join(letters[number // 20**place % 20] for place in range(3))


@pytest.fixture
def model_context(context: Context) -> Callable[..., tuple[Context, Scripted]]:
    """The context with a scripted model connected."""

    def connect(*replies: Any) -> tuple[Context, Scripted]:
        model = Scripted(replies=list(replies), asked=[])
        context.project.write(brief())
        return Context(context.project, context.settings, "zh", model, context.report), model

    return connect


# --- the prompt


def test_the_prompt_holds_brief_examples_and_the_form_of_the_reply(context: Context) -> None:
    context.project.write(brief())
    add_rows(context, rows=[row.alpaca() for row in rows(GRANDMA)])
    outcome = write_prompt(context)
    prompt = outcome.facts["prompt"]
    assert "说话像我奶奶" in prompt and "心疼人" in prompt and "不用书面语" in prompt
    assert prompt.count("\n问：") == 9  # eight examples and the empty form
    assert prompt in outcome.card and outcome.card.startswith("```text\n")
    assert "20 条" in prompt and "$" not in prompt


def test_the_prompt_speaks_the_language_of_the_rows_not_of_the_page(context: Context) -> None:
    context.project.write(brief("en"))
    add_rows(context, rows=[row.alpaca() for row in rows(SUPPORT)])
    assert "\nQ: " in write_prompt(Context(context.project, context.settings, "zh")).facts["prompt"]


def test_flaws_seen_become_rules_and_bad_examples(context: Context) -> None:
    context.project.write(brief())
    add_rows(context, rows=[row.alpaca() for row in rows(GRANDMA)])
    read_reply(
        context,
        text="问：你是谁\n答：作为一个人工智能，我没有名字。\n\n问：饿\n答：吃面去，锅里有。",
    )
    mark_rows(context, ids=["flagged"], verdict="drop")
    outcome = write_prompt(context, count=30)
    assert "不要自称 AI" in outcome.facts["prompt"]
    assert "不要像这样：作为一个人工智能，我没有名字。" in outcome.facts["prompt"]
    assert outcome.facts["flaws"] == ["ai_talk"] and "talks as an AI" in outcome.text
    assert "我没有名字" not in outcome.facts["prompt"].split("例子（")[1]


@pytest.mark.parametrize(("language", "word"), [("zh", "例"), ("en", "example")])
@pytest.mark.parametrize("emptied", [False, True], ids=["no rows", "all rows dropped"])
def test_without_an_example_nothing_in_the_prompt_points_to_one(
    context: Context, language: str, word: str, emptied: bool
) -> None:
    context.project.write(brief(language))
    if emptied:
        habit = [row.alpaca() for row in rows(GRANDMA if language == "zh" else SUPPORT)]
        for row in habit:
            row["output"] = f"乖孙，{row['output']}" if language == "zh" else f"Hi! {row['output']}"
        long = {"question": "累", "answer": ("慢慢走。" if language == "zh" else "Go on. ") * 90}
        add_rows(context, rows=[*habit, long, {"question": "a?", "answer": "好"}])
        mark_rows(context, ids=["all"], verdict="drop")
    here = Context(context.project, context.settings, language)
    outcome = write_prompt(here)
    assert word not in outcome.facts["prompt"].lower()
    assert bool(outcome.facts["flaws"]) is emptied
    assert say("dataset.prompt_no_examples", language) in outcome.text


def test_the_manner_of_the_examples_is_asked_for_where_there_are_some(context: Context) -> None:
    add_rows(context, rows=[row.alpaca() for row in rows(SUPPORT)])
    outcome = write_prompt(context)
    assert "of the examples below" in outcome.facts["prompt"]
    assert "used in it as examples: 8" in outcome.text


def test_made_rows_are_no_examples_while_there_are_own_ones(context: Context) -> None:
    context.project.write(brief())
    read_reply(context, text=batch(0, 5))
    add_rows(context, rows=[{"question": "奶奶我饿", "answer": "锅里有饭，趁热吃。"}])
    prompt = write_prompt(context).facts["prompt"]
    assert prompt.count("\n问：") == 2 and "奶奶我饿" in prompt
    assert f"- {_name(4)}怎么样" in prompt  # only so that it is not written again


def test_without_brief_and_rows_there_is_nothing_to_ask_for(context: Context) -> None:
    with pytest.raises(NotReady, match="needs_brief"):
        write_prompt(context)


@pytest.mark.parametrize("count", [0, -3, 501])
def test_an_odd_count_is_refused(context: Context, count: int) -> None:
    context.project.write(brief())
    with pytest.raises(BadInput, match="count_range"):
        write_prompt(context, count=count)


def test_the_fence_is_longer_than_any_inside() -> None:
    assert fenced("a\n````\nb").startswith("`````text\n")


def test_text_of_rows_is_never_read_as_a_template(context: Context) -> None:
    context.project.write(brief())
    add_rows(
        context,
        rows=[{"question": "$count 块钱", "answer": "{text} 好好好，奶奶给你 $flaws 拿去买糖。"}],
    )
    assert "$count 块钱" in write_prompt(context).facts["prompt"]


# --- the model


def test_without_a_model_copy_and_paste_is_pointed_to(context: Context) -> None:
    with pytest.raises(NotReady, match="needs_model") as caught:
        generate_rows(context)
    assert "复制粘贴" in caught.value.next_step("zh")


def test_twenty_rows_come_in_one_call_and_name_their_source(
    model_context: Callable[..., tuple[Context, Scripted]],
) -> None:
    context, model = model_context(batch(0))
    outcome = generate_rows(context)
    assert outcome.facts["added"] == 20 and len(model.asked) == 1
    assert {item.source for item in context.project.items()} == {"model:scripted"}


def test_the_first_round_is_free_of_questions_and_many_rows_are_quoted(
    model_context: Callable[..., tuple[Context, Scripted]],
) -> None:
    context, model = model_context(batch(0))
    assert quote(context, count=20) is None
    many = quote(context, count=200)
    assert many and many.numbers["calls"] == 10 and many.numbers["tokens"] > 1_000
    assert "200" in many.text and not model.asked


def test_many_rows_come_in_batches_that_know_the_ones_before(
    model_context: Callable[..., tuple[Context, Scripted]],
) -> None:
    context, model = model_context(batch(0), batch(100), batch(200, 10))
    outcome = generate_rows(context, count=50)
    assert outcome.facts["added"] == 50 and len(model.asked) == 3
    assert f"- {_name(19)}怎么样" in model.asked[1] and "请写 10 条" in model.asked[2]


def test_a_failed_reply_is_said_and_the_others_are_kept(
    model_context: Callable[..., tuple[Context, Scripted]],
) -> None:
    context, _ = model_context(batch(0), "我今天不想写。", batch(300))
    outcome = generate_rows(context, count=40)
    assert outcome.facts["added"] == 40 and outcome.facts["failed_batches"] == 1
    assert "3 批里有 1 批没有成功" in outcome.text


def test_a_server_that_fails_at_once_gets_its_own_sentence(
    model_context: Callable[..., tuple[Context, Scripted]],
) -> None:
    context, model = model_context(Unreachable("server_busy"))
    with pytest.raises(TunePathError, match="server_busy"):
        generate_rows(context, count=100)
    assert len(model.asked) == 2 and context.project.items() == []


def test_a_model_that_repeats_itself_is_not_paid_for_ever(
    model_context: Callable[..., tuple[Context, Scripted]],
) -> None:
    context, model = model_context(batch(0))
    outcome = generate_rows(context, count=200)
    assert outcome.facts["added"] == 20 and len(model.asked) == 3
    assert "本来要 200 条，只得到 20 条" in outcome.text


def test_a_model_that_writes_too_much_is_cut_to_what_was_asked(
    model_context: Callable[..., tuple[Context, Scripted]],
) -> None:
    context, _ = model_context(batch(0, 60))
    assert generate_rows(context, count=20).facts["added"] == 20


def test_rows_of_a_model_are_criticised_like_any_other(
    model_context: Callable[..., tuple[Context, Scripted]],
) -> None:
    context, _ = model_context(batch(0, 19) + "\n\n问：你是谁\n答：作为一个人工智能，我不知道。")
    generate_rows(context)
    marked = context.project.items()[-1].findings
    assert Finding.model_validate(marked[0].model_dump()).code == "ai_talk"
