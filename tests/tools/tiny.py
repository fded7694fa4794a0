"""A random Llama of two layers with the starter's tokenizer: every step real, and quick."""

from pathlib import Path

from data.files import write_json
from tests.fixtures import REAL_HOME, STARTER
from tools.shared.starter import ensure


def tiny_model(folder: Path, seed: int = 1) -> Path:
    """Make it in a folder, in the layout that <home>/models has, and return the folder."""
    import torch
    from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM

    tokenizer = AutoTokenizer.from_pretrained(ensure(REAL_HOME, STARTER, lambda *_: None))
    torch.manual_seed(seed)
    shape = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=512,
        tie_word_embeddings=True,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    LlamaForCausalLM(shape).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    write_json(folder / "manifest.json", {"name": folder.name})
    return folder
