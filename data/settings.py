"""What the environment says, read once and never changed."""

import locale
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from platformdirs import user_data_path


@dataclass(frozen=True)
class Settings:
    """Where things are kept and which chat model the environment names."""

    home: Path
    """Projects, models and locks; TUNEPATH_HOME, else the platform's user-data folder."""
    language: str = "en"
    """First language of page and command line, from the locale; a person's own words win."""
    base_url: str = ""
    """OPENAI_BASE_URL: an OpenAI-compatible server."""
    api_key: str = field(default="", repr=False)
    """OPENAI_API_KEY. In memory only; never printed, stored or passed to a child process."""
    model: str = ""
    """TUNEPATH_MODEL: the model's name on that server."""
    on_space: bool = False
    """Running as a Hugging Face Space (SPACE_ID is set): many visitors, a disk that is wiped."""

    @property
    def models(self) -> Path:
        """Base models, shared by all projects."""
        return self.home / "models"

    @property
    def locks(self) -> Path:
        """Lock files that processes share."""
        return self.home / "locks"


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Settings from an environment such as os.environ. Nothing is created on disk."""
    return Settings(
        home=_home(environ),
        language=_language(environ),
        base_url=environ.get("OPENAI_BASE_URL", "").strip(),
        api_key=environ.get("OPENAI_API_KEY", "").strip(),
        model=environ.get("TUNEPATH_MODEL", "").strip(),
        on_space=bool(environ.get("SPACE_ID")),
    )


def _home(environ: Mapping[str, str]) -> Path:
    if named := environ.get("TUNEPATH_HOME", "").strip():
        return Path(named).expanduser().resolve()
    if environ.get("SPACE_ID") and Path("/data").is_dir():  # a Space's persistent disk
        return Path("/data/tunepath")
    return user_data_path("tunepath", appauthor=False)


def _language(environ: Mapping[str, str]) -> str:
    named = environ.get("LC_ALL") or environ.get("LC_MESSAGES") or environ.get("LANG") or ""
    if not named:
        named = locale.getlocale()[0] or ""  # Windows sets none of the three
    return "zh" if named.lower().startswith(("zh", "chinese")) else "en"
