import { type Box } from '../../shared/request.ts';
import { type RelationLoraEntry } from '../../weights/pack-manifest.ts';

/** A relation as the page offers it: words, boxes that suit it, and the RelationLoRA that knows it. */
export interface RelationIdea {
  readonly id: string;
  readonly label: string;
  readonly kind: 'single' | 'pair';
  /** The predicate as a sentence has it: "is hugging". */
  readonly predicate: string;
  /** Every wording, for finding the relation in a prompt. */
  readonly predicates: readonly string[];
  readonly boxes: readonly Box[];
}

/** The LoRA of the pack that was trained for an idea, matched by id. */
export function loraFor(
  idea: RelationIdea,
  loras: readonly RelationLoraEntry[],
): RelationLoraEntry | undefined {
  return loras.find((lora) => lora.id === idea.id);
}
