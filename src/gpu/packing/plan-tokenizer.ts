import { z } from 'zod';
import { AppError } from '../../shared/errors.ts';
import type { CheckpointFolder } from '../../weights/types.ts';
import { readBytes, readJson } from './checkpoint-folder.ts';

const configSchema = z.object({ pad_token: z.union([z.string(), z.object({ content: z.string() })]) });
const vocabularySchema = z.record(z.string(), z.number().int());
/** What tokenizer.json says of its byte-pair encoding; older files write a merge as one text. */
const tokenizerSchema = z.object({
  model: z.object({
    type: z.literal('BPE'),
    vocab: vocabularySchema,
    merges: z.array(
      z.union([z.string(), z.tuple([z.string(), z.string()]).transform((pair) => pair.join(' '))]),
    ),
  }),
});

export interface PlannedTokenizer {
  readonly folder: string;
  readonly vocab: Uint8Array;
  readonly merges: Uint8Array;
  readonly padTokenId: number;
}

/**
 * The tokenizer in a folder of a checkpoint: `vocab.json` with `merges.txt`, or `tokenizer.json`, which holds both.
 * Throws AppError 'bad-checkpoint' naming the file that is missing or wrong.
 */
export async function planTokenizer(folder: CheckpointFolder, name: string): Promise<PlannedTokenizer> {
  const { pad_token: padToken } = await readJson(folder, `${name}/tokenizer_config.json`, configSchema);
  const { vocab, merges, vocabulary } = await readTables(folder, name);
  const text = typeof padToken === 'string' ? padToken : padToken.content;
  const padTokenId = vocabulary[text];
  if (padTokenId === undefined) {
    throw new AppError(
      'bad-checkpoint',
      `The vocabulary of "${folder.name}/${name}" lacks its pad token "${text}".`,
    );
  }
  return { folder: name, vocab, merges, padTokenId };
}

async function readTables(
  folder: CheckpointFolder,
  name: string,
): Promise<Pick<PlannedTokenizer, 'vocab' | 'merges'> & { readonly vocabulary: Record<string, number> }> {
  const whole = `${name}/tokenizer.json`;
  const apart = (await folder.open(`${name}/vocab.json`)) !== undefined;
  if (!apart && (await folder.open(whole)) !== undefined) {
    const { model } = await readJson(folder, whole, tokenizerSchema);
    const encoder = new TextEncoder();
    return {
      vocab: encoder.encode(JSON.stringify(model.vocab)),
      merges: encoder.encode(`${model.merges.join('\n')}\n`),
      vocabulary: model.vocab,
    };
  }
  return {
    vocab: await readBytes(folder, `${name}/vocab.json`),
    merges: await readBytes(folder, `${name}/merges.txt`),
    vocabulary: await readJson(folder, `${name}/vocab.json`, vocabularySchema),
  };
}
