"""The model card of an exported Toybox, filled from what the stages logged."""

from __future__ import annotations

import json
from pathlib import Path

CARD = """# Toybox v1

A small SDXL-topology model with MS-Diffusion's grounding adapter and one RelationLoRA a relation, trained from
scratch on procedural pictures. It is meant to draw two given characters in a given relation at given boxes, 256×256.

**State: half way.** It draws whole figures with the objects' colours, clothes, patterns and hats in their boxes and, with
RelationLoRAs, in the asked relation, before the right background. Faces are often soft, hands and thin props often wrong.
`docs/relationbench.md` has what was measured, `training/README.md` says why and what is next.

- **Data**: scenes, photos, keypoints and captions of this project's own data engine; nothing else, no web pictures.
- **Towers**: autoencoder (stride 8, 8 channels, per-channel latents_mean/latents_std), two CLIP text encoders, one
  CLIP vision encoder (128 px, patch 16), a CLIPSelf copy of it for the 16 local tokens.
- **Vision tower**: trained contrastively with two auxiliary losses (each patch's pixels and the identity's attributes
  from penultimate states), then frozen.
- **Few steps**: a LoRA distilled for four steps without guidance, on top of RelationLoRAs.
- **Base model**: v-prediction, zero terminal SNR, trailing Euler steps; captions name objects and place, never a
  relation. Photos enter at scale (the paper's γ) 1.0; use 1.0 as default. Guidance 3, rescale 0.5, 20 steps.
- **Limits**: knows its own toy world. Real photos carry over their colours at best.

## Measured
{measured}
"""


def last_lines(work: Path, stage: str, key: str) -> dict | None:
    file = work / "log" / f"{stage}.jsonl"
    if not file.exists():
        return None
    lines = [json.loads(line) for line in file.read_text("utf8").splitlines()]
    found = [line for line in lines if key in line]
    return found[-1] if found else None


def model_card(work: Path) -> str:
    rows: list[str] = []
    for stage, key in (("vae", "final_psnr"), ("decoder", "final_psnr"), ("clip", "retrieval_text"), ("clipself", "cosine"), ("tokens", "description"), ("base", "loss"), ("few-steps", "loss"), ("sheets", "own_colour_error")):
        line = last_lines(work, stage, key)
        if line is not None:
            rows.append(f"- {stage}: " + ", ".join(f"{k} {v}" for k, v in line.items()))
    for file in sorted((work / "log").glob("lora-*.jsonl")):
        line = last_lines(work, file.stem, "denoise_last")
        if line is not None:
            rows.append(f"- {file.stem}: " + ", ".join(f"{k} {v}" for k, v in line.items()))
    return CARD.format(measured="\n".join(rows) or "- nothing yet")
