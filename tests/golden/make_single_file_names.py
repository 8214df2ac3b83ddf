"""Names of a whole SDXL in one file, for the small golden checkpoint and for SDXL itself.

Run from the repository's root, after make_goldens.py and make_full_size.py:

    python tests/golden/make_single_file_names.py

Needs torch 2.13.0, diffusers 0.42.1, transformers 5.23.0. The original names are written down here block by block,
and diffusers' own single-file converters must turn them back into exactly the names and shapes of its classes. Writes
tests/golden/data/single-file-names.json.gz: {"versions", "tiny", "full"}, the last two lists of
[original name, network, names in the class, whether the file holds the transpose]; several names are the equal
groups of rows of one tensor, in that order.
"""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path
from types import SimpleNamespace

import diffusers
import torch
import transformers
from diffusers.loaders.single_file_utils import (
    convert_ldm_unet_checkpoint,
    convert_ldm_vae_checkpoint,
    convert_open_clip_checkpoint,
)
from safetensors import safe_open

HERE = Path(__file__).parent
Entry = tuple[str, str, list[str], bool]
Shapes = dict[str, list[int]]
RESNET = {
    "norm1": "in_layers.0",
    "conv1": "in_layers.2",
    "time_emb_proj": "emb_layers.1",
    "norm2": "out_layers.0",
    "conv2": "out_layers.3",
    "conv_shortcut": "skip_connection",
}
UNET_ENDS = {
    "conv_in": "input_blocks.0.0",
    "time_embedding.linear_1": "time_embed.0",
    "time_embedding.linear_2": "time_embed.2",
    "add_embedding.linear_1": "label_emb.0.0",
    "add_embedding.linear_2": "label_emb.0.2",
    "conv_norm_out": "out.0",
    "conv_out": "out.2",
}
OPEN_CLIP = {
    "text_model.embeddings.token_embedding.weight": "token_embedding.weight",
    "text_model.embeddings.position_embedding.weight": "positional_embedding",
    "text_model.final_layer_norm.weight": "ln_final.weight",
    "text_model.final_layer_norm.bias": "ln_final.bias",
    "text_projection.weight": "text_projection",
}
OPEN_CLIP_LAYER = {
    "layer_norm1": "ln_1",
    "layer_norm2": "ln_2",
    "mlp.fc1": "mlp.c_fc",
    "mlp.fc2": "mlp.c_proj",
    "self_attn.out_proj": "attn.out_proj",
}
VAE_ATTENTION = {"group_norm": "norm", "to_q": "q", "to_k": "k", "to_v": "v", "to_out.0": "proj_out"}


def swap(table: dict[str, str], name: str) -> str:
    part, end = name.rsplit(".", 1)
    return f"{table[part]}.{end}"


def unet_name(name: str, resnets: int) -> str:
    if name.rsplit(".", 1)[0] in UNET_ENDS:
        return swap(UNET_ENDS, name)
    if match := re.match(r"mid_block\.(resnets|attentions)\.(\d)\.(.+)", name):
        kind, index, rest = match.groups()
        if kind == "attentions":
            return f"middle_block.1.{rest}"
        return f"middle_block.{2 * int(index)}.{swap(RESNET, rest)}"
    side, block, kind, index, rest = re.match(r"(down|up)_blocks\.(\d+)\.(\w+)\.(\d+)\.(.+)", name).groups()
    first = int(block) * (resnets + 1)
    if kind == "downsamplers":
        return f"input_blocks.{1 + first + resnets}.0.{rest.replace('conv.', 'op.')}"
    if kind == "upsamplers":
        part = 2 if int(block) < 2 else 1  # behind the attention where there is one
        return f"output_blocks.{first + resnets}.{part}.{rest}"
    path = f"input_blocks.{1 + first + int(index)}" if side == "down" else f"output_blocks.{first + int(index)}"
    return f"{path}.1.{rest}" if kind == "attentions" else f"{path}.0.{swap(RESNET, rest)}"


def vae_name(name: str, levels: int) -> str:
    if name.startswith(("post_quant_conv.", "quant_conv.")):
        return name
    side, rest = name.split(".", 1)
    rest = rest.replace("conv_norm_out", "norm_out").replace("conv_shortcut", "nin_shortcut")
    if match := re.match(r"mid_block\.attentions\.0\.(.+)", rest):
        return f"{side}.mid.attn_1.{swap(VAE_ATTENTION, match[1])}"
    if match := re.match(r"mid_block\.resnets\.(\d)\.(.+)", rest):
        return f"{side}.mid.block_{int(match[1]) + 1}.{match[2]}"
    if match := re.match(r"(down|up)_blocks\.(\d+)\.(resnets|downsamplers|upsamplers)\.(\d+)\.(.+)", rest):
        way, block, kind, index, end = match.groups()
        level = int(block) if way == "down" else levels - 1 - int(block)
        part = f"block.{index}" if kind == "resnets" else f"{way}sample"
        return f"{side}.{way}.{level}.{part}.{end}"
    return f"{side}.{rest}"


def open_clip_entries(names: list[str]) -> list[tuple[str, list[str], bool]]:
    entries = []
    for name in names:
        if name in OPEN_CLIP:
            entries.append((OPEN_CLIP[name], [name], name == "text_projection.weight"))
            continue
        layer, rest = re.match(r"text_model\.encoder\.layers\.(\d+)\.(.+)", name).groups()
        block = f"transformer.resblocks.{layer}"
        if match := re.match(r"self_attn\.([qkv])_proj\.(\w+)", rest):
            if match[1] == "q":
                parts = [name.replace("q_proj", f"{part}_proj") for part in "qkv"]
                entries.append((f"{block}.attn.in_proj_{match[2]}", parts, False))
            continue
        entries.append((f"{block}.{swap(OPEN_CLIP_LAYER, rest)}", [name], False))
    return entries


def make_entries(shapes: dict[str, Shapes], resnets: int, levels: int) -> list[Entry]:
    unet = [(f"model.diffusion_model.{unet_name(n, resnets)}", "unet", [n], False) for n in shapes["unet"]]
    text = [(f"conditioner.embedders.0.transformer.{n}", "text_encoder", [n], False) for n in shapes["text_encoder"]]
    text_2 = [
        (f"conditioner.embedders.1.model.{original}", "text_encoder_2", names, turned)
        for original, names, turned in open_clip_entries(list(shapes["text_encoder_2"]))
    ]
    vae = [(f"first_stage_model.{vae_name(n, levels)}", "vae", [n], False) for n in shapes["vae"]]
    return [*unet, *text, *text_2, *vae]


def check(entries: list[Entry], shapes: dict[str, Shapes], resnets: int, levels: int) -> None:
    """diffusers' converters must make of the original names what the classes have."""
    file = {}
    for original, network, names, turned in entries:
        shape = list(shapes[network][names[0]])
        if len(names) > 1:
            shape[0] *= len(names)
        if turned:
            shape.reverse()
        if re.search(r"first_stage_model\.\w+\.mid\.attn_1\.(q|k|v|proj_out)\.weight", original):
            shape = [*shape, 1, 1]
        file[original] = torch.empty(shape, device="meta")
    blocks = 1 + max(int(n.split(".")[1]) for n in shapes["unet"] if n.startswith("down_blocks."))
    down = [f"down_blocks.{block}.attentions" for block in range(blocks)]
    has = [any(name.startswith(prefix) for name in shapes["unet"]) for prefix in down]
    config = {
        "layers_per_block": resnets,
        "down_block_types": ["CrossAttnDownBlock2D" if one else "DownBlock2D" for one in has],
        "up_block_types": ["CrossAttnUpBlock2D" if one else "UpBlock2D" for one in reversed(has)],
        "class_embed_type": None,
        "addition_embed_type": "text_time",
    }
    vae_config = {"down_block_types": [""] * levels, "up_block_types": [""] * levels}
    model = SimpleNamespace(config=SimpleNamespace(hidden_size=None))
    converted = {
        "unet": convert_ldm_unet_checkpoint(dict(file), config),
        "vae": convert_ldm_vae_checkpoint(dict(file), vae_config),
        "text_encoder_2": convert_open_clip_checkpoint(model, dict(file), prefix="conditioner.embedders.1.model."),
    }
    for network, tensors in converted.items():
        found = {name: list(tensor.shape) for name, tensor in tensors.items()}
        expected = {name: list(shape) for name, shape in shapes[network].items()}
        # The converter leaves attention's 1x1 convolutions to the loader in some versions.
        found = {name: shape[: len(expected.get(name, shape))] for name, shape in found.items()}
        assert found == expected, (network, set(found) ^ set(expected))


def tiny_shapes() -> dict[str, Shapes]:
    files = {
        "unet": "unet/diffusion_pytorch_model.safetensors",
        "vae": "vae/diffusion_pytorch_model.safetensors",
        "text_encoder": "text_encoder/model.safetensors",
        "text_encoder_2": "text_encoder_2/model.safetensors",
    }
    shapes = {}
    for network, file in files.items():
        with safe_open(HERE / "tiny" / file, "pt") as weights:
            names = {name: weights.get_slice(name).get_shape() for name in weights.keys()}
        prefix = "text_model." if network.startswith("text") else ""
        shapes[network] = {
            name if name.startswith((prefix, "text_projection")) else prefix + name: shape for name, shape in names.items()
        }
    return shapes


def full_shapes() -> dict[str, Shapes]:
    shapes = {}
    for network in ("unet", "vae", "text_encoder", "text_encoder_2"):
        data = json.loads(gzip.decompress((HERE / f"full-size/{network}.json.gz").read_bytes()))
        shapes[network] = {name: shape for name, shape in data["tensors"].items() if "position_ids" not in name}
    return shapes


def main() -> None:
    result = {
        "versions": {
            "torch": torch.__version__,
            "diffusers": diffusers.__version__,
            "transformers": transformers.__version__,
        }
    }
    for size, shapes in (("tiny", tiny_shapes()), ("full", full_shapes())):
        entries = make_entries(shapes, 2, 4)
        check(entries, shapes, 2, 4)
        result[size] = entries
        print(size, len(entries), "tensors")
    data = gzip.compress(json.dumps(result, separators=(",", ":")).encode(), compresslevel=9, mtime=0)
    (HERE / "data/single-file-names.json.gz").write_bytes(data)
    print(len(data), "bytes")


if __name__ == "__main__":
    main()
