"""The page: what stands where, and which handler each thing calls."""

from typing import Any

import gradio as gr

from data.say import say
from data.settings import Settings
from data.stages import STAGES
from ui import connecting
from ui.panels import base_model, dataset, evaluate, learn, plan, publish, train
from ui.panels.bench import Bench, Look, esc
from ui.turns import Turns, skips

QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
TURN: dict[str, Any] = {**QUIET, "concurrency_limit": 8, "concurrency_id": "turn"}


class Page:
    """Builds the Blocks; holds components, never anything of a visitor."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.bench = Bench()
        self.turns = Turns(settings, self.bench)
        with gr.Blocks(
            title="TunePath", fill_width=True, delete_cache=(3600, 86400)
        ) as self.blocks:
            self.state = gr.State(None)
            self.place = gr.BrowserState({}, storage_key="tunepath", secret="tunepath")
            self.timer = gr.Timer(2, active=False)
            self._head()
            self.form = connecting.build(self.bench)
            self._tabs()
            with gr.Row(elem_id="columns", equal_height=True):
                self._journey()
                self._chat()
                self._workbench()
            self._wire()
        self.blocks.queue(max_size=64, default_concurrency_limit=8)

    # --- what stands where

    def _head(self) -> None:
        show = self.bench.show
        with gr.Row(elem_id="head"):
            show(
                gr.HTML(elem_id="name"),
                lambda look: {"value": f"<h1>{esc(look.say('title'))}</h1>"},
            )
            self.projects = show(
                gr.Dropdown(container=False, allow_custom_value=True, elem_id="projects"),
                lambda look: {"choices": list(look.projects), "value": look.view["project"]},
            )
            self.new = show(
                gr.Button(size="sm", elem_id="new"), lambda look: {"value": look.say("head.new")}
            )
            show(gr.HTML(elem_id="leads"), lambda look: {"value": leads(look)})
            self.connect = show(
                gr.Button(size="sm", elem_id="open-connect"),
                lambda look: {
                    "value": look.say("head.connected" if look.connected else "head.connect")
                },
            )
            self.language = show(
                gr.Button(size="sm", elem_id="language"),
                lambda look: {"value": look.say("head.language")},
            )

    def _tabs(self) -> None:
        self.bench.show(gr.HTML(elem_id="tabs"), lambda look: {"value": tabs(look)})

    def _journey(self) -> None:
        self.steps: dict[str, Any] = {}
        with gr.Column(elem_id="journey", scale=0, min_width=0):
            for number, stage in enumerate(STAGES, 1):
                self.steps[stage] = self._step(f"{number}  ", stage)
            self.steps["learn"] = self._step("", "learn", "tp-map-open")
            self.bench.show(
                gr.HTML(elem_id="next"), lambda look: {"value": f"<p>{esc(look.view['next'])}</p>"}
            )

    def _step(self, number: str, stage: str, *kinds: str) -> Any:
        return self.bench.show(
            gr.Button(size="sm", elem_classes=["tp-step"]),
            lambda look: {
                "value": f"{number}{look.say(f'stage.{stage}')}",
                "elem_classes": [*step_classes(look, stage), *kinds],
            },
        )

    def _chat(self) -> None:
        with gr.Column(elem_id="chat-column", scale=1, min_width=0):
            self.chat = gr.Chatbot(
                elem_id="chat",
                layout="panel",
                show_label=False,
                height="100%",
                buttons=[],
                allow_tags=False,
                group_consecutive_messages=True,
                feedback_options=(),
            )
            self.composer = gr.MultimodalTextbox(
                elem_id="composer",
                show_label=False,
                container=False,
                autofocus=True,
                lines=1,
                max_lines=8,
                sources=["upload"],
                file_count="multiple",
                max_plain_text_length=100_000,
            )

    def _workbench(self) -> None:
        panels = {
            "plan": plan.build,
            "dataset": dataset.build,
            "base_model": base_model.build,
            "train": train.build,
            "evaluate": evaluate.build,
            "publish": publish.build,
            "learn": learn.build,
        }
        self.built: dict[str, Any] = {}
        with gr.Column(elem_id="bench", scale=0, min_width=0):
            self.bench.show(gr.HTML(elem_id="bench-head"), lambda look: {"value": bench_head(look)})
            for stage, build in panels.items():
                place = gr.Column(elem_classes="tp-panel", elem_id=f"panel-{stage}", visible=False)
                with place as panel:
                    self.built[stage] = build(self.bench)
                self._panel(panel, stage)

    def _panel(self, panel: Any, stage: str) -> None:
        self.bench.show(panel, lambda look: {"visible": look.shown == stage})

    # --- who calls what

    def _wire(self) -> None:
        turns, here = self.turns, [self.state, self.place]
        everything = [self.timer, *self.bench.components]
        opened = [self.state, self.place, self.chat, self.composer, *everything]
        self.blocks.load(turns.load, [self.place], opened, **QUIET)
        self._wire_turns(here, everything)
        self.timer.tick(
            turns.tick, here, [self.state, self.chat, self.composer, *everything], **TURN
        )
        self.projects.input(turns.switch, [*here, self.projects], opened, **QUIET)
        self.new.click(turns.new, here, opened, **QUIET)
        self.language.click(turns.language, here, opened, **QUIET)
        for stage, button in self.steps.items():
            button.click(turns.show_stage(stage), here, everything, **QUIET)
        chosen, _ = self.built["dataset"]
        chosen.input(turns.filter, [*here, chosen], everything, **QUIET)
        self._wire_trial(here)
        self._wire_connect(here, everything)

    def _wire_turns(self, here: list[Any], everything: list[Any]) -> None:
        turns, talked = self.turns, [self.state, self.chat, self.composer]
        _, upload = self.built["dataset"]
        started = [
            self.composer.submit(turns.say, [*here, self.composer], talked, **TURN),
            self.chat.option_select(turns.pick, here, talked, **TURN),
            upload.upload(turns.upload, [*here, upload], talked, **TURN),
        ]
        for press in self.bench.presses:
            inputs = [*here, *press.inputs]
            started.append(press.button.click(turns.pressing(press), inputs, talked, **TURN))
        for event in started:
            event.then(turns.redraw, here, everything, **QUIET)
        self.composer.stop(turns.stop, [self.state], None, queue=False, **QUIET)
        self.chat.clear(self._cleared, here, self.chat, **QUIET)

    def _cleared(self, state: Any, place: Any) -> Any:
        return self.turns.desk(state, place).talk.messages()

    def _wire_trial(self, here: list[Any]) -> None:
        trial = self.built["publish"]
        for event in (trial.box.submit, trial.send.click):
            event(self.turns.ask_tuned, [*here, trial.box], [trial.talk, trial.box], **TURN)
        trial.clear.click(self._forget, [self.state], trial.talk, **QUIET)

    def _forget(self, state: Any) -> list[Any]:
        return self.turns.forget_tuned(state)

    def _wire_connect(self, here: list[Any], everything: list[Any]) -> None:
        form = self.form
        for button in (self.connect, form.close):
            button.click(self._toggle_form, here, everything, **QUIET)
        filled = [form.address, form.model, form.result]
        form.provider.input(self._fill, [*here, form.provider], filled, **QUIET)
        fields = [form.provider, form.address, form.key, form.model]
        form.test.click(self._test, [*here, *fields], [form.result, form.key, *everything], **TURN)
        form.disconnect.click(self._disconnect, here, [form.result, *everything], **QUIET)

    def _toggle_form(self, state: Any, place: Any) -> list[Any]:
        desk = self.turns.desk(state, place)
        desk.connecting = not desk.connecting
        return self.turns.drawing(desk)

    def _fill(self, state: Any, place: Any, provider: Any) -> list[Any]:
        language = self.turns.desk(state, place).session.language
        return [*connecting.fill(provider), connecting.note_of(provider, language)]

    def _test(self, state: Any, place: Any, *given: Any) -> Any:
        desk = self.turns.desk(state, place)
        rest = skips(1 + len(self.bench.components))
        for text, done in connecting.test(self.settings, desk, *given):
            yield [text, "" if done else gr.skip(), *(self.turns.drawing(desk) if done else rest)]

    def _disconnect(self, state: Any, place: Any) -> list[Any]:
        desk = self.turns.desk(state, place)
        desk.session.connection = None
        text = say("ui.connect.disconnected", desk.session.language)
        return [text, *self.turns.drawing(desk)]


def leads(look: Look) -> str:
    """Who leads the conversation."""
    name = look.connected or say("agent.guide_name", look.language)
    return f"<span>{esc(look.say('head.led_by', name=name))}</span>"


def tabs(look: Look) -> str:
    """The two tabs of the phone; page.js makes them work."""
    made = "".join(
        f"<button type='button' role='tab' data-tab='{name}'>{esc(look.say(f'tabs.{name}'))}"
        f"<i title='{esc(look.say('tabs.news'))}'></i></button>"
        for name in ("chat", "bench")
    )
    return f"<div role='tablist' lang='{look.language}'>{made}</div>"


def bench_head(look: Look) -> str:
    """The workbench's heading, and the button that widens it."""
    words = {name: esc(look.say(f"tabs.{name}")) for name in ("wide", "narrow")}
    widen = (
        f"<button type='button' data-widen data-wide='{words['wide']}' "
        f"data-narrow='{words['narrow']}'>{words['wide']}</button>"
    )
    return f"<h2>{esc(look.say(f'stage.{look.shown}'))}</h2>{widen}"


def step_classes(look: Look, stage: str) -> list[str]:
    """How a step of the journey looks: done, here, open in the workbench."""
    here = "plan" if look.view["stage"] == "workflow" else look.view["stage"]
    kinds = ["tp-step"]
    if stage in look.view["done"]:
        kinds.append("done")
    if stage == here:
        kinds.append("here")
    if stage == look.shown:
        kinds.append("open")
    return kinds
