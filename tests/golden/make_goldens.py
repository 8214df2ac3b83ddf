"""Golden values of every stage of the engine, from diffusers, transformers and the literal method in reference.py.

Run from the repository's root:

    python tests/golden/make_goldens.py

Needs torch 2.13.0, diffusers 0.42.1, transformers 5.23.0, peft 0.21.2, Pillow. Seeds are fixed and one thread is used.
Writes tests/golden/tiny (a random checkpoint in the official layouts) and tests/golden/data (expected values;
sampling.json there belongs to make_sampling_goldens.py). It also checks training/relationbooth against the literal
method, and diffusers' LoRA loaders against each other, and fails if they disagree.
"""

from __future__ import annotations

import copy
import json
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

import diffusers
import numpy as np
import peft
import PIL
import torch
import transformers
from diffusers import EulerDiscreteScheduler, StableDiffusionXLPipeline, UNet2DConditionModel
from PIL import Image
from safetensors.torch import save_file
from torch import Tensor

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]
import reference  # noqa: E402
from golden_cases import CASES, PROMPTS, STEP, STEPS  # noqa: E402
from lora_files import RANK, Updates, draw_updates, write_formats, write_lora  # noqa: E402
from reference import Conditions, Text  # noqa: E402
from tiny_checkpoint import Networks, make_checkpoint, make_photos  # noqa: E402

from training.relationbooth import attention as trained_attention  # noqa: E402
from training.relationbooth import local_tokens as trained_local  # noqa: E402

TINY = Path(__file__).parent / "tiny"
DATA = Path(__file__).parent / "data"
LORAS = {"hugging": (20, 0.5), "riding": (21, 0.5)}
AGREEMENT = 2e-5


def save(file: str, tensors: dict[str, Tensor]) -> None:
    target = DATA / file
    target.parent.mkdir(parents=True, exist_ok=True)
    save_file({name: tensor.detach().contiguous().clone() for name, tensor in tensors.items()}, target)


def relative(actual: Tensor, expected: Tensor) -> float:
    return float((actual - expected).abs().max() / expected.abs().max())


def ids_of(networks: Networks, text: str, which: int) -> Tensor:
    tokenizer = networks.tokenizers[which]
    return tokenizer(text, padding="max_length", truncation=True, max_length=77, return_tensors="pt").input_ids


def tokenizer_goldens(networks: Networks) -> None:
    rows = []
    for text in PROMPTS:
        whole = networks.tokenizers[0](text).input_ids
        rows.append({"text": text, "length": len(whole), "ids": [ids_of(networks, text, k)[0].tolist() for k in (0, 1)]})
    (DATA / "tokens.json").write_text(json.dumps(rows) + "\n")


def preprocess(networks: Networks, photo: Path) -> Tensor:
    """[1,3,S,S]: squashed to 512×512 by Pillow's bicubic filter, then CLIP's own preprocessing."""
    squashed = Image.open(photo).convert("RGB").resize((512, 512))
    return networks.preprocessor(images=squashed, return_tensors="pt").pixel_values


@dataclass
class Encoded:
    hidden: Tensor
    local: Tensor


def encode_photos(networks: Networks, photos: list[Path]) -> dict[str, Encoded]:
    encoded, stages = {}, {}
    for photo in photos:
        pixels = preprocess(networks, photo)
        seen = networks.image_encoder(pixels, output_hidden_states=True)
        hidden = seen.hidden_states[-2]
        other = networks.local_encoder(pixels, output_hidden_states=True).hidden_states[-2]
        local = reference.local_tokens(networks.local_encoder, other)
        stock = reference.local_tokens(networks.image_encoder, hidden)
        encoded[photo.name] = Encoded(hidden, local)
        values = {"pixels": pixels, "hidden": hidden, "local": local, "stockLocal": stock, "embeds": seen.image_embeds}
        stages |= {f"{photo.name}/{key}": value for key, value in values.items()}
        trained = trained_local.photo_tokens(networks.image_encoder, pixels, networks.local_encoder)
        assert relative(trained, torch.cat((hidden, local), dim=1)) < AGREEMENT
    save("photos.safetensors", stages)
    return encoded


def large_photo_goldens(networks: Networks) -> None:
    """A photo of twice the trained size, whose position embeddings are resized as transformers does it."""
    encoder = networks.local_encoder
    side = 2 * encoder.config.image_size
    pixels = torch.randn((1, 3, side, side), generator=torch.Generator().manual_seed(7))
    seen = encoder(pixels, output_hidden_states=True, interpolate_pos_encoding=True)
    hidden = seen.hidden_states[-2]
    local = reference.local_tokens(encoder, hidden)
    save("large-photo.safetensors", {"pixels": pixels, "hidden": hidden, "local": local})


def encode_text(networks: Networks, text: str) -> dict[str, Tensor]:
    first = networks.text_encoder(ids_of(networks, text, 0), output_hidden_states=True)
    second = networks.text_encoder_2(ids_of(networks, text, 1), output_hidden_states=True)
    return {
        "hidden": first.hidden_states[-2],
        "pooled": first.pooler_output,
        "hidden_2": second.hidden_states[-2],
        "pooled_2": second.text_embeds,
    }


def text_goldens(networks: Networks) -> None:
    texts = [CASES["two"]["prompt"], "dog", ""]
    stages = {f"{i}/{key}": value for i, text in enumerate(texts) for key, value in encode_text(networks, text).items()}
    save("text.safetensors", stages)
    (DATA / "text.json").write_text(json.dumps(texts) + "\n")


def load_lora(unet: UNet2DConditionModel, folder: Path, name: str) -> None:
    """Through diffusers' own reader, whatever the format."""
    state, alphas, metadata = StableDiffusionXLPipeline.lora_state_dict(
        folder, weight_name=name, unet_config=unet.config, return_lora_metadata=True
    )
    adapter = folder.name.replace("-", "_")
    StableDiffusionXLPipeline.load_lora_into_unet(state, alphas, unet, adapter_name=adapter, metadata=metadata)


def lora_goldens(unet: UNet2DConditionModel) -> None:
    """Write the files, and check that diffusers reads the same update from every format that it knows."""
    updates: dict[str, Updates] = {}
    for name, (seed, size) in LORAS.items():
        updates[name] = draw_updates(unet, seed, size)
        write_lora(TINY / "relation-loras" / name / "pytorch_lora_weights.safetensors", updates[name])
    write_formats(DATA / "lora", updates["hugging"], unet.config.layers_per_block)
    read = [
        (TINY / "relation-loras" / "hugging", "pytorch_lora_weights.safetensors"),
        (DATA / "lora" / "diffusers-peft", "pytorch_lora_weights.safetensors"),
        (DATA / "lora" / "kohya-diffusers", "lora.safetensors"),
        (DATA / "lora" / "kohya-sgm", "lora.safetensors"),
    ]
    for folder, name in read:
        copied = copy.deepcopy(unet)
        load_lora(copied, folder, name)
        adapter = folder.name.replace("-", "_")
        for path, (down, up) in updates["hugging"].items():
            layer = copied.get_submodule(path)
            assert relative(layer.get_delta_weight(adapter), up @ down) < AGREEMENT, (folder, path)


def prepare_unet(networks: Networks, loras: list[dict]) -> UNet2DConditionModel:
    unet = copy.deepcopy(networks.unet)
    for lora in loras:
        load_lora(unet, TINY / "relation-loras" / lora["lora"], "pytorch_lora_weights.safetensors")
    if loras:
        unet.set_adapters([lora["lora"] for lora in loras], [lora["weight"] for lora in loras])
    reference.attach(unet, networks.adapter)
    return unet


def check_training(networks: Networks, sample: Tensor, text: Text, image: Conditions) -> None:
    """training/relationbooth's attention gives the literal method's prediction of the conditional row."""
    sample, text = sample[-1:], Text(text.context[-1:], text.pooled[-1:], text.time_ids[-1:])
    expected = reference.predict(prepare_unet(networks, []), sample, 500.0, text, image)
    unet = copy.deepcopy(networks.unet)
    trained_attention.attach_masked_attention(unet, networks.adapter)
    height, width = image.latent
    sizes = [(height >> level, width >> level) for level in range(3)]
    arguments = {
        "image_tokens": image.object_tokens[None],
        "masks": trained_attention.object_masks(torch.tensor(image.boxes)[None], sizes),
        "image_scale": image.scale,
    }
    added = {"text_embeds": text.pooled, "time_ids": text.time_ids}
    actual = unet(sample, 500.0, text.context, added_cond_kwargs=added, cross_attention_kwargs=arguments).sample
    difference = relative(actual, expected)
    print(f"training/relationbooth against the literal method: {difference:.1e}")
    assert difference < AGREEMENT


def case_text(networks: Networks, case: dict) -> Text:
    texts = [case["negativePrompt"], case["prompt"]] if case["guidance"] > 1 else [case["prompt"]]
    encoded = [encode_text(networks, text) for text in texts]
    context = torch.cat([torch.cat((e["hidden"], e["hidden_2"]), dim=2) for e in encoded])
    height, width = case["height"], case["width"]
    time_ids = torch.tensor([[height, width, 0, 0, height, width]], dtype=torch.float32)
    return Text(context, torch.cat([e["pooled_2"] for e in encoded]), time_ids.expand(len(texts), -1))


def case_objects(networks: Networks, encoded: dict[str, Encoded], case: dict) -> Tensor:
    tokens = []
    for thing in case["objects"]:
        photo = encoded[thing["image"]]
        parts = (photo.hidden, photo.local) if case["localTokens"] else (photo.hidden,)
        phrase = encode_text(networks, thing["phrase"])["pooled"]
        tokens.append(networks.resampler(torch.cat(parts, dim=1), phrase, torch.tensor([thing["box"]])))
    return torch.cat(tokens) if tokens else torch.zeros(0, 16, networks.unet.config.cross_attention_dim)


def keys_and_values(networks: Networks, unet: UNet2DConditionModel, text: Text, objects: Tensor) -> dict[str, Tensor]:
    """Per layer, channels not yet split into heads: text rows [77,C] with LoRA, image rows [16N,C]."""
    values = {}
    for index, name in enumerate(unet.attn_processors):
        if ".attn2." not in name:
            continue
        path = name.removesuffix(".processor")
        flat = objects.flatten(0, 1)
        for kind in ("to_k", "to_v"):
            values[f"kv/{path}/{kind}"] = unet.get_submodule(f"{path}.{kind}")(text.context[-1])
            values[f"kv/{path}/{kind}_ip"] = flat @ networks.adapter[f"{index}.{kind}_ip.weight"].T
    return values


def decode(networks: Networks, latents: Tensor, changes: dict) -> Tensor:
    """As in diffusers' SDXL pipeline: a configuration may hold statistics of each channel."""
    config = {**networks.vae.config, **changes}
    latents = latents / config["scaling_factor"]
    if config["latents_mean"] is not None:
        mean, std = (torch.tensor(config[key]).view(1, -1, 1, 1) for key in ("latents_mean", "latents_std"))
        latents = latents * std + mean
    return networks.vae.decode(latents).sample


def case_goldens(networks: Networks, encoded: dict[str, Encoded], name: str, case: dict, seed: int) -> None:
    text, objects = case_text(networks, case), case_objects(networks, encoded, case)
    unet = prepare_unet(networks, case["relation"])
    factor = 2 ** (len(networks.vae.config.block_out_channels) - 1)
    latent = (case["height"] // factor, case["width"] // factor)
    noise = torch.randn((1, unet.config.in_channels, *latent), generator=torch.Generator().manual_seed(seed))
    boxes = [tuple(thing["box"]) for thing in case["objects"]]
    weights = [thing["weight"] for thing in case["objects"]]
    image = Conditions(objects, boxes, weights, case["identityScale"], networks.dummies, latent)

    scheduler = EulerDiscreteScheduler.from_pretrained(TINY / "scheduler", **case["scheduler"])
    samples = reference.denoise(unet, scheduler, noise, STEPS, case["guidance"], text, image)
    scheduler.set_timesteps(STEPS)
    timestep = scheduler.timesteps[STEP]
    scheduler._step_index = STEP
    sample = scheduler.scale_model_input(samples[STEP : STEP + 1], timestep).expand(len(text.context), -1, -1, -1)
    tensors = {
        "noise": noise,
        "context": text.context,
        "pooled": text.pooled,
        "timeIds": text.time_ids.clone(),
        "step.sample": sample,
        "step.timestep": timestep.float()[None],
        "step.prediction": reference.predict(unet, sample, timestep, text, image),
        "samples": samples,
    }
    if boxes:
        tensors["objectTokens"] = objects
    if case["saveKeys"]:
        tensors |= keys_and_values(networks, unet, text, objects)
        check_training(networks, sample, text, image)
    if case["saveImage"]:
        tensors["image"] = decode(networks, samples[-1:], case["vae"])
    save(f"cases/{name}.safetensors", tensors)
    sensitivity(networks, name, case, unet, scheduler, noise, text, image, samples[-1:])


def sensitivity(networks, name, case, unet, scheduler, noise, text, image, expected) -> None:
    """Print how far the last latents move when one thing is wrong; the engine's tests measure the same."""
    if not image.boxes:
        return
    swapped = copy.copy(image)
    swapped.object_tokens = image.object_tokens.flip(0)
    weaker = copy.copy(image)
    weaker.scale = image.scale * 5 / 6
    untimed = Text(text.context, text.pooled, text.time_ids * 0.9)
    faults = {"swapped": (unet, text, swapped), "γ·5/6": (unet, text, weaker), "time_ids·0.9": (unet, untimed, image)}
    if case["relation"]:
        half = [{**lora, "weight": lora["weight"] / 2} for lora in case["relation"]]
        faults["half LoRA"] = (prepare_unet(networks, half), text, image)
    nudged = noise * (1 + 1e-6)
    again = reference.denoise(unet, scheduler, nudged, STEPS, case["guidance"], text, image)[-1:]
    print(f"{name}: a change of 1e-6 in the noise becomes {relative(again, expected):.1e}")
    moved = {
        key: relative(reference.denoise(model, scheduler, noise, STEPS, case["guidance"], t, i)[-1:], expected)
        for key, (model, t, i) in faults.items()
    }
    print(name, f"max {float(expected.abs().max()):.2f}", {key: f"{value:.1e}" for key, value in moved.items()})


def main() -> None:
    torch.set_num_threads(1)
    torch.set_grad_enabled(False)
    for part in ("cases", "lora", "photos"):
        shutil.rmtree(DATA / part, ignore_errors=True)
    networks = make_checkpoint(TINY)
    tokenizer_goldens(networks)
    text_goldens(networks)
    encoded = encode_photos(networks, make_photos(DATA / "photos"))
    large_photo_goldens(networks)
    lora_goldens(networks.unet)
    for seed, (name, case) in enumerate(CASES.items(), start=100):
        case_goldens(networks, encoded, name, case, seed)
    (DATA / "cases.json").write_text(json.dumps({"steps": STEPS, "step": STEP, "cases": CASES}, indent=1) + "\n")
    versions = {module.__name__: module.__version__ for module in (torch, diffusers, transformers, peft, np, PIL)}
    (DATA / "versions.json").write_text(json.dumps(versions, indent=2) + "\n")
    files = [file for folder in (TINY, DATA) for file in folder.rglob("*") if file.is_file()]
    print(f"{len(files)} files, {sum(file.stat().st_size for file in files):,} bytes, LoRA rank {RANK}")


if __name__ == "__main__":
    main()
