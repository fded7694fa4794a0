"""Settings come from the environment once, and keys never show."""

import pytest

from data.settings import read_settings


@pytest.mark.parametrize(
    ("environ", "language"),
    [
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LC_ALL": "en_US.UTF-8", "LANG": "zh_CN.UTF-8"}, "en"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
    ],
)
def test_the_locale_gives_the_first_language(environ, language):
    assert read_settings(environ).language == language


def test_the_key_is_not_printed():
    settings = read_settings({"OPENAI_API_KEY": "sk-secret", "TUNEPATH_HOME": "x"})
    assert settings.api_key == "sk-secret"
    assert "sk-secret" not in repr(settings)


def test_the_home_can_be_moved(tmp_path):
    settings = read_settings({"TUNEPATH_HOME": str(tmp_path)})
    assert settings.home == tmp_path
    assert settings.models == tmp_path / "models"
