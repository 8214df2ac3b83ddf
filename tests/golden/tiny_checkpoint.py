"""A small random checkpoint of SDXL's topology in the official layouts; imported by make_goldens.py.

Weights are drawn wide enough that every fault shows: a default initialisation would make text and image branches
nearly invisible. They are rounded to the precision in which they are saved, so that float32 arithmetic on the file
and on the modules is the same.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import torch
from diffusers import AutoencoderKL, EulerDiscreteScheduler, UNet2DConditionModel
from PIL import Image
from safetensors.torch import save_file
from torch import Tensor, nn
from transformers import (
    CLIPImageProcessorPil,
    CLIPTextConfig,
    CLIPTextModel,
    CLIPTextModelWithProjection,
    CLIPTokenizer,
    CLIPVisionConfig,
    CLIPVisionModelWithProjection,
)

from training.relationbooth.resampler import Resampler
from training.toybox.tokenizer import END, START, byte_alphabet, count_words, learn_merges

MERGES = 110
VOCABULARY = 2 * 256 + MERGES + 2
CORPUS = """
a bear is hugging a rabbit. the rabbit rides a small horse, and two dogs are shaking hands!
an orange cat with a blue scarf; the plush bear's hat. it's raining on 3 toy robots
best quality, high quality, photo of a dog riding a bicycle in the park, 2 birds watching them dancing together
"""

TEXT = {
    "vocab_size": VOCABULARY,
    "hidden_size": 32,
    "num_hidden_layers": 3,
    "num_attention_heads": 2,
    "intermediate_size": 64,
    "projection_dim": 32,
    "hidden_act": "quick_gelu",
    "bos_token_id": VOCABULARY - 2,
    "eos_token_id": 2,  # as in SDXL: the pooled state is read at the largest id
    "pad_token_id": VOCABULARY - 1,
}
TEXT_2 = {
    **TEXT,
    "hidden_size": 48,
    "num_attention_heads": 3,
    "intermediate_size": 96,
    "projection_dim": 40,
    "hidden_act": "gelu",
    "pad_token_id": 0,
}
VISION = {
    "hidden_size": 48,
    "num_hidden_layers": 3,
    "num_attention_heads": 3,
    "intermediate_size": 96,
    "projection_dim": 40,
    "image_size": 32,
    "patch_size": 4,
    "hidden_act": "gelu",
}
CONTEXT = TEXT["hidden_size"] + TEXT_2["hidden_size"]
RESAMPLER = {
    "dim": 32,
    "depth": 2,
    "dim_head": 16,
    "heads": 2,
    "num_queries": 16,
    "embedding_dim": VISION["hidden_size"],
    "output_dim": CONTEXT,
    "ff_mult": 4,
    "phrase_embeddings_dim": TEXT["hidden_size"],
}
UNET = {
    "sample_size": 16,
    "in_channels": 4,
    "out_channels": 4,
    "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
    "up_block_types": ("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
    "block_out_channels": (8, 16, 32),
    "layers_per_block": 2,
    "transformer_layers_per_block": (1, 1, 2),
    "attention_head_dim": (1, 2, 4),
    "cross_attention_dim": CONTEXT,
    "use_linear_projection": True,
    "addition_embed_type": "text_time",
    "addition_time_embed_dim": 8,
    "projection_class_embeddings_input_dim": TEXT_2["projection_dim"] + 6 * 8,
    "norm_num_groups": 8,
}
VAE = {
    "down_block_types": ("DownEncoderBlock2D",) * 4,
    "up_block_types": ("UpDecoderBlock2D",) * 4,
    "block_out_channels": (8, 8, 16, 16),
    "layers_per_block": 1,
    "latent_channels": 4,
    "norm_num_groups": 4,
    "sample_size": 128,
    "scaling_factor": 0.13025,
}
SCHEDULER = {
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
    "num_train_timesteps": 1000,
    "prediction_type": "epsilon",
    "steps_offset": 1,
    "timestep_spacing": "leading",
}
DUMMIES = 4
# Standard deviation of a weight times the square root of its inputs. Soft attention and PyTorch's default elsewhere
# keep thirty guided steps from amplifying rounding; strong values and outputs make cross-attention count.
QUERY_KEY_GAIN, VALUE_OUT_GAIN, UNET_GAIN = 0.6, 2.0, 0.577


@dataclass
class Networks:
    tokenizers: tuple[CLIPTokenizer, CLIPTokenizer]
    text_encoder: CLIPTextModel
    text_encoder_2: CLIPTextModelWithProjection
    image_encoder: CLIPVisionModelWithProjection
    local_encoder: CLIPVisionModelWithProjection
    resampler: Resampler
    adapter: dict[str, Tensor]
    dummies: Tensor
    unet: UNet2DConditionModel
    vae: AutoencoderKL
    preprocessor: CLIPImageProcessorPil


def cross_attention_gain(name: str) -> float:
    return QUERY_KEY_GAIN if "to_q" in name or "to_k" in name else VALUE_OUT_GAIN


@torch.no_grad()
def randomize(module: nn.Module, seed: int) -> None:
    """Draw every parameter so that signals keep their size and no part is neutral."""
    generator = torch.Generator().manual_seed(seed)
    for name, parameter in sorted(module.named_parameters()):
        noise = torch.randn(parameter.shape, generator=generator)
        if parameter.ndim > 1:
            embedding = "embedding" in name and "patch" not in name and "linear" not in name
            parameter.copy_(noise if embedding else noise / parameter[0].numel() ** 0.5)
            if isinstance(module, UNet2DConditionModel):
                parameter.mul_(cross_attention_gain(name) if "attn2" in name else UNET_GAIN)
        else:
            parameter.copy_(0.1 * noise + (1 if name.endswith("weight") else 0))


def rounded(module: nn.Module, seed: int, dtype: torch.dtype) -> nn.Module:
    """`module` with random weights that `dtype` holds exactly, in float32 and for inference."""
    randomize(module, seed)
    return module.to(dtype).float().eval().requires_grad_(False)


def write_tokenizers(folder: Path) -> tuple[CLIPTokenizer, CLIPTokenizer]:
    alphabet = byte_alphabet()
    merges = learn_merges(count_words([CORPUS]), MERGES)
    tokens = [*alphabet, *(a + "</w>" for a in alphabet), *("".join(pair) for pair in merges), START, END]
    assert len(tokens) == len(set(tokens)) == VOCABULARY
    for name, pad in (("tokenizer", END), ("tokenizer_2", "!")):
        target = folder / name
        target.mkdir(parents=True)
        target.joinpath("vocab.json").write_text(json.dumps({t: i for i, t in enumerate(tokens)}, ensure_ascii=False))
        target.joinpath("merges.txt").write_text("\n".join(["#version: 0.2", *map(" ".join, merges)]) + "\n")
        special = {"bos_token": START, "eos_token": END, "unk_token": END, "pad_token": pad}
        settings = {"tokenizer_class": "CLIPTokenizer", "model_max_length": 77, "do_lower_case": True, **special}
        target.joinpath("tokenizer_config.json").write_text(json.dumps(settings, indent=2))
        target.joinpath("special_tokens_map.json").write_text(json.dumps(special, indent=2))
    return (CLIPTokenizer.from_pretrained(folder / "tokenizer"), CLIPTokenizer.from_pretrained(folder / "tokenizer_2"))


def write_module(folder: Path, module, dtype: torch.dtype) -> None:
    """`save_pretrained` of a diffusers or transformers module in a narrower type; the module stays as it is."""
    module.to(dtype).save_pretrained(folder)
    module.float()


def make_checkpoint(folder: Path) -> Networks:
    shutil.rmtree(folder, ignore_errors=True)
    tokenizers = write_tokenizers(folder)
    text = rounded(CLIPTextModel(CLIPTextConfig(**TEXT)), 1, torch.float32)
    text_2 = rounded(CLIPTextModelWithProjection(CLIPTextConfig(**TEXT_2)), 2, torch.float32)
    vision = rounded(CLIPVisionModelWithProjection(CLIPVisionConfig(**VISION)), 3, torch.bfloat16)
    local = rounded(CLIPVisionModelWithProjection(CLIPVisionConfig(**VISION)), 4, torch.bfloat16)
    resampler = rounded(Resampler(**RESAMPLER), 5, torch.float32)
    unet = rounded(UNet2DConditionModel(**UNET), 6, torch.float16)
    vae = rounded(AutoencoderKL(**VAE), 7, torch.float16)

    generator = torch.Generator().manual_seed(8)
    adapter = {}
    for index, name in enumerate(unet.attn_processors):
        if ".attn2." in name:
            shape = unet.get_submodule(name.removesuffix(".processor")).to_k.weight.shape
            for kind in ("to_k_ip", "to_v_ip"):
                weight = torch.randn(shape, generator=generator) / shape[1] ** 0.5
                adapter[f"{index}.{kind}.weight"] = cross_attention_gain(kind) * weight
    dummies = torch.randn((DUMMIES, CONTEXT), generator=generator)

    write_module(folder / "text_encoder", text, torch.float32)
    write_module(folder / "text_encoder_2", text_2, torch.float32)
    write_module(folder / "image_encoder", vision, torch.bfloat16)
    write_module(folder / "local_encoder", local, torch.bfloat16)
    write_module(folder / "unet", unet, torch.float16)
    write_module(folder / "vae", vae, torch.float16)
    EulerDiscreteScheduler(**SCHEDULER).save_pretrained(folder / "scheduler")
    size = VISION["image_size"]
    preprocessor = CLIPImageProcessorPil(size={"shortest_edge": size}, crop_size={"height": size, "width": size})
    for name in ("image_encoder", "local_encoder"):
        preprocessor.save_pretrained(folder / name)
    groups = {f"image_proj.{k}": v for k, v in resampler.state_dict().items()}
    groups |= {f"ms_adapter.{k}": v for k, v in adapter.items()}
    save_file({**groups, "dummy_image_tokens": dummies[None]}, folder / "ms_adapter.safetensors")
    settings = {"resampler": RESAMPLER, "local_tokens": 16, "trained_scale": 1.0, "negative_prompt": ""}
    (folder / "adapter_config.json").write_text(json.dumps(settings, indent=2) + "\n")
    parts = {
        "scheduler": ["diffusers", "EulerDiscreteScheduler"],
        "text_encoder": ["transformers", "CLIPTextModel"],
        "text_encoder_2": ["transformers", "CLIPTextModelWithProjection"],
        "tokenizer": ["transformers", "CLIPTokenizer"],
        "tokenizer_2": ["transformers", "CLIPTokenizer"],
        "unet": ["diffusers", "UNet2DConditionModel"],
        "vae": ["diffusers", "AutoencoderKL"],
        "image_encoder": ["transformers", "CLIPVisionModelWithProjection"],
        "feature_extractor": ["transformers", "CLIPImageProcessor"],
    }
    index = {"_class_name": "StableDiffusionXLPipeline", "force_zeros_for_empty_prompt": False, **parts}
    (folder / "model_index.json").write_text(json.dumps(index, indent=2) + "\n")
    return Networks(
        tokenizers, text, text_2, vision, local, resampler, adapter, dummies, unet, vae, preprocessor
    )


def make_photos(folder: Path) -> list[Path]:
    """Four small pictures of different shapes: gradients, a disc, stripes, noise."""
    folder.mkdir(parents=True, exist_ok=True)
    generator = torch.Generator().manual_seed(9)
    files = []
    for number, (width, height) in enumerate([(64, 64), (72, 48), (40, 56), (33, 33)], start=1):
        y, x = torch.meshgrid(torch.linspace(0, 1, height), torch.linspace(0, 1, width), indexing="ij")
        colours = torch.rand((3, 3), generator=generator)
        picture = colours[0] * x[..., None] + colours[1] * (1 - y[..., None])
        disc = (x - 0.4) ** 2 + (y - 0.1 * number - 0.2) ** 2 < 0.06
        picture[disc] = colours[2]
        picture[(x * 3 * number).long() % 3 == 0] *= 0.6
        if number == 4:
            picture += 0.3 * torch.rand(picture.shape, generator=generator)
        file = folder / f"photo-{number}.png"
        Image.fromarray((picture.clamp(0, 1) * 255).round().to(torch.uint8).numpy()).save(file, optimize=True)
        files.append(file)
    return files
