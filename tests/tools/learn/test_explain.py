"""The glossary: terms are found as people ask for them, two are told apart, all of it is short."""

import unicodedata
from dataclasses import replace

import pytest

from data.records import Learnt
from data.shelf import shelf
from tests.rigs.stages import EVERY, project_at
from tools.contract import Context
from tools.learn.explain import entries, explain, mentioned, terms

COLUMNS, LINES = 92, 5
"""Signs in a line of the chat (a Chinese one is two wide), and lines of an answer."""
ASKED = """
agent, workflow, RAG, LoRA, QLoRA, full fine-tuning, epoch, batch size, learning rate, rank,
overfitting, underfitting, loss, held-out, validation set, Alpaca, ShareGPT, instruction,
input, output, system, history, token, tokenizer, context window, base model, instruct model,
checkpoint, adapter, merge, quantisation, GGUF, ollama, vLLM, GPU, VRAM, CPU, Hugging Face,
ModelScope, Space, API, API key, endpoint, streaming, prompt, system prompt, few-shot,
chain of thought, temperature, hallucination, embedding, vector store, BM25, chunk,
prompt injection, distillation, synthetic data, data cleaning, SFT, DPO, RLHF, pre-training,
MCP, JSON, licence, inference, parameter, Transformer, attention, gradient, optimiser,
early stopping, perplexity, benchmark, open weights, filing, 智能体, 工作流, 检索增强,
全量微调, 轮数, 批大小, 学习率, 秩, 过拟合, 欠拟合, 损失, 验证集, 词元, 分词器, 上下文, 基座,
指令模型, 检查点, 适配器, 合并, 量化, 显卡, 显存, 魔搭, 创空间, 接口, 密钥, 流式, 提示词,
系统提示词, 少样本, 思维链, 温度, 幻觉, 向量, 向量库, 分块, 提示词注入, 蒸馏, 合成数据,
数据清洗, 偏好优化, 预训练, 许可, 推理, 参数, 注意力, 梯度, 优化器, 早停, 困惑度, 跑分,
开放权重, 备案
"""
WORDS = [word.strip() for word in ASKED.replace("\n", " ").split(",")]


def height(text: str) -> int:
    """Lines that a text takes on the page."""
    lines = [line.replace("**", "") for line in text.splitlines() if line]
    wide = [sum(1 + (unicodedata.east_asian_width(s) in "WF") for s in line) for line in lines]
    return sum(-(-columns // COLUMNS) for columns in wide)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_entry_is_found_by_each_of_its_names(context: Context, language: str) -> None:
    context = replace(context, language=language)
    for key, entry in entries().items():
        for name in (key, *entry["names"]):
            outcome = explain(context, term=name)
            assert entry[language].strip() in outcome.text, name


@pytest.mark.parametrize("language", ["zh", "en"])
def test_what_a_beginner_meets_is_explained_within_five_lines(
    context: Context, language: str
) -> None:
    context = replace(context, language=language)
    for word in WORDS:
        outcome = explain(context, term=word)
        assert len(outcome.facts["terms"]) == 1, word
        assert height(outcome.text) <= LINES, word


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_pair_that_is_told_apart_names_both_within_five_lines(
    context: Context, language: str
) -> None:
    context = replace(context, language=language)
    for versus in shelf("knowledge/glossary")["versus"]:
        one, two = (entries()[key]["names"][0] for key in versus["pair"])
        outcome = explain(context, term=f"{one} vs {two}")
        assert outcome.facts["terms"] == versus["pair"]
        assert one in outcome.text and two in outcome.text and versus[language] in outcome.text
        assert height(outcome.text) <= LINES, versus["pair"]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("LoRA 和全量微调", ["lora", "full-tuning"]),
        ("RAG and fine-tuning", ["rag", "fine-tuning"]),
        ("微调和提示词", ["fine-tuning", "prompt"]),
        ("how epochs relate to overfitting", ["epoch", "overfitting"]),
        ("should the prompt or RAG come before fine-tuning", ["prompt", "rag"]),
        ("the gradient, attention, RAG and then fine-tuning", ["rag", "fine-tuning"]),
    ],
)
def test_of_several_terms_those_that_are_weighed_against_each_other_are_answered(
    context: Context, asked: str, found: list[str]
) -> None:
    assert explain(context, term=asked).facts["terms"] == found


@pytest.mark.parametrize(
    ("term", "found"),
    [
        ("LoRA", "lora"),
        ("lo ra?", "lora"),
        ("过拟合", "overfitting"),
        ("over-fitting", "overfitting"),
        ("overfiting", "overfitting"),
        ("过拟合到底", "overfitting"),
        ("tokens", "token"),
        ("a low GPU", "gpu"),
    ],
)
def test_a_term_is_found_in_either_language_and_with_slips(
    context: Context, term: str, found: str
) -> None:
    assert explain(context, term=term).facts["found"] == found


def test_an_english_name_counts_as_a_whole_word_only() -> None:
    assert mentioned("a keyboard, a pragma, my stepson and a bookshelf") == []
    assert mentioned("keys, RAG and a step") == ["api-key", "rag", "step"]


def test_a_text_of_nothing_but_terms_is_told_from_one_that_says_more() -> None:
    assert terms("lora vs. qlora") == ["lora", "qlora"]
    assert terms("微调和提示词") == ["fine-tuning", "prompt"]
    assert terms("rank 16") == terms("a bot that knows RAG") == terms("我想微调") == []


def test_an_unknown_term_is_said_to_be_unknown(context: Context) -> None:
    outcome = explain(context, term="zzqxw")
    assert outcome.facts["found"] == ""
    assert "not in my glossary" in outcome.text


def test_close_terms_are_named(context: Context) -> None:
    outcome = explain(context, term="overfish")
    assert outcome.facts.get("found") == ""
    assert "overfitting" in outcome.facts["close"]


def test_an_explanation_leads_back_to_the_persons_own_step(home, settings) -> None:
    ends = set()
    for stage in EVERY:
        told = explain(Context(project_at(home, stage), settings, "en"), term="LoRA")
        ends.add(told.text.splitlines()[-1])
    assert "You are thinking out what to make." in ends and len(ends) == 7


def test_no_term_names_some(context: Context) -> None:
    assert "For instance" in explain(context, term=" ? ").text


def test_what_was_explained_is_noted_once(context: Context) -> None:
    for term in ("LoRA", "RAG vs fine-tuning", "lora", "zzqxw"):
        explain(context, term=term)
    learnt = context.project.read(Learnt)
    assert learnt and learnt.explained == ("lora", "rag", "fine-tuning")
