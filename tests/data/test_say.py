"""Words by key; values are inserted, never read as a template."""

import pytest

from data.say import has, say


def test_a_value_with_braces_stays_as_it_is():
    said = say("errors.project_missing.what", "en", name="{0.__class__} {x}")
    assert "{0.__class__} {x}" in said


def test_a_key_that_nobody_wrote_is_an_error():
    with pytest.raises(KeyError):
        say("errors.never_written.what", "zh")
    assert not has("errors.never_written")
