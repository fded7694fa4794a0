"""The model card: README.md of a bundle, in the project's language. Pure text from records."""

import json
from dataclasses import dataclass
from typing import Any

from data.records import Brief, Dataset, Evaluation, LossReading, Publication, TrainPlan
from data.say import has, say
from tools.publish.base import Base
from tools.publish.curve import points
from tools.publish.snippets import fenced, snippets_card
from tools.shared.plain import plain
from tools.shared.side_by_side import blocks, caution, loss_line

ADDRESS = "http://127.0.0.1:8000"
"""Where `tunepath serve` listens when no port is named and this one is free."""
ANSWER_LENGTH = 1200
"""Characters of an answer in the card; evaluation.json has all of it."""
FIELDS = (
    "method", "epochs", "learning_rate", "rank", "alpha", "batch_rows",
    "max_length", "steps", "warmup_steps", "seed",
)  # fmt: skip


@dataclass(frozen=True)
class Story:
    """Everything that a card tells."""

    about: Publication
    speaks: str
    """Language that the tuned model answers in; the card itself is in the publication's."""
    base: Base
    plan: TrainPlan
    brief: Brief | None
    dataset: Dataset | None
    reading: LossReading | None
    evaluation: Evaluation | None
    metrics: list[dict[str, Any]]


def card(story: Story) -> str:
    """The whole README.md."""
    language = story.about.language
    intro = say("publish.card.intro", language, base=story.base.hub_id, rows=story.plan.train_rows)
    sections = [
        ("purpose", _purpose(story.brief, language)),
        ("call", _call(story, language)),
        ("data", _data(story.dataset, language)),
        ("parameters", _parameters(story.plan, language)),
        ("curve", _curve(story, language)),
        ("answers", _answers(story.evaluation, language)),
        ("limits", say("publish.card.limits_text", language)),
        ("licence", _licence(story.base, language)),
        ("files", _files(story, language)),
    ]
    body = [f"## {say(f'publish.card.{name}', language)}\n\n{text}" for name, text in sections]
    return "\n\n".join([_front(story), f"# {story.about.name}", intro, *body]) + "\n"


def sources(counts: dict[str, int], language: str) -> str:
    """Where rows came from, counted by kind: names of a person's own files are left out."""
    by_kind: dict[str, int] = {}
    for source, count in counts.items():
        kind = source.split(":")[0]
        kind = kind if has(f"publish.source.{kind}") else "other"
        by_kind[kind] = by_kind.get(kind, 0) + count
    told = [
        say("publish.ask.source", language, name=say(f"publish.source.{kind}", language), count=n)
        for kind, n in by_kind.items()
    ]
    glue = "、" if language == "zh" else ", "
    return glue.join(told) or say("publish.card.untold", language)


def _front(story: Story) -> str:
    """The Hub's front matter. JSON strings are valid YAML, so no text can break out of it."""
    licence = [f"license: {story.base.hub_licence}"]
    if story.base.hub_licence == "other":
        licence += [
            f"license_name: {json.dumps(story.base.licence, ensure_ascii=False)}",
            f"license_link: {json.dumps(story.base.licence_url)}",
        ]
    lines = [
        f"language:\n- {story.speaks}",
        *licence,
        f"base_model: {json.dumps(story.base.hub_id)}",
        "base_model_relation: finetune",
        "library_name: transformers",
        "pipeline_tag: text-generation",
        "tags:\n- lora\n- peft\n- tunepath",
    ]
    return "---\n" + "\n".join(lines) + "\n---"


def _purpose(brief: Brief | None, language: str) -> str:
    if brief is None:
        return say("publish.card.untold", language)
    told = {"aim": brief.aim, "audience": brief.audience, "expected": brief.expected}
    untold = say("publish.card.untold", language)
    return "\n".join(
        f"- **{say(f'publish.card.{name}', language)}**: {plain(text) or untold}"
        for name, text in told.items()
    )


def _call(story: Story, language: str) -> str:
    items = story.evaluation.items if story.evaluation else ()
    question = items[0].question if items else ""
    parts = [
        say("publish.card.call_serve", language),
        fenced("tunepath serve .", "bash"),
        say("publish.card.call_then", language, url=ADDRESS),
        snippets_card(ADDRESS, story.about.name, language, question),
        say("publish.card.call_plain", language),
        fenced(_PLAIN, "python"),
    ]
    if story.about.system:
        parts += [say("publish.card.call_system", language), fenced(story.about.system, "text")]
    return "\n\n".join(parts)


_PLAIN = """\
from transformers import AutoModelForCausalLM, AutoTokenizer

tokenizer = AutoTokenizer.from_pretrained("model")
model = AutoModelForCausalLM.from_pretrained("model")
inputs = tokenizer.apply_chat_template(
    [{"role": "user", "content": "..."}],
    add_generation_prompt=True, return_tensors="pt", return_dict=True,
)
output = model.generate(**inputs)
print(tokenizer.decode(output[0, inputs["input_ids"].shape[1]:], skip_special_tokens=True))
"""


def _data(dataset: Dataset | None, language: str) -> str:
    if dataset is None:
        return say("publish.card.data_unknown", language)
    counts = {
        "train": dataset.train_rows,
        "held_out": dataset.held_out_rows,
        "dropped": dataset.dropped_rows,
    }
    told = sources(dataset.sources, language)
    return "\n".join(
        (
            f"**{plain(dataset.title)}**\n",
            f"- {say('publish.card.data_rows', language, **counts)}",
            f"- {say('publish.card.data_sources', language, sources=told)}",
            f"- {say('publish.card.data_not_in', language)}",
            f"- sha256: `{dataset.fingerprint}`",
        )
    )


def _parameters(plan: TrainPlan, language: str) -> str:
    head = " | ".join(say(f"publish.card.{name}", language) for name in ("name", "value", "why"))
    rows = [
        f"| {say(f'publish.field.{name}', language)} | {_number(getattr(plan, name))}"
        f" | {plain(plan.reasons.get(name, ''))} |"
        for name in FIELDS
    ]
    return "\n".join([f"| {head} |", "|---|---|---|", *rows])


def _number(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _curve(story: Story, language: str) -> str:
    training = points(story.metrics, "loss")
    if not training:
        return say("publish.card.curve_none", language)
    alt = say("publish.card.curve_alt", language)
    return "\n\n".join(
        filter(None, (f"![{alt}](curve.svg)", _numbers(story, language), _reading(story, language)))
    )


def _numbers(story: Story, language: str) -> str:
    """The ends of the curve, and every look at the held-out loss, ten at most."""
    training = dict(points(story.metrics, "loss"))
    held_out = dict(points(story.metrics, "held_out_loss"))
    steps = sorted({*list(training)[:1], *list(training)[-1:], *held_out})
    if len(steps) > 10:
        steps = [steps[round(at * (len(steps) - 1) / 9)] for at in range(10)]
    names = ("curve_step", "curve_training", "curve_held_out")
    head = " | ".join(say(f"publish.card.{name}", language) for name in names)
    rows = [
        f"| {step:g} | {_loss(training.get(step))} | {_loss(held_out.get(step))} |"
        for step in steps
    ]
    return "\n".join([f"| {head} |", "|---|---|---|", *rows])


def _loss(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _reading(story: Story, language: str) -> str:
    reading = story.reading
    if reading is None:
        return ""
    label = say(f"publish.label.{reading.label}", language)
    lines = [f"**{say('publish.card.reading', language, label=label)}**", ""]
    lines += [f"- {plain(line)}" for line in reading.evidence]
    if reading.best_step is not None:
        lines.append(f"- {say('publish.card.best', language, step=reading.best_step)}")
    return "\n".join(lines)


def _answers(evaluation: Evaluation | None, language: str) -> str:
    if evaluation is None:
        return say("publish.card.answers_none", language)
    parts = (
        loss_line(evaluation, language),
        caution(evaluation, language),
        blocks(evaluation.items, language, ANSWER_LENGTH),
    )
    return "\n\n".join(filter(None, parts))


def _licence(base: Base, language: str) -> str:
    values = {"base": base.hub_id, "licence": base.licence, "licence_url": base.licence_url}
    text = say("publish.card.licence_text", language, **values)
    return f"{text}\n\n{base.notice}" if base.notice else text


def _files(story: Story, language: str) -> str:
    records = {
        "plan.json": story.plan,
        "metrics.jsonl": story.metrics,
        "evaluation.json": story.evaluation,
        "reading.json": story.reading,
        "data.json": story.dataset,
    }
    there = "`, `".join(name for name, record in records.items() if record)
    told = {"adapter/": "file_adapter", "model/": "file_model", there: "file_records"}
    return "\n".join(
        f"- `{name}`: {say(f'publish.card.{key}', language)}" for name, key in told.items()
    )
