"""A project whose training is over, made by hand in a second: tiny base, random adapter, rows."""

import warnings
from pathlib import Path

from data.files import write_json, write_lines
from data.project import Project, Run
from data.records import Brief, Case, Dataset, LossReading, TrainPlan

SYSTEM = "You are grandma."
QUESTIONS = ("I work late today.", "I am hungry.", "Is it cold | outside?")


def finished_project(home: Path, model: Path) -> tuple[Project, Run]:
    """`model` is a folder below <home>/models; its name is what the plan calls the base."""
    project = Project.create(home, "grandma")
    project.write(_brief())
    project.write(_dataset())
    write_lines(project.train_file, [_row(f"Question {n}?", "Dear, come home.") for n in range(8)])
    write_lines(project.held_out_file, [_row(question, "Dear.") for question in QUESTIONS])
    run = project.new_run()
    run.write(_plan(model.name))
    run.write(LossReading(label="healthy", evidence=("It fell.",), advice="", best_step=4))
    rows = [{"step": s, "loss": 4 / s, "held_out_loss": 4.2 / s} for s in range(1, 5)]
    write_lines(run.metrics, rows)
    random_adapter(model, run.adapter)
    write_json(run.folder / "done.json", {"steps": 4})
    return project, run


def random_adapter(model: Path, target: Path) -> None:
    """A LoRA whose weights are random rather than zero, so that it changes what is said."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    torch.manual_seed(3)
    base = AutoModelForCausalLM.from_pretrained(model)
    shape = LoraConfig(
        r=4,
        lora_alpha=32,
        target_modules="all-linear",
        init_lora_weights=False,
        task_type="CAUSAL_LM",
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # peft asks transformers by an old name
        get_peft_model(base, shape).save_pretrained(str(target))


def _row(question: str, answer: str) -> dict[str, object]:
    return {
        "instruction": question,
        "input": "",
        "output": answer,
        "system": SYSTEM,
        "history": [],
    }


def _brief() -> Brief:
    cases = tuple(Case(question=f"Case {n}?", passes="kind", fails="cold") for n in range(3))
    return Brief(
        aim="a grandma",
        audience="family",
        language="en",
        inputs="a line",
        outputs="a line",
        expected="kind",
        cases=cases,
    )


def _dataset() -> Dataset:
    return Dataset(
        title="Grandma",
        language="en",
        train_rows=8,
        held_out_rows=3,
        dropped_rows=0,
        seed=7,
        sources={"file:private name.csv": 11},
        fingerprint="ab",
    )


def _plan(base: str) -> TrainPlan:
    return TrainPlan(
        base_model=base,
        epochs=1,
        learning_rate=1e-3,
        rank=4,
        alpha=32,
        batch_rows=2,
        max_length=128,
        steps=4,
        warmup_steps=1,
        evaluate_every=1,
        save_every=2,
        train_rows=8,
        held_out_rows=3,
    )
