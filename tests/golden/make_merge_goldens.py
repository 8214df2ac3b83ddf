"""LoRAs on linear layers and convolutions, and what diffusers makes of the golden checkpoint when it merges them.

Run from the repository's root, after make_goldens.py:

    python tests/golden/make_merge_goldens.py

Needs torch 2.13.0, diffusers 0.42.1, transformers 5.23.0, peft 0.21.2. The seed is fixed. Writes to
tests/golden/data/merge: one update of the U-Net and both text encoders in diffusers' names (diffusers.safetensors,
alpha in its metadata) and in kohya's (kohya.safetensors, alpha as tensors); and expected.safetensors, the weights that
changed, at MERGE_WEIGHT. Those of the U-Net are what diffusers makes of both files, which must agree; those of the text
encoders are the sum itself, since this diffusers does not find the layers of this transformers.
"""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path

import torch
from diffusers import StableDiffusionXLPipeline, UNet2DConditionModel
from safetensors.torch import save_file
from torch import Tensor, nn
from transformers import CLIPTextModel, CLIPTextModelWithProjection

TINY = Path(__file__).parent / "tiny"
TARGET = Path(__file__).parent / "data" / "merge"
MERGE_WEIGHT = 0.75
RANK = 2
ALPHA = 3
AGREEMENT = 1e-6
# One layer of every kind: what LCM-LoRA, Lightning and kohya's LoCon change.
UNET = re.compile(
    r"conv_in|time_embedding\.linear_1|down_blocks\.1\.(attentions\.0\.(proj_in|transformer_blocks\.0\..*)"
    r"|resnets\.0\.(conv1|conv2|conv_shortcut|time_emb_proj)|downsamplers\.0\.conv)"
    r"|mid_block\.resnets\.1\.conv2|up_blocks\.0\.(upsamplers\.0\.conv|attentions\.2\.proj_out)"
)
TEXT = re.compile(r"(?:text_model\.)?encoder\.layers\.1\.(self_attn\.q_proj|mlp\.fc1)")
Update = dict[str, tuple[Tensor, Tensor]]
Networks = dict[str, nn.Module]


def load_networks() -> Networks:
    return {
        "unet": UNet2DConditionModel.from_pretrained(TINY, subfolder="unet", torch_dtype=torch.float32),
        "text_encoder": CLIPTextModel.from_pretrained(TINY, subfolder="text_encoder", dtype=torch.float32),
        "text_encoder_2": CLIPTextModelWithProjection.from_pretrained(
            TINY, subfolder="text_encoder_2", dtype=torch.float32
        ),
    }


def draw_update(network: nn.Module, pattern: re.Pattern[str], generator: torch.Generator) -> Update:
    """{path: (down [r,in,…], up [out,r,…])}; as large as the weights themselves, so that a fault shows."""
    update = {}
    for path, layer in network.named_modules():
        if not isinstance(layer, nn.Linear | nn.Conv2d) or pattern.fullmatch(path) is None:
            continue
        out, *rest = layer.weight.shape
        ones = [1] * (len(rest) - 1)
        down = torch.randn((RANK, *rest), generator=generator)
        up = float(layer.weight.detach().std()) * torch.randn((out, RANK, *ones), generator=generator)
        # transformers 5 leaves out a prefix that published files have.
        name = f"text_model.{path}" if path.startswith("encoder.layers") else path
        update[name] = (down, up)
    return update


def write(name: str, tensors: dict[str, Tensor], metadata: dict[str, str]) -> None:
    TARGET.mkdir(parents=True, exist_ok=True)
    save_file({key: value.contiguous() for key, value in tensors.items()}, TARGET / name, metadata=metadata)


def write_files(updates: dict[str, Update]) -> None:
    named, kohya, settings = {}, {}, {}
    for network, update in updates.items():
        prefix = {"unet": "lora_unet_", "text_encoder": "lora_te1_", "text_encoder_2": "lora_te2_"}[network]
        settings |= {
            f"{network}.r": RANK,
            f"{network}.lora_alpha": ALPHA,
            f"{network}.target_modules": sorted(update),
        }
        for path, (down, up) in update.items():
            named |= {f"{network}.{path}.lora_A.weight": down, f"{network}.{path}.lora_B.weight": up}
            key = prefix + path.replace(".", "_")
            kohya |= {f"{key}.lora_down.weight": down, f"{key}.lora_up.weight": up}
            kohya[f"{key}.alpha"] = torch.tensor(float(ALPHA))
    write("diffusers.safetensors", named, {"format": "pt", "lora_adapter_metadata": json.dumps(settings)})
    write("kohya.safetensors", kohya, {"format": "pt"})


def fused(unet: UNet2DConditionModel, file: str) -> dict[str, Tensor]:
    """The U-Net's weights after diffusers read the file and fused it."""
    unet = copy.deepcopy(unet)
    state, alphas, metadata = StableDiffusionXLPipeline.lora_state_dict(
        TARGET, weight_name=file, unet_config=unet.config, return_lora_metadata=True
    )
    StableDiffusionXLPipeline.load_lora_into_unet(state, alphas, unet, metadata=metadata)
    unet.fuse_lora(lora_scale=MERGE_WEIGHT)
    unet.unload_lora()
    return unet.state_dict()


def summed(layer: Tensor, down: Tensor, up: Tensor) -> Tensor:
    return layer + MERGE_WEIGHT * (ALPHA / RANK) * (up.flatten(1) @ down.flatten(1)).view_as(layer)


def main() -> None:
    networks = load_networks()
    generator = torch.Generator().manual_seed(30)
    updates = {
        name: draw_update(network, UNET if name == "unet" else TEXT, generator)
        for name, network in networks.items()
    }
    write_files(updates)
    unet = networks["unet"]
    expected, other = fused(unet, "diffusers.safetensors"), fused(unet, "kohya.safetensors")
    for key, value in expected.items():
        difference = float((other[key] - value).abs().max() / value.abs().max())
        assert difference < AGREEMENT, (key, difference)
    before = unet.state_dict()
    changed = {f"unet/{key}": value for key, value in expected.items() if not torch.equal(value, before[key])}
    assert set(changed) == {f"unet/{path}.weight" for path in updates["unet"]}
    for name in ("text_encoder", "text_encoder_2"):
        assert updates[name], name
        modules = dict(networks[name].named_modules())
        for path, (down, up) in updates[name].items():
            layer = modules.get(path) or modules[path.removeprefix("text_model.")]
            changed[f"{name}/{path}.weight"] = summed(layer.weight.detach(), down, up)
    write("expected.safetensors", changed, {"weight": str(MERGE_WEIGHT)})
    print(f"{len(changed)} weights changed")


if __name__ == "__main__":
    main()
