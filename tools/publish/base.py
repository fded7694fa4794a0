"""What the catalogue says about the base model of a run: its public name, licence and notice."""

from dataclasses import dataclass

from data.shelf import shelf


@dataclass(frozen=True)
class Base:
    """The base as a bundle names it; never a path of this machine."""

    name: str
    hub_id: str
    licence: str
    licence_url: str
    notice: str = ""
    """Text that the licence wants in every copy; empty where it wants none."""

    @property
    def hub_licence(self) -> str:
        """The licence's identifier on the Hugging Face Hub."""
        low = self.licence.lower()
        known = ("apache-2.0", "mit", "gemma")
        return next((name for name in known if low.startswith(name)), "other")


def base_of(name: str) -> Base:
    """The catalogue's entry; a model that it does not know goes by its own name."""
    entry = shelf("shipped/base_models").get(name, {})
    return Base(
        name,
        str(entry.get("hub_id", name)),
        str(entry.get("licence", "other")),
        str(entry.get("licence_url", "")),
        "\n".join(str(entry[key]) for key in ("notice", "policy_url") if key in entry),
    )
