"""A U-Net as `torch.onnx.export` writes it, for measuring the engine's own graph beside it.

`npm run bench` runs it; by hand:

    python tests/golden/export_unet.py FOLDER

FOLDER holds config.json of a diffusers `UNet2DConditionModel`, weights.safetensors under the engine's names (the
U-Net's, and `….attn2.to_k_ip.weight`, `….attn2.to_v_ip.weight` of the image branch) and inputs.safetensors: sample
[B,C,h,w], timestep [1], context [B,77,D], pooled [B,P], timeIds [B,6], objectTokens [N,16,D], boxes [N,4]. The graph is the usual one:
weights as they are, keys and values of text and photos computed at every step, PyTorch's own attention for the text.
Writes FOLDER/plain.onnx, FOLDER/prediction.npy and, once the prediction equals that of reference.py's literal
attention, FOLDER/versions.json. Needs torch 2.13.0, diffusers 0.42.1, onnx,
onnxscript.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import diffusers
import numpy as np
import onnx
import torch
from diffusers import UNet2DConditionModel
from diffusers.models.attention_processor import AttnProcessor2_0
from reference import MASKED, Conditions, Text, box_mask, predict
from reference import attach as attach_literal
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

OPSET = 20
SCALE = 0.6
# Sums in another order. One wrong cell in the largest mask shows at 5e-2 and more in random networks of 2 to 5 blocks.
TOLERANCE = 2e-5


class ImageBranch:
    """MS-Diffusion's processor: text attention plus masked attention to the objects in the conditional row."""

    def __init__(self, to_k_ip: Tensor, to_v_ip: Tensor, bias: Tensor, gain: Tensor) -> None:
        self.to_k_ip, self.to_v_ip, self.bias, self.gain = to_k_ip, to_v_ip, bias, gain

    def __call__(self, attn, hidden_states, encoder_hidden_states, attention_mask=None, objects=None) -> Tensor:
        def heads(x: Tensor) -> Tensor:
            return x.reshape(x.shape[0], x.shape[1], attn.heads, -1).transpose(1, 2)

        query = heads(attn.to_q(hidden_states))
        key, value = heads(attn.to_k(encoder_hidden_states)), heads(attn.to_v(encoder_hidden_states))
        text = scaled_dot_product_attention(query, key, value)
        image_key, image_value = heads(objects @ self.to_k_ip.T), heads(objects @ self.to_v_ip.T)
        image = scaled_dot_product_attention(query[-1:], image_key, image_value, attn_mask=self.bias) * self.gain
        out = torch.cat((text[:-1], text[-1:] + image))
        return attn.to_out[0](out.transpose(1, 2).reshape(hidden_states.shape))


class Step(nn.Module):
    def __init__(self, unet: UNet2DConditionModel) -> None:
        super().__init__()
        self.unet = unet

    def forward(self, sample, timestep, context, pooled, timeIds, objectTokens):  # noqa: N803
        added = {"text_embeds": pooled, "time_ids": timeIds}
        arguments = {"objects": objectTokens.flatten(0, 1)[None]}
        return self.unet(sample, timestep, context, added_cond_kwargs=added, cross_attention_kwargs=arguments).sample


class SelfAttention(AttnProcessor2_0):
    def __call__(self, attn, hidden_states, *args, objects=None, **kwargs) -> Tensor:
        return super().__call__(attn, hidden_states, *args, **kwargs)


def halvings(attention: str, blocks: int) -> int:
    """How often the picture was halved before an attention, from its path and the number of blocks on one side."""
    side, index = attention.split(".")[:2]
    match side:
        case "down_blocks":
            return int(index)
        case "up_blocks":
            return blocks - 1 - int(index)
        case "mid_block":
            return blocks - 1
    raise ValueError(f"{attention} is in no block")


def attach(unet: UNet2DConditionModel, weights: dict[str, Tensor], boxes: list, latent: tuple[int, int]) -> None:
    processors = {}
    for name in unet.attn_processors:
        if ".attn2." not in name:
            processors[name] = SelfAttention()
            continue
        level = halvings(name, len(unet.config.block_out_channels))
        masks = torch.stack([box_mask(tuple(box), latent[0] >> level, latent[1] >> level) for box in boxes])
        bias = ((1 - masks) * MASKED).T.repeat_interleave(16, dim=1)[None, None]
        gain = masks.amax(dim=0)[None, None, :, None] * SCALE
        path = name.removesuffix(".processor")
        key, value = (weights[f"{path}.{kind}.weight"] for kind in ("to_k_ip", "to_v_ip"))
        processors[name] = ImageBranch(key, value, bias, gain)
    unet.set_attn_processor(processors)


def check(
    unet: UNet2DConditionModel, weights: dict[str, Tensor], boxes: list, inputs: dict[str, Tensor], made: Tensor
) -> None:
    """Compare the exported form's prediction with the literal one, which finds each mask's size by itself."""
    adapter = {}
    for index, name in enumerate(unet.attn_processors):
        if ".attn2." in name:
            path = name.removesuffix(".processor")
            adapter |= {f"{index}.{kind}.weight": weights[f"{path}.{kind}.weight"] for kind in ("to_k_ip", "to_v_ip")}
    attach_literal(unet, adapter)
    tokens = inputs["objectTokens"]
    conditions = Conditions(
        object_tokens=tokens,
        boxes=[tuple(box) for box in boxes],
        weights=[1.0] * len(boxes),
        scale=SCALE,
        dummies=torch.zeros(1, tokens.shape[2]),
        latent=tuple(inputs["sample"].shape[2:]),
    )
    text = Text(inputs["context"], inputs["pooled"], inputs["timeIds"])
    literal = predict(unet, inputs["sample"], inputs["timestep"], text, conditions)
    error = ((made - literal).abs().max() / literal.abs().max()).item()
    assert error < TOLERANCE, f"the exported form differs from the literal one by {error:.1e}"


def main(folder: Path) -> None:
    torch.set_grad_enabled(False)
    config = json.loads((folder / "config.json").read_text())
    weights, inputs = (load_file(folder / f"{kind}.safetensors") for kind in ("weights", "inputs"))
    unet = UNet2DConditionModel.from_config(config).eval()
    own = {name: value for name, value in weights.items() if "_ip." not in name}
    unet.load_state_dict(own, strict=True)
    boxes = inputs.pop("boxes").tolist()
    attach(unet, weights, boxes, tuple(inputs["sample"].shape[2:]))
    step = Step(unet).eval()
    names = ("sample", "timestep", "context", "pooled", "timeIds", "objectTokens")
    arguments = tuple(inputs[name] for name in names)
    prediction = step(*arguments)
    np.save(folder / "prediction.npy", prediction.numpy())
    program = torch.onnx.export(
        step, arguments, input_names=list(names), output_names=["output"], dynamo=True, opset_version=OPSET
    )
    # One file: the graph is handed to the runtime as bytes.
    program.save(str(folder / "plain.onnx"), external_data=False)
    versions = {module.__name__: module.__version__ for module in (torch, diffusers, onnx)}
    check(unet, weights, boxes, inputs, prediction)
    (folder / "versions.json").write_text(json.dumps({**versions, "opset": OPSET, "exporter": "dynamo"}) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
