"""The frozen shapes that cross a border between stages. Each names the file that it is kept in."""

from enum import StrEnum
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict

from data.alpaca import Row, Turn

Language = Literal["zh", "en"]


class Record(BaseModel):
    """A frozen shape kept in one file of the project folder."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    FILE: ClassVar[str] = ""


class Part(BaseModel):
    """A frozen piece of a record."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Route(StrEnum):
    """What a wish turns out to need."""

    PROMPT = "prompt_only"
    WORKFLOW = "workflow"
    LOOKUP = "rag_workflow"
    FINETUNE = "finetune"
    BOTH = "both"
    UNCLEAR = "unclear_needs_question"
    REFUSE = "refuse"
    OUT_OF_SCOPE = "out_of_scope"
    CONCEPT = "concept"
    """A question about a word: answered, no project comes of it."""
    WHAT_NEXT = "what_next"
    """Somebody is on the road already and asks for the next step."""

    @property
    def trains(self) -> bool:
        """Whether this route goes on to data and training."""
        return self in (Route.FINETUNE, Route.BOTH)


Need = Literal[
    "", "general", "manner", "labels", "facts", "steps", "hidden_prompt", "manner_and_facts",
    "manner_and_steps",
]  # fmt: skip
DataAtHand = Literal["", "none", "unobtainable", "few", "dozens", "hundreds", "sample"]


class Facts(Record):
    """What the person has said so far; an empty string where nothing was said."""

    FILE: ClassVar[str] = "plan/facts.json"
    aim: str = ""
    """The wish in the person's own words."""
    language: Literal["", "zh", "en"] = ""
    """The language the product will speak."""
    need: Need = ""
    """What matters most: manner, fixed labels or form, changing facts, steps, a hidden prompt; or
    general, where any chat model does it if it is told well."""
    other_need: Need = ""
    """What it was read as too, where that would lead elsewhere; empty once the person has said."""
    data_at_hand: DataAtHand = ""
    audience: str = ""
    expected: str = ""
    """What a good answer is like, in the person's words."""
    data_available: str = ""
    data_amount: str = ""
    hardware: str = ""
    privacy: str = ""
    style: str = ""
    output_format: str = ""
    """These six: stretches of what the person said, word for word."""


class Case(Part):
    """One example to judge by: what is asked, what passes, what fails."""

    question: str
    passes: str
    fails: str


class Brief(Record):
    """What is to be made and how it will be judged; at least three cases."""

    FILE: ClassVar[str] = "plan/brief.json"
    aim: str
    audience: str
    language: Language
    inputs: str
    outputs: str
    expected: str
    constraints: tuple[str, ...] = ()
    cases: tuple[Case, ...] = ()


class Answered(Case):
    """A case with what a model answered by the prompt alone, and the person's verdict on it."""

    answer: str
    passed: bool | None = None
    """None while nobody has judged it."""

    @property
    def case(self) -> Case:
        """The case as it was when it was asked."""
        return Case(question=self.question, passes=self.passes, fails=self.fails)


class Baseline(Record):
    """What a prompt alone achieves on the Brief's cases, before anything is built."""

    FILE: ClassVar[str] = "plan/baseline.json"
    model: str
    """Name of the model that answered, as it is shown."""
    local: bool
    """Whether that was the starter model on this machine."""
    prompt: str
    answers: tuple[Answered, ...]
    """In the order of the Brief's cases; fewer than these while some are still to be asked."""

    @property
    def unmarked(self) -> tuple[int, ...]:
        """Numbers, from 1, of the answers that await a verdict."""
        return tuple(n for n, each in enumerate(self.answers, 1) if each.passed is None)

    @property
    def failed(self) -> tuple[int, ...]:
        """Numbers, from 1, of the answers that did not pass."""
        return tuple(n for n, each in enumerate(self.answers, 1) if each.passed is False)

    @property
    def marked(self) -> int:
        """Answers with a verdict."""
        return len(self.answers) - len(self.unmarked)

    @property
    def passed(self) -> int:
        """Answers that passed."""
        return self.marked - len(self.failed)

    @property
    def enough(self) -> bool:
        """Whether the prompt will do: all are judged, and all but one at most have passed."""
        return not self.unmarked and self.passed >= max(1, len(self.answers) - 1)


class Decision(Record):
    """The route taken, and why."""

    FILE: ClassVar[str] = "plan/decision.json"
    route: Route
    reasons: tuple[str, ...]
    cost: str
    """Time, money and data that it takes, in words."""
    cheaper_first: str
    """What to try before, and how its result would be measured; empty if nothing is cheaper."""
    would_change: str
    """What would change the verdict."""
    overruled: Route | None = None
    """What was advised, where the person chose otherwise."""
    risk: str = ""


class Finding(Part):
    """A flaw that the critic marks in one row."""

    code: str
    """Key of its words under dataset.finding.<code>."""
    field: str = ""
    start: int = 0
    end: int = 0
    """Span of the flaw inside the field's text, in characters; 0, 0 for the whole field."""
    values: dict[str, Any] = {}


class Item(Part):
    """A row on the working table, with where it came from and what was decided about it."""

    id: str
    row: Row
    source: str
    """hand, sample:<name>, file:<name>, paste, or model:<name>."""
    addition: int = 0
    """Rows that came in together share a number."""
    verdict: Literal["open", "accepted", "dropped"] = "open"
    findings: tuple[Finding, ...] = ()


class Dataset(Record):
    """The frozen training set: dataset/train.jsonl and dataset/held_out.jsonl, strict Alpaca."""

    FILE: ClassVar[str] = "dataset/dataset.json"
    title: str
    language: Language
    train_rows: int
    held_out_rows: int
    dropped_rows: int
    seed: int
    sources: dict[str, int]
    """Rows by source."""
    fingerprint: str
    """sha256 over both files, so that a run can tell whether its data changed."""


class BaseModelChoice(Record):
    """The model that training starts from."""

    FILE: ClassVar[str] = "base_model/base_model.json"
    name: str
    """Key in shipped/base_models.toml; its folder is <home>/models/<name>."""
    licence: str
    warning: str = ""


class TrainPlan(Record):
    """Everything that a run is made with. The draft is train/plan.json; a run keeps a copy."""

    FILE: ClassVar[str] = "train/plan.json"
    base_model: str
    method: Literal["lora"] = "lora"
    epochs: int
    learning_rate: float
    rank: int
    alpha: int
    batch_rows: int
    """Rows that one optimizer step averages over."""
    max_length: int
    """Tokens a row may have; a longer one is cut, and counted."""
    steps: int
    """Optimizer steps in all."""
    warmup_steps: int
    evaluate_every: int
    """Steps between two looks at the held-out loss."""
    save_every: int
    """Steps between two checkpoints."""
    seed: int = 7
    train_rows: int
    held_out_rows: int
    seconds_per_step: float = 0.0
    """Measured by a few real steps on this machine; 0 while unmeasured."""
    seconds: float = 0.0
    """The whole run: start-up, steps, looks at the held-out loss."""
    memory_mb: int = 0
    """Peak resident memory seen while measuring."""
    reasons: dict[str, str] = {}
    """Why each number is what it is: field name to a sentence."""
    wishes: dict[str, float] = {}
    """The numbers that the person named; they hold until a plan is made without any."""


Label = Literal[
    "healthy",
    "underfit_flat",
    "oscillating",
    "spike_or_divergence",
    "overfit_gap",
    "too_low_memorised",
    "epoch_steps",
    "broken_nan_zero",
    "too_short_to_tell",
]


class LossReading(Record):
    """The shape of a run's curves, in one of nine words, with its evidence."""

    FILE: ClassVar[str] = "reading.json"
    label: Label
    evidence: tuple[str, ...]
    advice: str
    best_step: int | None
    """Step whose checkpoint has the lowest held-out loss; None where none was measured."""
    numbers: dict[str, float] = {}


class Compared(Part):
    """One question answered by the base and by the tuned model, greedily."""

    kind: Literal["held_out", "case"]
    question: str
    messages: list[Turn]
    expected: str
    """The held-out answer, or what passes in the Brief's case."""
    base: str
    tuned: str


class Evaluation(Record):
    """Base and tuned model side by side on questions that training never saw."""

    FILE: ClassVar[str] = "evaluation.json"
    run: str
    base_loss: float
    tuned_loss: float
    """Mean loss a graded token, in nats, over the held-out rows."""
    held_out_rows: int
    items: tuple[Compared, ...]


class Publication(Record):
    """A bundle on disk that `tunepath serve` takes."""

    FILE: ClassVar[str] = "publication.json"
    name: str
    run: str
    base_model: str
    language: Language
    licence: str
    created: str
    system: str = ""
    """System prompt that all training rows shared; the server adds it where a caller sends none."""


class Learnt(Record):
    """What was explained in this project; it counts on the learning map."""

    FILE: ClassVar[str] = "learn/learnt.json"
    explained: tuple[str, ...] = ()
    """Ids of glossary entries, in the order in which they were asked for."""
