"""The plan: every number from the rows, with a reason; the person's numbers within bounds."""

from dataclasses import replace
from pathlib import Path

import pytest
from filelock import FileLock

from data.alpaca import Row
from data.errors import BadInput, NotReady, TunePathError
from data.project import Project
from data.records import TrainPlan
from data.say import LANGUAGES
from data.settings import Settings
from tests.tools.train.ready import HELD_OUT, TRAIN, ready_project
from tools import jobs
from tools.contract import Context
from tools.train import plan_run as planning
from tools.train.derive import EXPLAINED, FEWEST_STEPS, derive, length_for, risks
from tools.train.plan_run import card, duration, plan_run, timed


def rows(count: int, answer: str = "Dear, come home early.") -> list[Row]:
    return [Row(instruction=f"Question {n}?", output=answer) for n in range(count)]


def plan(count: int, **wishes: float) -> TrainPlan:
    return derive(rows(count), 10, "starter", "en", wishes)


def plan_in(language: str, count: int) -> TrainPlan:
    return derive(rows(count), 10, "starter", language, {})


# --- derived


@pytest.mark.parametrize("count", [6, 10, 20, 36, 54, 90, 200, 450])
def test_a_small_set_gets_enough_steps_without_endless_epochs(count: int) -> None:
    made = plan(count)
    assert made.steps >= FEWEST_STEPS or made.epochs == 8
    assert made.steps == made.epochs * -(-count // made.batch_rows)
    assert 1 <= made.epochs <= 8


def test_more_rows_get_fewer_epochs_and_smaller_steps() -> None:
    plans = [plan(count) for count in (60, 300, 900, 3000, 12_000)]
    epochs, rates = [p.epochs for p in plans], [p.learning_rate for p in plans]
    assert epochs == sorted(epochs, reverse=True) and epochs[-1] == 1
    assert rates == sorted(rates, reverse=True) and (rates[0], rates[-1]) == (2e-3, 2e-4)


def test_short_runs_warm_up_a_tenth_and_look_at_unseen_rows_six_times() -> None:
    made = plan(96)
    assert (made.steps, made.warmup_steps, made.evaluate_every) == (48, 5, 8)
    assert made.save_every == made.evaluate_every
    assert (made.batch_rows, made.rank, made.alpha) == (4, 8, 16)


def test_above_ten_thousand_rows_nobody_gets_five_epochs() -> None:
    made = plan(10_001, epochs=30)
    assert made.epochs == 4
    assert "30" in made.reasons["epochs"] and "4 is the most" in made.reasons["epochs"]
    assert plan(10_000, epochs=5).epochs == 5


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_shown_number_has_a_reason_in_the_persons_language(language: str) -> None:
    for count in (10, 90, 700, 20_000):
        reasons = plan_in(language, count).reasons
        assert tuple(reasons) == EXPLAINED
        assert all("{" not in text and "|" not in text for text in reasons.values())
        assert language == "zh" or all(text.isascii() for text in reasons.values())


def test_the_persons_numbers_are_taken_and_said_to_be_theirs() -> None:
    made = plan(90, epochs=4, learning_rate=5e-4, rank=16, batch_rows=4, max_length=256)
    assert (made.epochs, made.learning_rate, made.rank) == (4, 5e-4, 16)
    assert (made.alpha, made.batch_rows, made.max_length, made.steps) == (32, 4, 256, 92)
    assert "As you said" in made.reasons["rank"] and "As you said" not in made.reasons["steps"]


def test_too_few_steps_are_said_to_be_too_few() -> None:
    said = risks(plan(20, epochs=1), rows(20), {"epochs": 1}, "en")
    assert "too few" in said["epochs"]


@pytest.mark.parametrize(
    ("wish", "word"),
    [
        ({"learning_rate": 1e-5}, "next to nothing"),
        ({"learning_rate": 5e-3}, "run away"),
        ({"epochs": 30}, "by heart"),
        ({"rank": 128}, "memory"),
        ({"batch_rows": 64}, "worse"),
        ({"max_length": 32}, "left out"),
    ],
)
def test_the_risk_of_a_persons_number_is_said_once_with_the_number(
    wish: dict[str, float], word: str
) -> None:
    made = plan(90, **wish)
    said = risks(made, rows(90), wish, "en")
    assert list(said) == list(wish) and word in said[next(iter(wish))]
    assert said[next(iter(wish))] in made.reasons[next(iter(wish))]


@pytest.mark.parametrize(
    "wish",
    [
        {"epochs": 51},
        {"epochs": -1},
        {"learning_rate": 1.0},
        {"learning_rate": float("nan")},
        {"rank": 1000},
        {"batch_rows": -8},
        {"max_length": 10**6},
    ],
)
def test_a_number_out_of_bounds_is_refused_with_the_bounds(wish: dict[str, float]) -> None:
    with pytest.raises(BadInput) as caught:
        plan(90, **wish)
    assert all("{" not in caught.value.text(language) for language in LANGUAGES)


def test_max_length_holds_the_longest_row_and_reckons_chinese_dearer() -> None:
    assert length_for(rows(3, "short")) == 128
    assert length_for(rows(3, "word " * 300)) == 576
    assert length_for(rows(3, "奶" * 150)) > length_for(rows(3, "a" * 150))
    assert length_for(rows(3, "word " * 9000)) == 1024


def test_rows_that_are_too_long_count_in_no_step() -> None:
    made = derive(rows(96), 10, "starter", "en", {}, too_long=16)
    assert (made.train_rows, made.steps) == (96, 40)
    assert derive(rows(6), 2, "starter", "en", {}, too_long=6).steps >= 1


def test_time_is_start_up_and_steps_and_looks() -> None:
    figures = {
        "seconds_per_step": 2.0,
        "startup_seconds": 10.0,
        "evaluate_seconds": 3.0,
        "memory_mb": 900.4,
    }
    made = timed(plan(96), figures)  # 48 steps, a look before and six after
    assert (made.seconds, made.seconds_per_step, made.memory_mb) == (10 + 96 + 21, 2.0, 900)
    assert timed(plan(96), {}) == plan(96)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_card_is_a_table_with_time_and_memory_only_where_they_were_measured(
    language: str,
) -> None:
    made = plan_in(language, 96)
    assert card(made, language).count("\n|") == len(EXPLAINED) + 1
    assert "GB" not in card(made, language)
    known = made.model_copy(update={"seconds": 240.0, "memory_mb": 2048})
    assert "2.0 GB" in card(known, language) and duration(240, language) in card(known, language)


def test_a_duration_is_said_in_the_unit_that_fits() -> None:
    said = [duration(seconds, "en") for seconds in (0.2, 89, 90, 300, 7200)]
    assert said == ["2 seconds", "89 seconds", "2 minutes", "5 minutes", "2.0 hours"]


# --- measured, with a real process and a real if tiny model


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return ready_project(tmp_path_factory.mktemp("home"))


def context_of(project: Project, told: list[str] | None = None) -> Context:
    settings = Settings(home=project.folder.parents[1], language="en")
    heard = told if told is not None else []
    return Context(project, settings, "en", report=lambda part, text: heard.append(text))


@pytest.mark.slow
def test_a_plan_is_timed_by_real_steps_and_kept(small: Project) -> None:
    told: list[str] = []
    outcome = plan_run(context_of(small, told))
    made = small.read(TrainPlan)
    assert made and (made.train_rows, made.held_out_rows) == (TRAIN, HELD_OUT)
    assert made.seconds > made.steps * made.seconds_per_step > 0 and made.memory_mb > 50
    assert "GB" in outcome.card and outcome.facts["steps"] == made.steps
    assert any("few real steps" in text for text in told)


@pytest.mark.slow
def test_rows_longer_than_the_persons_length_are_counted_by_the_measurement(
    small: Project,
) -> None:
    with pytest.raises(TunePathError) as caught:  # not one row is that short
        plan_run(context_of(small), max_length=32)
    assert caught.value.code == "nothing_graded"


def test_while_another_job_has_the_machine_the_plan_stands_without_figures(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planning, "IN_LINE", 1.0)
    project = ready_project(home, model=False)
    (home / "locks").mkdir()
    with FileLock(home / "locks" / "heavy.lock"):
        outcome = plan_run(context_of(project))
    made = project.read(TrainPlan)
    assert made and made.seconds == 0 and "Another job" in outcome.text
    *_, job = jobs.follow(project.folder / "train" / "measure")
    assert not (job.folder / "measure.json").exists()


def test_a_measurement_that_fails_leaves_the_plan_and_says_so(home: Path) -> None:
    project = ready_project(home, model=False)
    broken = home / "models" / "tiny"
    broken.mkdir(parents=True)
    (broken / "manifest.json").write_text("{}")
    outcome = plan_run(context_of(project))
    made = project.read(TrainPlan)
    assert made and made.seconds == 0 and "could not be run" in outcome.text


def test_a_plan_without_rows_is_refused_and_the_old_plan_stays(home: Path) -> None:
    project = ready_project(home, model=False)
    project.write(plan(TRAIN))
    project.train_file.unlink()
    with pytest.raises(NotReady):
        plan_run(context_of(project))
    assert project.read(TrainPlan) == plan(TRAIN)


def test_a_stop_ends_the_trial_steps_and_leaves_the_old_plan(home: Path) -> None:
    project = ready_project(home, model=False)
    project.write(plan(TRAIN))
    stopping = replace(context_of(project), stopped=lambda: True)
    with pytest.raises(NotReady) as caught:
        plan_run(stopping)
    assert caught.value.code == "measure_stopped"
    *_, job = jobs.follow(project.folder / "train" / "measure")
    assert not job.alive and project.read(TrainPlan) == plan(TRAIN)


def test_numbers_named_one_after_another_add_up_until_a_plan_without_any(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planning, "IN_LINE", 1.0)
    project = ready_project(home, model=False)
    (home / "locks").mkdir()
    with FileLock(home / "locks" / "heavy.lock"):
        plan_run(context_of(project), learning_rate=1e-4)
        plan_run(context_of(project), epochs=3)
        both = plan_run(context_of(project), rank=16).facts
        anew = plan_run(context_of(project)).facts
    assert (both["learning_rate"], both["epochs"], both["rank"]) == (1e-4, 3, 16)
    assert anew["learning_rate"] != 1e-4 and anew["wishes"] == {}
