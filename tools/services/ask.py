"""Ask the connected chat model something aside from the conversation."""

from typing import TYPE_CHECKING

from data.alpaca import Turn
from data.errors import TunePathError
from tools.services.chat_models import explain

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel


def ask(model: "BaseChatModel", messages: list[Turn]) -> str:
    """The model's answer. Raises a TunePathError for what a server can do wrong."""
    try:
        # The tag keeps this reply out of the conversation, which streams whatever models say.
        return str(model.invoke(messages, config={"tags": ["nostream"]}).text)
    except TunePathError:
        raise
    except Exception as error:
        fault = explain(error, model)
        if fault is None:
            raise
        raise fault from None  # the provider's own text may hold the key


def name_of(model: "BaseChatModel") -> str:
    """What the server calls the model."""
    return str(getattr(model, "model_name", "") or getattr(model, "model", "") or "chat")
