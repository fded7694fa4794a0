"""Job process: write the bundle beside its place and rename it there when it is whole.
`python -m tools.publish.run PUBLISH_FOLDER RUN BASE_MODEL_FOLDER LANGUAGE`. Uploads nothing."""

import json
import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from data.errors import BadInput, DiskFull
from data.files import read_json, read_lines, write_atomically, write_json
from data.project import Project, Run
from data.records import Brief, Dataset, Evaluation, Language, LossReading, Publication, TrainPlan
from tools.jobs import Me, Stopped, job_process
from tools.publish.base import Base, base_of
from tools.publish.bundle import check_disk, size_mb
from tools.publish.card import Story, card
from tools.publish.curve import draw
from tools.shared.answering import Answering, answering
from tools.shared.local_model import load
from tools.shared.starter import ensure

ADAPTER = ("adapter_model.safetensors", "adapter_config.json")
"""The only files of a run's adapter that travel: no pickle, no card with a path in it."""
COPIED = ("plan.json", "metrics.jsonl", "evaluation.json", "reading.json")
_PATHS = (
    "name_or_path", "_name_or_path", "base_model_name_or_path", "tokenizer_file",
    "is_local", "local_files_only",
)  # fmt: skip
"""Keys under which libraries write from where and how a model was loaded."""


def main(folder: Path, run_name: str, base_folder: Path, language: Language) -> None:
    """Leave `bundle/` in the publication's folder, or nothing that counts."""
    project = Project(folder.parents[1])
    run = Run(project.folder / "train/runs" / run_name)
    partial = folder / "bundle.partial"
    with job_process(folder) as me:
        shutil.rmtree(partial, ignore_errors=True)
        try:
            _write(me, project, run, base_folder, partial, language)
            partial.rename(folder / "bundle")
        except OSError as error:
            raise DiskFull.or_same(error, folder) from error
        finally:
            shutil.rmtree(partial, ignore_errors=True)


def _write(
    me: Me, project: Project, run: Run, base_folder: Path, target: Path, language: Language
) -> None:
    plan = run.read(TrainPlan)
    if plan is None or not (run.adapter / ADAPTER[0]).is_file():
        raise BadInput("run_damaged", run=run.name)
    base = base_of(plan.base_model)
    # A fresh or moved home may lack the base; it is made again from its package.
    ensure(base_folder.parents[1], base_folder.name, lambda part, _: me.report(0.0))
    check_disk(project.folder, size_mb(base_folder, run))
    _tell(me, 0.05)
    _adapter(run.adapter, target / "adapter", base)
    how = _model(project, run, base_folder, target / "model", me)
    _tell(me, 0.8)
    about = _about(project, run, plan, base, how, language)
    _papers(project, run, base, about, target)
    _tell(me, 0.95)
    write_atomically(target / Publication.FILE, about.model_dump_json(indent=2))


def _adapter(source: Path, target: Path, base: Base) -> None:
    target.mkdir(parents=True)
    shutil.copyfile(source / ADAPTER[0], target / ADAPTER[0])
    config = dict(read_json(source / ADAPTER[1]) or {})
    write_json(target / ADAPTER[1], config | {"base_model_name_or_path": base.hub_id})


def _model(project: Project, run: Run, base_folder: Path, target: Path, me: Me) -> Answering:
    """Base and adapter as one, with tokenizer and chat template, as plain transformers reads it."""
    merged = load(base_folder, run.adapter)
    _tell(me, 0.3)
    how = answering(project, run, merged.length)
    settings = merged.model.generation_config
    settings.update(do_sample=False, temperature=None, top_p=None, top_k=None)
    settings.max_new_tokens = how.max_new_tokens
    merged.model.save_pretrained(target)
    merged.tokenizer.save_pretrained(target)
    for path in target.glob("*.json"):
        _forget_paths(path)
    return how


def _forget_paths(path: Path) -> None:
    document = read_json(path)
    if isinstance(document, dict) and any(key in document for key in _PATHS):
        write_json(path, {key: value for key, value in document.items() if key not in _PATHS})


def _about(
    project: Project,
    run: Run,
    plan: TrainPlan,
    base: Base,
    how: Answering,
    language: Language,
) -> Publication:
    return Publication(
        name=f"{project.id}-{run.name}",
        run=run.name,
        base_model=plan.base_model,
        language=language,
        licence=base.licence,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        system=how.system,
    )


def _papers(project: Project, run: Run, base: Base, about: Publication, target: Path) -> None:
    """The card and the records behind it."""
    for name in COPIED:
        if (run.folder / name).exists():
            shutil.copyfile(run.folder / name, target / name)
    story = _story(project, run, base, about)
    if story.dataset:
        write_json(target / "data.json", _data_summary(story.dataset))
    best = story.reading.best_step if story.reading else None
    if picture := draw(story.metrics, about.language, best):
        write_atomically(target / "curve.svg", picture)
    write_atomically(target / "README.md", card(story))
    if base.notice:
        write_atomically(target / "NOTICE", base.notice + "\n")


def _story(project: Project, run: Run, base: Base, about: Publication) -> Story:
    plan, dataset, brief = run.read(TrainPlan), project.read(Dataset), project.read(Brief)
    assert plan is not None  # looked at before anything was written
    spoken = dataset or brief
    return Story(
        about=about,
        speaks=spoken.language if spoken else about.language,
        base=base,
        plan=plan,
        brief=brief,
        dataset=dataset,
        reading=run.read(LossReading),
        evaluation=run.read(Evaluation),
        metrics=read_lines(run.metrics),
    )


def _data_summary(dataset: Dataset) -> dict[str, Any]:
    """The record without the names of a person's own files."""
    sources: dict[str, int] = {}
    for source, count in dataset.sources.items():
        kind = "file" if source.startswith("file:") else source
        sources[kind] = sources.get(kind, 0) + count
    return json.loads(dataset.model_dump_json()) | {"sources": sources}


def _tell(me: Me, fraction: float) -> None:
    me.report(fraction)
    if me.stop_wanted():
        raise Stopped


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]), "zh" if sys.argv[4] == "zh" else "en")
