"""The data's panel: the table with its flaws underlined, what to keep, samples, files, freezing."""

import re
from typing import Any

import gradio as gr

from data.say import say
from ui.panels.bench import Bench, Call, Look, esc, note

SHOWN = 200
"""Rows drawn at once; a longer table is filtered or read in the file."""
SAMPLES = ("grandma_zh", "luck_zh", "support_en")
_ID = re.compile(r"\d{1,6}(?:-\d{1,6})?")


def build(bench: Bench) -> tuple[Any, Any]:
    """The components of this panel; returns the filter and the upload button for the page."""
    bench.show(gr.HTML(), lambda look: {"value": head(look)})
    with gr.Row(elem_classes="tp-buttons"):
        for name in SAMPLES:
            _sample(bench, name)
        upload = bench.show(
            gr.UploadButton(size="sm", file_count="single"),
            lambda look: {"label": look.say("data.upload")},
        )
        bench.button(
            lambda look: {"value": say("agent.option.twenty_more", look.language)},
            more_rows,
        )
    chosen = bench.show(
        gr.Radio(choices=[("", "all")], value="all", container=False, elem_id="row-filter"),
        lambda look: {"choices": filters(look), "visible": bool(look.rows), "value": look.filter},
    )
    bench.show(gr.HTML(elem_id="rows"), lambda look: {"value": table(look)})
    with gr.Column(elem_classes="tp-form") as form:
        ids = bench.field(
            gr.Textbox(elem_id="row-ids", max_lines=1),
            lambda look: {
                "label": look.say("data.ids"),
                "placeholder": look.say("data.ids_hint"),
            },
            lambda look: {"value": "", "at": [(r["id"], r["verdict"]) for r in look.rows]},
        )
        _marking(bench, ids)
    bench.show(form, lambda look: {"visible": bool(look.rows)})
    bench.button(
        lambda look: {
            "value": say("agent.option.freeze", look.language),
            "visible": bool(look.rows) and not look.view.get("dataset"),
        },
        lambda look: Call("dataset_freeze", {}, say("agent.option.freeze", look.language)),
        variant="primary",
    )
    return chosen, upload


def _sample(bench: Bench, name: str) -> None:
    def label(look: Look) -> str:
        return say(f"agent.option.sample_{name}", look.language)

    bench.button(
        lambda look: {"value": label(look), "visible": not look.rows},
        lambda look: Call("dataset_use_sample", {"name": name}, label(look)),
    )


def _marking(bench: Bench, ids: Any) -> None:
    with gr.Row(elem_classes="tp-buttons"):
        for verdict in ("accept", "drop", "undo"):
            _mark_chosen(bench, ids, verdict)
    with gr.Row(elem_classes="tp-buttons"):
        for verdict, option in (("drop", "drop_flagged"), ("accept", "keep_flagged")):
            _mark_flagged(bench, verdict, option)


def _mark_chosen(bench: Bench, ids: Any, verdict: str) -> None:
    bench.button(
        lambda look: {"value": look.say(f"data.{verdict}")},
        lambda look, given: mark(look, given, verdict),
        ids,
    )


def _mark_flagged(bench: Bench, verdict: str, option: str) -> None:
    bench.button(
        lambda look: {
            "value": say(f"agent.option.{option}", look.language),
            "visible": bool((look.view.get("rows") or {}).get("flagged")),
        },
        lambda look: Call(
            "dataset_mark_rows",
            {"ids": ["flagged"], "verdict": verdict},
            say(f"agent.option.{option}", look.language),
        ),
    )


def mark(look: Look, given: Any, verdict: str) -> Call:
    """What a button under the table calls for the numbers typed or ticked."""
    ids = _ID.findall(str(given or ""))[:1000]
    named = ", ".join(ids[:6]) + (" …" if len(ids) > 6 else "")
    said = look.say(f"data.said_{verdict}", ids=named or "—")
    return Call("dataset_mark_rows", {"ids": ids, "verdict": verdict}, said)


def more_rows(look: Look) -> Call:
    """Twenty more: written by the connected model, else the prompt to copy."""
    tool = "dataset_generate_rows" if look.connected else "dataset_write_prompt"
    return Call(tool, {"count": 20}, say("agent.option.twenty_more", look.language))


def filters(look: Look) -> list[tuple[str, str]]:
    """The choices of what the table shows, with how many rows each has."""
    counts = {"all": len(look.rows), "flagged": len(_flagged(look.rows))}
    counts["dropped"] = sum(row["verdict"] == "dropped" for row in look.rows)
    return [(look.say(f"data.filter.{name}", count=count), name) for name, count in counts.items()]


def head(look: Look) -> str:
    """How many rows there are and what became of them."""
    dataset, counts = look.view.get("dataset"), look.view.get("rows")
    if not counts:
        return note(look.say("data.none"))
    kept = counts["all"] - counts["dropped"] - counts["flagged"]
    words = look.say("data.counts", all=counts["all"], kept=kept, flagged=counts["flagged"])
    frozen = ""
    if dataset:
        numbers = {"train": dataset["train_rows"], "held_out": dataset["held_out_rows"]}
        frozen = note(look.say("data.frozen", **numbers), "good")
    return note(words) + frozen


def _flagged(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [row for row in rows if row["findings"] and row["verdict"] == "open"]


def table(look: Look) -> str:
    """The rows as escaped HTML; a tick box puts a row's number into the field below."""
    rows = {
        "flagged": _flagged(look.rows),
        "dropped": [row for row in look.rows if row["verdict"] == "dropped"],
    }.get(look.filter, look.rows)
    if not look.rows:
        return ""
    if not rows:
        return note(look.say("data.filter_empty"))
    shown = "".join(_row(look, row) for row in rows[:SHOWN])
    rest = len(rows) - SHOWN
    more = note(look.say("data.more_rows", count=rest)) if rest > 0 else ""
    return f"<div class='tp-rows' role='list'>{shown}</div>{more}"


def _row(look: Look, row: dict[str, Any]) -> str:
    number = esc(row["id"])
    name = esc(look.say("data.row", id=row["id"]))
    tick = f"<input type='checkbox' data-row='{number}' aria-label='{name}'>"
    asked = "<br>".join(filter(None, (marked(row, "instruction"), marked(row, "input"))))
    found = "".join(f"<li>{esc(each['text'])}</li>" for each in row["findings"])
    reasons = f"<ul>{found}</ul>" if found else ""
    verdict = ""
    if row["verdict"] != "open":
        word = say("dataset.verdict." + row["verdict"], look.language)
        verdict = f"<em>{esc(word)}</em>"
    head = f"<label>{tick}<b>{number}</b></label>"
    texts = f"<p class='q'>{asked}</p><p class='a'>{marked(row, 'output')}</p>"
    body = f"<div>{texts}{reasons}{verdict}</div>"
    return f"<div class='tp-row {esc(row['verdict'])}' role='listitem'>{head}{body}</div>"


def marked(row: dict[str, Any], field: str) -> str:
    """A text with its flaws underlined; a flaw of the whole field underlines nothing."""
    text = str(row[field])
    spans = sorted(
        (max(0, each["start"]), min(len(text), each["end"]), each["text"])
        for each in row["findings"]
        if each["field"] == field and each["end"] > each["start"]
    )
    made, at = "", 0
    for start, end, words in spans:
        if start < at or end <= start:
            continue
        made += esc(text[at:start]) + f"<mark title='{esc(words)}'>{esc(text[start:end])}</mark>"
        at = end
    return (made + esc(text[at:])).replace("\n", "<br>")
