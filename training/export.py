"""Write the trained model as one folder in the official layouts: diffusers SDXL, transformers CLIP, MS-Diffusion's
adapter groups, and one LoRA file a relation. Weights are the averaged ones, float32 safetensors.

    python -m training.export --work WORK --out FOLDER
"""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path

import diffusers
from diffusers import EulerDiscreteScheduler
from safetensors.torch import save_file
from torch import Tensor
from transformers import CLIPImageProcessor, PreTrainedModel

from .relationbooth.attention import image_branch_state
from .toybox import config
from .toybox.base import load_base
from .toybox.card import model_card
from .toybox.clip import load_clip
from .toybox.clipself import load_local_encoder
from .toybox.latents import LatentSpace
from .toybox.vae import load_vae


def write_json(file: Path, value: object) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(value, indent=2) + "\n", "utf8")


def write_weights(file: Path, state: dict[str, Tensor]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    contiguous = {k: v.detach().float().cpu().contiguous().clone() for k, v in state.items()}
    save_file(contiguous, str(file), metadata={"format": "pt"})


def write_tower(folder: Path, model: PreTrainedModel, prefix: str) -> None:
    """A CLIP tower with the checkpoint names that every release of transformers wrote before it dropped the prefix."""
    settings = model.config.to_dict() | {"architectures": [type(model).__name__]}
    write_json(folder / "config.json", settings)
    state = model.state_dict()
    named = {k if k.startswith((prefix, "text_projection", "visual_projection")) else prefix + k: v for k, v in state.items()}
    write_weights(folder / "model.safetensors", named)


def export(work: Path, out: Path) -> None:
    temporary = out.with_name(out.name + ".part")
    shutil.rmtree(temporary, ignore_errors=True)
    base = load_base(work)
    for name in ("tokenizer", "tokenizer_2"):
        shutil.copytree(work / name, temporary / name)
    write_json(
        temporary / "scheduler" / "scheduler_config.json",
        {**EulerDiscreteScheduler(**config.SCHEDULER).config, "guidance_rescale": config.GUIDANCE_RESCALE},
    )

    vae, space = load_vae(work, fused=False), LatentSpace(work)
    vae.register_to_config(latents_mean=space.mean.flatten().tolist(), latents_std=space.std.flatten().tolist(), scaling_factor=1.0)
    vae.save_config(temporary / "vae")
    write_weights(temporary / "vae" / "diffusion_pytorch_model.safetensors", vae.state_dict())

    base.unet.save_config(temporary / "unet")
    unet = {k: v for k, v in base.unet.state_dict().items() if ".processor." not in k}
    write_weights(temporary / "unet" / "diffusion_pytorch_model.safetensors", unet)

    vision, text, text_2 = load_clip(work)
    write_tower(temporary / "text_encoder", text, "text_model.")
    write_tower(temporary / "text_encoder_2", text_2, "text_model.")
    towers = {"image_encoder": vision, "local_encoder": load_local_encoder(work)}
    for name, tower in towers.items():
        if tower is not None:
            write_tower(temporary / name, tower, "vision_model.")
            size = {"height": config.PHOTO, "width": config.PHOTO}
            # Not one of transformers' fields: the ground of cut-out photos, white as in a third of the training photos.
            ground = [255, 255, 255]
            processor = CLIPImageProcessor(size={"shortest_edge": config.PHOTO}, crop_size=size, photo_ground=ground)
            processor.save_pretrained(temporary / name)

    adapter = {f"image_proj.{k}": v for k, v in base.resampler.state_dict().items()}
    adapter |= {f"ms_adapter.{k}": v for k, v in image_branch_state(base.unet).items()}
    write_weights(temporary / "ms_adapter.safetensors", adapter)
    write_json(
        temporary / "adapter_config.json",
        {"resampler": config.RESAMPLER, "local_tokens": 16, "trained_scale": 1.0, "negative_prompt": ""},
    )
    for name in ("relation-loras", "few-steps"):
        if (work / name).exists():
            shutil.copytree(work / name, temporary / name)
    write_json(
        temporary / "model_index.json",
        {
            "_class_name": "StableDiffusionXLPipeline",
            "_diffusers_version": diffusers.__version__,
            "force_zeros_for_empty_prompt": False,
            "scheduler": ["diffusers", "EulerDiscreteScheduler"],
            "text_encoder": ["transformers", "CLIPTextModel"],
            "text_encoder_2": ["transformers", "CLIPTextModelWithProjection"],
            "tokenizer": ["transformers", "CLIPTokenizer"],
            "tokenizer_2": ["transformers", "CLIPTokenizer"],
            "unet": ["diffusers", "UNet2DConditionModel"],
            "vae": ["diffusers", "AutoencoderKL"],
            "image_encoder": ["transformers", "CLIPVisionModelWithProjection"],
            "feature_extractor": ["transformers", "CLIPImageProcessor"],
        },
    )
    (temporary / "README.md").write_text(model_card(work), "utf8")
    shutil.rmtree(out, ignore_errors=True)
    temporary.rename(out)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    export(arguments.work, arguments.out)


if __name__ == "__main__":
    main()
