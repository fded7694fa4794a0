"""The one file that knows instruction, input, output, system and history; rows into chat turns."""

from typing import Any, Self, cast

from pydantic import BaseModel, ConfigDict, field_validator

FIELDS = ("instruction", "input", "output", "system", "history")
Turn = dict[str, str]


class Row(BaseModel):
    """One exercise: a question (instruction plus optional input) and the answer to learn."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    instruction: str
    input: str = ""
    output: str
    system: str = ""
    history: tuple[tuple[str, str], ...] = ()
    """Earlier turns of the same talk, oldest first, each (question, answer)."""

    @field_validator("history", mode="before")
    @classmethod
    def _pairs(cls, value: Any) -> Any:
        if not isinstance(value, list):
            return value
        return [tuple(pair) for pair in cast(list[Any], value)]

    @property
    def question(self) -> str:
        """What is asked: the instruction, and the input below it where there is one."""
        return f"{self.instruction}\n{self.input}" if self.input.strip() else self.instruction

    @property
    def ask(self) -> list[Turn]:
        """Chat turns up to and including the question."""
        turns: list[Turn] = [{"role": "system", "content": self.system}] if self.system else []
        for question, answer in self.history:
            turns += [
                {"role": "user", "content": question},
                {"role": "assistant", "content": answer},
            ]
        return [*turns, {"role": "user", "content": self.question}]

    @property
    def turns(self) -> list[Turn]:
        """The whole talk; only the last turn, the output, is graded."""
        return [*self.ask, {"role": "assistant", "content": self.output}]

    def alpaca(self) -> dict[str, Any]:
        """The row as trainers read it: the five keys, in their usual order, nothing else."""
        return {**self.model_dump(exclude={"history"}), "history": [list(p) for p in self.history]}

    @classmethod
    def of(cls, question: str, answer: str, system: str = "") -> Self:
        """A row from a plain pair, as a person types it."""
        return cls(instruction=question.strip(), output=answer.strip(), system=system.strip())
