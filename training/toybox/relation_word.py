"""A new word for a relation, learned in the frozen model's text towers instead of a LoRA (after ReVersion, Huang et al. 2023).

The word stands in front of the caption. Its file holds one embedding a tower: `text_encoder` [C] and `text_encoder_2` [D].
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ..relationbooth.precision import mixed_precision
from .conditions import TextConditions
from .config import MAX_TOKENS

PLACE = 1  # after the start token
TOWERS = ("text_encoder", "text_encoder_2")


def with_place(ids: Tensor) -> Tensor:
    """Ids [B,77] with one more token at `PLACE`. The last is lost; a full text keeps its end token."""
    longer = torch.cat((ids[:, :PLACE], torch.zeros_like(ids[:, :1]), ids[:, PLACE:-1]), dim=1)
    full = ids.argmax(dim=1) == MAX_TOKENS - 1
    longer[:, -1] = torch.where(full, ids.amax(dim=1), longer[:, -1])
    return longer


class RelationWord(nn.Module):
    """Starts as the mean of each tower's word embeddings, so that it first says nothing."""

    def __init__(self, text: TextConditions) -> None:
        super().__init__()
        towers = (text.text, text.text_2)
        self.words = nn.ParameterDict(
            {name: nn.Parameter(tower.get_input_embeddings().weight.detach().mean(dim=0)) for name, tower in zip(TOWERS, towers, strict=True)}
        )

    def state(self) -> dict[str, Tensor]:
        return {name: word.detach() for name, word in self.words.items()}

    def captions(self, conditions: TextConditions, texts: list[str]) -> tuple[Tensor, Tensor]:
        """Like `TextConditions.captions`, with the word and with gradients."""
        outputs = []
        towers = (conditions.text, conditions.text_2)
        for name, tower, ids in zip(TOWERS, towers, conditions.tokenizers(texts), strict=True):
            word = self.words[name].expand(len(texts), 1, -1)

            def put(_module: nn.Module, _inputs: tuple, found: Tensor, word: Tensor = word) -> Tensor:
                return torch.cat((found[:, :PLACE], word.to(found.dtype), found[:, PLACE + 1 :]), dim=1)

            hook = tower.get_input_embeddings().register_forward_hook(put)
            try:
                with mixed_precision():
                    outputs.append(tower(input_ids=with_place(ids), output_hidden_states=True))
            finally:
                hook.remove()
        context = torch.cat([output.hidden_states[-2].float() for output in outputs], dim=-1)
        return context, outputs[1].text_embeds.float()
