"""One RelationLoRA in every file format that is in use; imported by make_goldens.py.

All files of a relation hold the same update: formats with an alpha other than the rank carry factors that make up
for it, so that a reader which drops alpha gives another picture.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import torch
from diffusers import UNet2DConditionModel
from safetensors.torch import save_file
from torch import Tensor

RANK = 2
MODULES = ("to_q", "to_k", "to_v", "to_out.0")
METADATA_ALPHA = 4
KOHYA_ALPHA = 1
SGM_ALPHA = 3

Updates = dict[str, tuple[Tensor, Tensor]]


def draw_updates(unet: UNet2DConditionModel, seed: int, size: float) -> Updates:
    """{path.module: (down [r,in], up [out,r])} of every cross-attention layer; up is not zero."""
    generator = torch.Generator().manual_seed(seed)
    updates = {}
    for name in unet.attn_processors:
        if ".attn2." not in name:
            continue
        for module in MODULES:
            path = f"{name.removesuffix('.processor')}.{module}"
            layer = unet.get_submodule(path)
            down = torch.randn((RANK, layer.in_features), generator=generator) / layer.in_features**0.5
            up = size * torch.randn((layer.out_features, RANK), generator=generator) / RANK**0.5
            updates[path] = (down, up)
    return updates


def sgm_path(path: str, layers_per_block: int) -> str:
    """Block names of the original SDXL code: every resnet, with its attention, is a block of its own."""
    match = re.fullmatch(r"(down|up)_blocks\.(\d+)\.attentions\.(\d+)\.(.*)", path)
    if match is None:
        return path.replace("mid_block.attentions.0.", "middle_block.1.")
    side, block, attention, rest = match[1], int(match[2]), int(match[3]), match[4]
    index = block * (layers_per_block + 1) + attention
    return f"input_blocks.{index + 1}.1.{rest}" if side == "down" else f"output_blocks.{index}.1.{rest}"


def kohya(updates: Updates, alpha: float, rename) -> dict[str, Tensor]:
    tensors = {}
    for path, (down, up) in updates.items():
        key = "lora_unet_" + rename(path).replace(".", "_")
        tensors[f"{key}.lora_down.weight"] = down
        tensors[f"{key}.lora_up.weight"] = up * (RANK / alpha)
        tensors[f"{key}.alpha"] = torch.tensor(float(alpha))
    return tensors


def old_processor_key(path: str, part: str) -> str:
    attention, module = path.split(".attn2.")
    return f"{attention}.attn2.processor.{module.removesuffix('.0')}_lora.{part}.weight"


def write_lora(file: Path, updates: Updates) -> None:
    """RelationBooth's own format: `unet.{path}.lora.down.weight`, alpha equal to the rank."""
    file.parent.mkdir(parents=True, exist_ok=True)
    tensors = {}
    for path, (down, up) in updates.items():
        tensors |= {f"unet.{path}.lora.down.weight": down, f"unet.{path}.lora.up.weight": up}
    save_file(tensors, file, metadata={"format": "pt"})


def write_formats(folder: Path, updates: Updates, layers_per_block: int) -> None:
    """The other formats, each in a folder of its name. Alpha is in the metadata of diffusers' newest files only."""
    peft, prefixed, old = {}, {}, {}
    for path, (down, up) in updates.items():
        scaled = up * (RANK / METADATA_ALPHA)
        peft |= {f"base_model.model.{path}.lora_A.weight": down, f"base_model.model.{path}.lora_B.weight": up}
        prefixed |= {f"unet.{path}.lora_A.weight": down, f"unet.{path}.lora_B.weight": scaled}
        old |= {old_processor_key(path, "down"): down, old_processor_key(path, "up"): up}
    files = {
        "peft/adapter_model": peft,
        "diffusers-peft/pytorch_lora_weights": prefixed,
        "diffusers-processor/pytorch_lora_weights": old,
        "kohya-diffusers/lora": kohya(updates, KOHYA_ALPHA, lambda path: path),
        "kohya-sgm/lora": kohya(updates, SGM_ALPHA, lambda path: sgm_path(path, layers_per_block)),
    }
    for name, tensors in files.items():
        file = folder / f"{name}.safetensors"
        file.parent.mkdir(parents=True, exist_ok=True)
        metadata = {"format": "pt"}
        if tensors is prefixed:
            modules = [f"attn2.{module}" for module in MODULES]
            settings = {"unet.r": RANK, "unet.lora_alpha": METADATA_ALPHA, "unet.target_modules": modules}
            metadata["lora_adapter_metadata"] = json.dumps(settings)
        save_file({key: tensor.contiguous() for key, tensor in tensors.items()}, file, metadata=metadata)
