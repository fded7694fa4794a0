"""The picture of a run's losses."""

import math
import xml.etree.ElementTree as ElementTree

import pytest

from tools.publish.curve import draw, points, smooth

METRICS = [
    {"step": step, "loss": 4 / step, **({"held_out_loss": 4 / step + 0.1} if step % 5 == 0 else {})}
    for step in range(1, 21)
]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_picture_is_well_formed_and_has_both_curves_axes_and_the_best_step(
    language: str,
) -> None:
    tree = ElementTree.fromstring(draw(METRICS, language, best_step=20))
    tags = [element.tag.split("}")[1] for element in tree.iter()]
    assert tags.count("polyline") == 3
    assert tags.count("circle") == 5
    words = [element.text or "" for element in tree.iter() if element.tag.endswith("text")]
    assert any("20" in word and len(word) > 4 for word in words)
    assert len(words) > 10


def test_a_run_without_numbers_has_no_picture() -> None:
    assert draw([], "en") == ""
    assert draw([{"step": 1, "loss": math.nan}], "en") == ""


def test_one_step_and_a_loss_of_zero_can_be_drawn() -> None:
    for loss in (0.0, 1e-9, 3.0, 1e6):
        ElementTree.fromstring(draw([{"step": 1, "loss": loss}], "en", best_step=1))


def test_a_step_that_a_resumed_run_wrote_again_counts_once_and_broken_numbers_do_not() -> None:
    rows = [
        {"step": 2, "loss": 9.0},
        {"step": 1, "loss": 3.0},
        {"step": 2, "loss": 2.0},
        {"step": 3, "loss": math.inf},
        {"step": "x", "loss": 1},
        {"loss": 1},
    ]
    assert points(rows, "loss") == [(1.0, 3.0), (2.0, 2.0)]


def test_smoothing_is_the_mean_of_a_point_and_its_neighbours() -> None:
    assert smooth([(1, 2.0), (2, 4.0), (3, 9.0)], 3) == [(1, 3.0), (2, 5.0), (3, 6.5)]
