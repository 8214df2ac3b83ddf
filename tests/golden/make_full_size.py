"""Names and shapes of every tensor of the full-size networks, from the official classes and configurations.

Run from the repository's root:

    python tests/golden/make_full_size.py

Needs torch 2.13.0, diffusers 0.42.1, transformers 5.23.0. Nothing is downloaded and no weight is made: the modules
live on the meta device. Writes tests/golden/full-size/*.json.gz, each {"class", "versions", "config", "tensors"}
with tensors as {name: shape}. The configurations are those of stabilityai/stable-diffusion-xl-base-1.0 (U-Net, VAE,
both text encoders), laion/CLIP-ViT-bigG-14-laion2B-39B-b160k (vision tower) and MS-Diffusion's Resampler.

Two names differ between the library and the published files and are written as published: transformers 5 leaves out
`text_model.` in CLIPTextModel and `vision_model.` in some vision classes.
"""

import gzip
import json
import sys
from pathlib import Path

import diffusers
import torch
import transformers
from diffusers import AutoencoderKL, UNet2DConditionModel
from transformers import (
    CLIPTextConfig,
    CLIPTextModel,
    CLIPTextModelWithProjection,
    CLIPVisionConfig,
    CLIPVisionModelWithProjection,
)

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
from training.relationbooth.resampler import Resampler  # noqa: E402

OUT = Path(__file__).parent / "full-size"
VERSIONS = {"torch": torch.__version__, "diffusers": diffusers.__version__, "transformers": transformers.__version__}

UNET = {
    "act_fn": "silu",
    "addition_embed_type": "text_time",
    "addition_time_embed_dim": 256,
    "attention_head_dim": [5, 10, 20],
    "block_out_channels": [320, 640, 1280],
    "cross_attention_dim": 2048,
    "down_block_types": ["DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"],
    "in_channels": 4,
    "layers_per_block": 2,
    "out_channels": 4,
    "projection_class_embeddings_input_dim": 2816,
    "sample_size": 128,
    "transformer_layers_per_block": [1, 2, 10],
    "up_block_types": ["CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"],
    "use_linear_projection": True,
}
VAE = {
    "block_out_channels": [128, 256, 512, 512],
    "down_block_types": ["DownEncoderBlock2D"] * 4,
    "force_upcast": True,
    "latent_channels": 4,
    "layers_per_block": 2,
    "norm_num_groups": 32,
    "sample_size": 1024,
    "scaling_factor": 0.13025,
    "up_block_types": ["UpDecoderBlock2D"] * 4,
}
TEXT = {
    "bos_token_id": 0,
    "eos_token_id": 2,
    "hidden_act": "quick_gelu",
    "hidden_size": 768,
    "intermediate_size": 3072,
    "max_position_embeddings": 77,
    "num_attention_heads": 12,
    "num_hidden_layers": 12,
    "pad_token_id": 1,
    "projection_dim": 768,
    "vocab_size": 49408,
}
TEXT_2 = {
    **TEXT,
    "hidden_act": "gelu",
    "hidden_size": 1280,
    "intermediate_size": 5120,
    "num_attention_heads": 20,
    "num_hidden_layers": 32,
    "projection_dim": 1280,
}
VISION = {
    "hidden_act": "gelu",
    "hidden_size": 1664,
    "image_size": 224,
    "intermediate_size": 8192,
    "layer_norm_eps": 1e-5,
    "num_attention_heads": 16,
    "num_hidden_layers": 48,
    "patch_size": 14,
    "projection_dim": 1280,
}
RESAMPLER = {
    "dim": 1280,
    "depth": 4,
    "dim_head": 64,
    "heads": 20,
    "num_queries": 16,
    "embedding_dim": 1664,
    "output_dim": 2048,
    "ff_mult": 4,
    "phrase_embeddings_dim": 768,
}
DUMMY_TOKENS = 4


def shapes(module: torch.nn.Module, prefix: str = "", also: tuple[str, ...] = ()) -> dict[str, list[int]]:
    """Persistent tensors by published name."""
    named = {}
    for name, tensor in module.state_dict().items():
        published = name if not prefix or name.startswith((prefix, *also)) else prefix + name
        named[published] = list(tensor.shape)
    return named


def adapter_shapes(unet: UNet2DConditionModel, resampler: Resampler) -> dict[str, list[int]]:
    """MS-Diffusion's three groups; the odd numbers count attention processors in registration order."""
    tensors = {f"image_proj.{name}": shape for name, shape in shapes(resampler).items()}
    for index, name in enumerate(unet.attn_processors):
        if ".attn2." not in name:
            continue
        projection = unet.get_submodule(name.removesuffix(".processor")).to_k
        for kind in ("to_k_ip", "to_v_ip"):
            tensors[f"ms_adapter.{index}.{kind}.weight"] = [projection.out_features, projection.in_features]
    tensors["dummy_image_tokens"] = [1, DUMMY_TOKENS, unet.config.cross_attention_dim]
    return tensors


def write(file: str, kind: type, config: dict, tensors: dict[str, list[int]]) -> None:
    value = {"class": kind.__name__, "versions": VERSIONS, "config": config, "tensors": tensors}
    data = gzip.compress(json.dumps(value, separators=(",", ":")).encode(), compresslevel=9, mtime=0)
    (OUT / f"{file}.json.gz").write_bytes(data)
    numel = sum(torch.Size(shape).numel() for shape in tensors.values())
    print(f"{file}: {len(tensors)} tensors, {numel:,} values, {len(data)} bytes")


def main() -> None:
    OUT.mkdir(exist_ok=True)
    with torch.device("meta"):
        unet = UNet2DConditionModel(**UNET)
        write("unet", UNet2DConditionModel, UNET, shapes(unet))
        write("vae", AutoencoderKL, VAE, shapes(AutoencoderKL(**VAE)))
        text = CLIPTextModel(CLIPTextConfig(**TEXT))
        write("text_encoder", CLIPTextModel, {"architectures": ["CLIPTextModel"], **TEXT}, shapes(text, "text_model."))
        text_2 = CLIPTextModelWithProjection(CLIPTextConfig(**TEXT_2))
        config_2 = {"architectures": ["CLIPTextModelWithProjection"], **TEXT_2}
        named = shapes(text_2, "text_model.", ("text_projection.",))
        write("text_encoder_2", CLIPTextModelWithProjection, config_2, named)
        vision = CLIPVisionModelWithProjection(CLIPVisionConfig(**VISION))
        named = shapes(vision, "vision_model.", ("visual_projection.",))
        write("image_encoder", CLIPVisionModelWithProjection, VISION, named)
        write("ms_adapter", Resampler, RESAMPLER, adapter_shapes(unet, Resampler(**RESAMPLER)))


if __name__ == "__main__":
    main()
