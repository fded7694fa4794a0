"""The six stages of the long road, in order, and the name of the short one."""

from typing import Literal, get_args

Stage = Literal["plan", "dataset", "base_model", "train", "evaluate", "publish"]
Place = Literal["plan", "dataset", "base_model", "train", "evaluate", "publish", "workflow"]

STAGES: tuple[Stage, ...] = get_args(Stage)
WORKFLOW = "workflow"


def position(stage: str) -> int:
    """Index of a stage on the long road; the workflow road leaves it right after plan."""
    return 1 if stage == WORKFLOW else STAGES.index(stage)  # type: ignore[arg-type]
