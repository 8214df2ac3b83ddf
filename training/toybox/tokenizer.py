"""CLIP-style byte-pair tokenizer: trained from captions and a list of common words, written as vocab.json + merges.txt."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import torch
from torch import Tensor
from transformers import CLIPTokenizer

from ..relationbooth.device import upload
from .config import MAX_TOKENS, VOCABULARY
from .data import Scenes

START, END = "<|startoftext|>", "<|endoftext|>"
WORD = re.compile(r"'s|'t|'re|'ve|'m|'ll|'d|[a-z]+|[0-9]|[^\sa-z0-9]+")
CAPTION_WEIGHT_CAP = 2000  # keeps frequent caption words from deciding every merge
LISTED_WORD_WEIGHT = 20


def byte_alphabet() -> list[str]:
    """The 256 printable stand-ins for bytes, in CLIP's order ("!" has id 0)."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    hidden = [b for b in range(256) if b not in printable]
    return [chr(b) for b in printable] + [chr(256 + i) for i in range(len(hidden))]


def count_words(texts: list[str]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(WORD.findall(text.lower()))
    return Counter({word: min(n, CAPTION_WEIGHT_CAP) for word, n in counts.items() if word.isascii()})


def learn_merges(counts: Counter[str], merges: int) -> list[tuple[str, str]]:
    """Greedy byte-pair encoding; ties go to the alphabetically first pair, so the result is reproducible."""
    words = [([*word[:-1], word[-1] + "</w>"], n) for word, n in sorted(counts.items())]
    learned: list[tuple[str, str]] = []
    while len(learned) < merges:
        pairs: Counter[tuple[str, str]] = Counter()
        for symbols, n in words:
            for pair in zip(symbols, symbols[1:]):
                pairs[pair] += n
        if not pairs:
            break
        best = min(pairs, key=lambda pair: (-pairs[pair], pair))
        learned.append(best)
        for symbols, _ in words:
            i = 0
            while i < len(symbols) - 1:
                if (symbols[i], symbols[i + 1]) == best:
                    symbols[i : i + 2] = ["".join(best)]
                i += 1
    return learned


def train_tokenizer(data: Scenes, folder: Path) -> None:
    """Write both tokenizers (same files; the second pads with "!", as SDXL's does)."""
    listed = Path(__file__).with_name("words.txt").read_text("utf8")
    texts: list[str] = []
    for meta in data.meta[:8000]:
        texts += [*meta["captions"]["neutral"], *meta["captions"]["relation"]]
        texts += [o["description"] for o in meta["objects"]]
    counts = count_words(texts)
    for word in count_words([listed]):
        counts[word] += LISTED_WORD_WEIGHT
    alphabet = byte_alphabet()
    merges = learn_merges(counts, VOCABULARY - 2 * len(alphabet) - 2)
    tokens = [*alphabet, *(a + "</w>" for a in alphabet), *("".join(pair) for pair in merges)]
    # Distinct pairs can spell one token; unused numbers keep <|endoftext|> the largest id.
    unique = list(dict.fromkeys(tokens))
    unique += [f"<|unused{i}|>" for i in range(VOCABULARY - 2 - len(unique))]
    vocabulary = {token: i for i, token in enumerate([*unique, START, END])}
    for name, pad in (("tokenizer", END), ("tokenizer_2", "!")):
        target = folder / name
        target.mkdir(parents=True, exist_ok=True)
        (target / "vocab.json").write_text(json.dumps(vocabulary, ensure_ascii=False), "utf8")
        lines = ["#version: 0.2", *(" ".join(pair) for pair in merges)]
        (target / "merges.txt").write_text("\n".join(lines) + "\n", "utf8")
        special = {"bos_token": START, "eos_token": END, "unk_token": END, "pad_token": pad}
        settings = {"tokenizer_class": "CLIPTokenizer", "model_max_length": MAX_TOKENS, "do_lower_case": True, **special}
        (target / "tokenizer_config.json").write_text(json.dumps(settings, indent=2), "utf8")
        (target / "special_tokens_map.json").write_text(json.dumps(special, indent=2), "utf8")


class Tokenizers:
    """Both tokenizers of `folder`; encodes to fixed or trimmed length."""

    def __init__(self, folder: Path) -> None:
        self.first = CLIPTokenizer.from_pretrained(folder / "tokenizer")
        self.second = CLIPTokenizer.from_pretrained(folder / "tokenizer_2")

    def __call__(self, texts: list[str], trim: bool = False) -> tuple[Tensor, Tensor]:
        """Like `on_cpu`, on the device."""
        ids, other = self.on_cpu(texts, trim)
        return upload(ids), upload(other)

    def on_cpu(self, texts: list[str], trim: bool = False) -> tuple[Tensor, Tensor]:
        """Ids of both encoders [B,77]; `trim` cuts after the longest text (exact, because attention is causal)."""
        ids = self.first(texts, padding="max_length", truncation=True, max_length=MAX_TOKENS, return_tensors="pt").input_ids
        other = torch.where(ids.eq(VOCABULARY - 1).cumsum(dim=1) > 1, 0, ids)
        if trim:
            longest = int(ids.argmax(dim=1).max()) + 1
            return ids[:, :longest], other[:, :longest]
        return ids, other
