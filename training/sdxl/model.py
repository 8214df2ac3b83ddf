"""Opens SDXL and MS-Diffusion's identity branch from their official files, and what the LoRA trainer keeps of them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import torch
from diffusers import AutoencoderKL, EulerDiscreteScheduler, UNet2DConditionModel
from diffusers.utils import is_accelerate_available
from PIL import Image
from safetensors.torch import load_file
from torch import Tensor, nn
from transformers import (
    CLIPImageProcessorPil,
    CLIPTextModel,
    CLIPTextModelWithProjection,
    CLIPTokenizer,
    CLIPVisionModelWithProjection,
)

from ..relationbooth.device import device
from ..relationbooth.local_tokens import photo_tokens
from ..relationbooth.resampler import Resampler
from ..toybox.loop import take
from .triplets import read_pickle

FREQUENCIES = 8
DIM_HEAD = 64  # of the published Resampler; other sizes can be read off its tensors
PHOTO = 512  # photos are squashed to this square before the image processor, as in MS-Diffusion's inference
PREDICTIONS = ("epsilon", "v_prediction")


@dataclass(frozen=True)
class Files:
    """Where the model lies. `local_encoder` is the self-distilled tower; without it the image encoder stands in."""

    base: Path
    adapter: Path
    image_encoder: Path
    local_encoder: Path | None = None
    local_tokens: bool = True
    variant: str | None = None

    def check(self) -> None:
        """Raises FileNotFoundError for a part that is missing."""
        parts = ("unet", "vae", "text_encoder", "text_encoder_2", "tokenizer", "tokenizer_2", "scheduler")
        for part in parts:
            if not (self.base / part).is_dir():
                raise FileNotFoundError(f"{self.base}: no folder {part}; expected a diffusers SDXL folder with {', '.join(parts)}")
        for path in (self.adapter, self.image_encoder, self.local_encoder):
            if path is not None and not path.exists():
                raise FileNotFoundError(f"{path}: not found")


def read_scheduler(base: Path) -> tuple[Tensor, str]:
    """ᾱ of every timestep, and what the U-Net predicts."""
    scheduler = EulerDiscreteScheduler.from_pretrained(base / "scheduler")
    prediction = scheduler.config.prediction_type
    if prediction not in PREDICTIONS:
        raise ValueError(f"{base / 'scheduler'}: prediction_type {prediction}; expected one of {', '.join(PREDICTIONS)}")
    return scheduler.alphas_cumprod.float(), prediction


def read_sizes(files: Files) -> tuple[int, int, int]:
    """Pixels a latent, levels of the U-Net, and the side of the latents it was trained on."""
    unet, vae = UNet2DConditionModel.load_config(files.base / "unet"), AutoencoderKL.load_config(files.base / "vae")
    return 2 ** (len(vae["block_out_channels"]) - 1), len(unet["block_out_channels"]), unet["sample_size"]


def read_adapter(file: Path) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """The groups `image_proj` and `ms_adapter` of ms_adapter.bin or its safetensors form."""
    if file.suffix == ".safetensors":
        tensors = load_file(str(file))
        groups = take(tensors, "image_proj."), take(tensors, "ms_adapter.")
    else:
        loaded = read_pickle(file)
        groups = tuple(loaded.get(name, {}) for name in ("image_proj", "ms_adapter")) if isinstance(loaded, dict) else ({}, {})
    if not all(groups):
        raise ValueError(f"{file}: expected the groups image_proj and ms_adapter of an MS-Diffusion adapter")
    return groups


def read_resampler(file: Path, state: dict[str, Tensor]) -> Resampler:
    """Sizes come from the tensors; the heads' from adapter_config.json beside `file` where there is one."""
    settings = file.with_name("adapter_config.json")
    dim_head = json.loads(settings.read_text("utf8"))["resampler"]["dim_head"] if settings.exists() else DIM_HEAD
    try:
        inner, dim = state["layers.0.0.to_q.weight"].shape
        resampler = Resampler(
            dim,
            len({key.split(".")[1] for key in state if key.startswith("layers.")}),
            dim_head,
            inner // dim_head,
            state["grounding_latents"].shape[1],
            embedding_dim=state["proj_in.weight"].shape[1],
            output_dim=state["proj_out.weight"].shape[0],
            ff_mult=state["layers.0.1.1.weight"].shape[0] // dim,
            phrase_embeddings_dim=state["latent_proj.0.weight"].shape[1] - 8 * FREQUENCIES,
        )
        resampler.load_state_dict({k: v.float() for k, v in state.items()})
    except (KeyError, RuntimeError) as error:
        raise ValueError(f"{file}: image_proj is no grounding Resampler of MS-Diffusion ({error})") from error
    return resampler.requires_grad_(False).eval()


def pretrained(kind: type, folder: Path, variant: str | None, dtype: torch.dtype) -> nn.Module:
    """A network of the official libraries from a local folder, frozen, on the device."""
    official = issubclass(kind, UNet2DConditionModel | AutoencoderKL)
    named = {"torch_dtype": dtype, "low_cpu_mem_usage": is_accelerate_available()} if official else {"dtype": dtype}
    if variant is not None:
        named["variant"] = variant
    model = kind.from_pretrained(folder, local_files_only=True, **named)
    return model.to(device()).requires_grad_(False).eval()


class TextEncoders:
    """Both towers, for as long as captions are encoded."""

    def __init__(self, files: Files, dtype: torch.dtype) -> None:
        self.tokenizers = [CLIPTokenizer.from_pretrained(files.base / name) for name in ("tokenizer", "tokenizer_2")]
        self.first = pretrained(CLIPTextModel, files.base / "text_encoder", files.variant, dtype)
        self.second = pretrained(CLIPTextModelWithProjection, files.base / "text_encoder_2", files.variant, dtype)

    def ids(self, which: int, text: str) -> Tensor:
        tokenizer = self.tokenizers[which]
        length = tokenizer.model_max_length
        return tokenizer(text, padding="max_length", truncation=True, max_length=length, return_tensors="pt").input_ids.to(device())

    @torch.no_grad()
    def caption(self, text: str) -> tuple[Tensor, Tensor]:
        """Context [77,C] and pooled text [P], float32."""
        first = self.first(input_ids=self.ids(0, text), output_hidden_states=True).hidden_states[-2]
        second = self.second(input_ids=self.ids(1, text), output_hidden_states=True)
        return torch.cat((first, second.hidden_states[-2]), dim=-1)[0].float(), second.text_embeds[0].float()

    @torch.no_grad()
    def phrase(self, text: str) -> Tensor:
        """Pooled state of the first tower."""
        return self.first(input_ids=self.ids(0, text)).pooler_output[0].float()


class PhotoEncoder:
    """Global and local tokens of photos."""

    def __init__(self, files: Files, dtype: torch.dtype) -> None:
        self.vision = pretrained(CLIPVisionModelWithProjection, files.image_encoder, None, dtype)
        local = files.local_encoder
        self.local = None if local is None else pretrained(CLIPVisionModelWithProjection, local, None, dtype)
        side = self.vision.config.image_size
        described = (files.image_encoder / "preprocessor_config.json").exists()
        square = {"size": {"shortest_edge": side}, "crop_size": {"height": side, "width": side}}
        self.processor = CLIPImageProcessorPil.from_pretrained(files.image_encoder) if described else CLIPImageProcessorPil(**square)
        self.with_local = files.local_tokens

    @torch.no_grad()
    def __call__(self, photos: tuple[Image.Image, ...]) -> Tensor:
        """[N,L,D], float32"""
        squares = [photo.resize((PHOTO, PHOTO), Image.Resampling.BICUBIC) for photo in photos]
        seen = self.processor(squares, return_tensors="pt").pixel_values.to(device(), self.vision.dtype)
        return photo_tokens(self.vision, seen, self.local, self.with_local).float()


class LatentEncoder:
    """Pictures to normalised latents, in float32: SDXL's own autoencoder overflows in float16."""

    def __init__(self, files: Files) -> None:
        self.vae = pretrained(AutoencoderKL, files.base / "vae", files.variant, torch.float32)

    @torch.no_grad()
    def __call__(self, picture: Image.Image, side: int) -> Tensor:
        """A picture, squashed to a square of `side` pixels → [C,side/stride,side/stride], as the U-Net sees it."""
        config = self.vae.config
        square = picture.resize((side, side), Image.Resampling.LANCZOS)
        values = torch.frombuffer(bytearray(square.tobytes()), dtype=torch.uint8).view(side, side, 3)
        pixels = values.to(device()).permute(2, 0, 1).float() / 127.5 - 1
        latents = self.vae.encode(pixels[None]).latent_dist.mean[0]
        if config.latents_mean is not None and config.latents_std is not None:
            mean, std = (torch.tensor(v, device=device()).view(-1, 1, 1) for v in (config.latents_mean, config.latents_std))
            latents = (latents - mean) / std
        return latents * config.scaling_factor


def open_unet(files: Files, dtype: torch.dtype) -> UNet2DConditionModel:
    return pretrained(UNet2DConditionModel, files.base / "unet", files.variant, dtype)
