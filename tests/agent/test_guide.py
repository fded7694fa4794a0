"""The offline guide: what it says at every stage, and that it never pretends."""

# A test that finds None where it expects a record has failed, and says so well enough.
# pyright: reportOptionalMemberAccess=false, reportOptionalSubscript=false

import json

import pytest
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage

from agent.events import Asked, Failed, Heard, Offered, Piece, Said, Settled, Worked
from agent.guide.model import GuideChatModel
from agent.guide.steps import step
from agent.guide.talk import answer
from agent.session import Session
from data.files import write_json, write_lines
from data.records import Facts, TrainPlan
from data.say import say
from data.settings import Settings
from tests.rigs.stages import EVERY, project_at
from tools.contract import Context

LANGUAGES = ("zh", "en")
QUESTIONS = {
    "next": {"zh": "接下来做什么？", "en": "what next?"},
    "why": {"zh": "为什么？", "en": "why?"},
    "show": {"zh": "给我看看", "en": "show me what we have"},
    "show_data": {"zh": "看看数据", "en": "show me the data"},
    "show_curve": {"zh": "看看曲线", "en": "show me the curve"},
    "explain": {"zh": "过拟合是什么意思？", "en": "what is overfitting?"},
    "help": {"zh": "你能做什么？", "en": "what can you do?"},
    "stop": {"zh": "停止训练", "en": "stop training"},
    "resume": {"zh": "继续训练", "en": "resume training"},
}


def only(events, kind):
    return [event for event in events if isinstance(event, kind)]


def buttons(events):
    return [choice.value for choice in only(events, Offered)[-1].choices]


def words_of(events):
    """All that a person reads in a turn."""
    told = [each.text + each.card for each in only(events, Worked)]
    return "\n".join([each.text for each in only(events, Said)] + told)


def han(text):
    return sum("\u4e00" <= sign <= "\u9fff" for sign in text)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("stage", EVERY)
def test_standing_questions_are_answered_in_the_persons_language_at_every_stage(
    home, stage, language
):
    project = project_at(home, stage)
    before = project.stage
    session = Session(project, Settings(home=home, language=language), language=language)
    for question in QUESTIONS.values():
        events = list(session.send(question[language]))
        assert not only(events, Failed), only(events, Failed)
        said = words_of(events)
        assert said.strip() and "Traceback" not in said
        assert (han(said) > 4) == (language == "zh"), said
        assert buttons(events) or only(events, Asked), "there is always a way on"
        assert project.stage == before, "a question changes nothing"
        assert isinstance(events[-1], Settled)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("stage", EVERY)
def test_going_back_is_asked_first_or_said_to_be_impossible(home, stage, language):
    project = project_at(home, stage)
    before = project.stage
    session = Session(project, Settings(home=home, language=language), language=language)
    events = list(session.send({"zh": "返回上一步", "en": "go back"}[language]))
    assert not only(events, Failed)
    assert project.stage == before
    assert only(events, Asked) or words_of(events)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("stage", EVERY[1:])
def test_words_that_mean_nothing_here_are_said_not_to_be_understood(home, stage, language):
    project = project_at(home, stage)
    session = Session(project, Settings(home=home, language=language), language=language)
    nonsense = {"zh": "紫色猴子洗碗机", "en": "purple monkey dishwasher"}[language]
    events = list(session.send(nonsense))
    assert say("agent.not_understood", language) in [each.text for each in only(events, Said)]
    assert buttons(events) and not only(events, Worked)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("stage", EVERY)
def test_every_button_does_something_when_it_is_pressed(home, stage, language):
    """Runs all but those that train, load a model or fetch; these only have to ask or begin."""
    settings = Settings(home=home, language=language)
    heavy = {
        *("plan_try_prompt", "train_plan_run", "publish_serve"),
        *("evaluate_compare", "base_model_fetch"),
    }
    here = step(Context(project_at(home, stage), settings, language))
    for number, option in enumerate(here.options):
        if option.do.tool in heavy:
            continue
        project = project_at(home, stage, f"{stage.replace('_', '-')}-{number}")
        session = Session(project, settings, language=language)
        list(session.send({"zh": "下一步", "en": "what next"}[language]))
        events = list(session.send(option.label))
        assert not only(events, Failed), (option, only(events, Failed))
        assert words_of(events) or only(events, Asked), option
        assert say("agent.not_understood", language) not in words_of(events), option


def test_the_same_stage_speaks_of_the_same_steps_in_both_languages(home):
    for stage in EVERY:
        project = project_at(home, stage)
        both = [step(Context(project, Settings(home=home), spoken)) for spoken in LANGUAGES]
        names = [[(o.do.tool, o.do.topic) for o in each.options] for each in both]
        assert names[0] == names[1], stage
        assert [do.tool for do in both[0].calls] == [do.tool for do in both[1].calls]


def test_a_step_changes_nothing_in_the_folder(home):
    for stage in EVERY:
        project = project_at(home, stage)
        files = {p: p.read_bytes() for p in project.folder.rglob("*") if p.is_file()}
        step(Context(project, Settings(home=home), "en"))
        assert files == {p: p.read_bytes() for p in project.folder.rglob("*") if p.is_file()}


# --- first words


FIRST = {
    "vague": ("en", "I want an AI"),
    "vague_zh": ("zh", "我想做个AI"),
    "typo": ("en", "i wnat a chatbto taht tlaks liek my gradnma"),
    "mixed": ("zh", "我想 fine-tune 一个 chatbot，说话像我奶奶"),
    "emoji": ("zh", "做个说话像我家猫🐱的机器人🎉🎉"),
    "shouting": ("en", "MAKE ME A BOT THAT ANSWERS LIKE A PIRATE!!!!!"),
    "surrogate": ("en", "a bot that talks like a pirate \ud83d and more"),
    "control": ("en", "a bot\x00 that\x1b[31m talks\u202e like a pirate"),
    "long": ("en", "I want a bot that answers in our own tone of voice. " * 400),
    "long_zh": ("zh", "我想做一个说话像我奶奶的聊天机器人，" * 600),
    "markup": ("en", "<script>alert(1)</script> ![x](http://evil/x.png) a bot like a pirate"),
}


@pytest.mark.parametrize("name", FIRST)
def test_first_words_of_any_kind_lead_to_a_question_or_an_answer(project, name):
    language, text = FIRST[name]
    session = Session(project, Settings(home=project.folder.parent.parent, language=language))
    events = list(session.send(text))
    assert not only(events, Failed)
    assert words_of(events) and buttons(events)
    assert session.language == language
    json.dumps([str(event) for event in session.history()]).encode()


@pytest.mark.parametrize("text", ["hi", "你好", "help", "?", "what next", "what is fine-tuning?"])
def test_a_greeting_is_no_idea(project, settings, text):
    session = Session(project, settings)
    list(session.send(text))
    assert not (project.read(Facts) or Facts()).aim


def test_too_long_a_message_is_refused_and_nothing_is_kept(project, settings):
    session = Session(project, settings)
    events = list(session.send("x" * 50_000))
    assert only(events, Failed)[0].code == "message_too_long"
    assert session.history() == []


# --- buttons typed


def offered_at(home, stage, language="en"):
    session = Session(project_at(home, stage), Settings(home=home, language=language))
    events = list(session.send({"en": "what next?", "zh": "下一步"}[language]))
    return session, buttons(events)


@pytest.mark.parametrize("typed", ["0", "99", "-1", "1.5", "²"])
def test_a_number_that_is_no_button_is_not_taken_for_one(home, typed):
    session, _ = offered_at(home, "publish")
    events = list(session.send(typed))
    assert not only(events, Failed) and not only(events, Asked) and not only(events, Worked)


def test_a_button_may_be_typed_by_number_loosely_or_with_a_slip(home):
    for typed in ("2", "show the comparison again!", "Show the comparision again"):
        session, labels = offered_at(home, "publish")
        assert labels[1] == say("agent.option.show_answers", "en")
        worked = only(list(session.send(typed)), Worked)
        assert [each.tool for each in worked] == ["evaluate_show_answers"], typed


def test_a_button_of_long_ago_counts_no_more(home):
    session, labels = offered_at(home, "dataset")
    list(session.call("dataset_use_sample", {"name": "support_en"}))
    events = list(session.send(labels[0]))
    assert not only(events, Failed) and not only(events, Worked)
    assert labels[0] not in buttons(events)


# --- numbers, pasted rows, files


def test_pasted_rows_are_read_at_the_data_step(home):
    session = Session(project_at(home, "dataset"), Settings(home=home))
    pasted = "\n".join(f"Q: Where is parcel {n}?\nA: Dear, parcel {n} is near." for n in range(14))
    events = list(session.send(pasted))
    assert only(events, Worked)[0].tool == "dataset_read_reply" and only(events, Worked)[0].ok
    assert len(session.project.items()) == 14


def test_pasted_rows_do_not_change_the_language_of_the_talk(home):
    session = Session(
        project_at(home, "dataset"), Settings(home=home, language="zh"), language="zh"
    )
    list(session.send("下一步"))
    list(session.send('[{"instruction": "How are you today?", "output": "I am fine, thank you"}]'))
    assert session.language == "zh"


def test_several_files_dropped_at_once_all_arrive_in_their_order(home, tmp_path):
    session = Session(project_at(home, "dataset"), Settings(home=home))
    files = []
    for name in ("b", "a", "c"):
        file = tmp_path / f"{name}.jsonl"
        write_lines(
            file,
            [
                {"instruction": f"What about {name} {n}?", "output": f"Dear, {name}{n} is {n * 7}."}
                for n in range(15)
            ],
        )
        files.append(file)
    events = list(session.send("", files))
    assert [each.arguments["file"] for each in only(events, Worked)] == [f.name for f in files]
    assert len(session.project.items()) == 45


def test_one_bad_file_among_good_ones_spoils_nothing(home, tmp_path):
    session = Session(project_at(home, "dataset"), Settings(home=home))
    good, bad = tmp_path / "good.jsonl", tmp_path / "bad.jsonl"
    write_lines(good, [{"instruction": f"q {n}?", "output": f"Answer {n}."} for n in range(12)])
    bad.write_bytes(b"\x00\x01")
    events = list(session.send("here they are", [bad, good]))
    assert [each.ok for each in only(events, Worked)] == [False, True]
    assert len(session.project.items()) == 12 and buttons(events)
    assert only(session.history(), Heard)[0].text == "here they are"


@pytest.mark.parametrize(
    ("state", "tool"), [("failed", "train_resume"), ("stopped", "train_resume")]
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_run_that_ended_early_is_offered_to_be_picked_up(home, state, tool, language):
    project = project_at(home, "train")
    run = project.new_run()
    write_json(run.folder / "job.json", {"kind": "train", "state": state, "started": 1.0})
    reply = step(Context(project, Settings(home=home), language))
    assert reply.options[0].do.tool == tool and reply.text


def test_flagged_rows_are_offered_to_be_dropped_or_kept(home):
    project = project_at(home, "dataset")
    session = Session(project, Settings(home=home))
    rows = [{"instruction": f"Question {n} about it?", "output": f"Answer {n}."} for n in range(20)]
    list(session.call("dataset_add_rows", {"rows": [*rows, rows[0], rows[1]]}))
    reply = step(Context(project, Settings(home=home), "en"))
    assert any(item.findings for item in project.items())
    assert [o.do.arguments.get("verdict") for o in reply.options[:2]] == ["drop", "accept"]


def test_starting_too_early_says_what_is_missing_and_starts_nothing(home):
    for stage in ("plan", "dataset", "base_model"):
        session = Session(project_at(home, stage, f"early-{stage[:4]}"), Settings(home=home))
        events = list(session.send("start training"))
        assert not only(events, Failed) and not only(events, Asked)
        assert session.project.runs() == [] and words_of(events)


def test_the_plan_must_be_there_before_it_is_started(home):
    project = project_at(home, "train")
    (project.folder / TrainPlan.FILE).unlink()
    reply = step(Context(project, Settings(home=home), "en"))
    assert [option.do.tool for option in reply.options] == ["train_plan_run"]


# --- the model behind it


def test_it_streams_chinese_sign_by_sign_and_the_pieces_make_the_whole(home):
    session = Session(
        project_at(home, "dataset"), Settings(home=home, language="zh"), language="zh"
    )
    events = list(session.send("下一步"))
    pieces = [each.text for each in only(events, Piece)]
    assert "".join(pieces) == only(events, Said)[-1].text and len(pieces) > 10


def test_it_is_a_chat_model_like_any_other(home):
    context = Context(project_at(home, "dataset"), Settings(home=home), "en")
    model = GuideChatModel(context=context)
    whole = model.invoke([HumanMessage("what next?")])
    streamed = None
    for piece in model.stream([HumanMessage("what next?")]):
        streamed = piece if streamed is None else streamed + piece
    assert streamed is not None and streamed.content == whole.content
    with pytest.raises(ValueError, match="needs a project"):
        GuideChatModel().invoke([HumanMessage("hi")])


def test_it_never_runs_the_same_tool_twice_in_a_row(home):
    project = project_at(home, "evaluate")
    run = project.run()
    (run.folder / "reading.json").unlink()
    context = Context(project, Settings(home=home), "en")
    call = {"name": "train_read_loss", "args": {}, "id": "c1"}
    talk = [
        HumanMessage("what next?"),
        AIMessage("", tool_calls=[call]),
        ToolMessage("{}", tool_call_id="c1", name="train_read_loss", status="error"),
    ]
    reply = answer(context, talk)
    assert not reply.calls
