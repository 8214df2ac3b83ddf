import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { type CharacterReading, readCharacter, readRelation, shiftedBoxes } from '../evaluation/readings.ts';
import { type Judge, type JudgeAnswer, openJudge } from '../gpu/pipeline/judge.ts';
import type { Runtime } from '../gpu/runtime/runtime.ts';
import type { RgbaImage } from '../images/rgba-image.ts';
import { AppError, messageOf } from '../shared/errors.ts';
import type { Box } from '../shared/request.ts';
import { fileSource } from '../weights/node-source.ts';
import { openSafetensors } from '../weights/safetensors.ts';

/** Where `training/judges/train.py` leaves its judges. */
const JUDGES_FOLDER = path.join('tests', 'judges');

const configSchema = z.record(z.string(), z.unknown());

/** Judges of pictures, independent of every pack. */
export interface Judges {
  /** Names the relation of a whole picture. */
  readonly relation: Judge;
  /** Reads the character at a box. */
  readonly character: Judge;
  /** Compares pictures without labels; undefined where it was not trained. */
  readonly similarity: Judge | undefined;
  dispose(): Promise<void>;
}

async function openNamed(name: string, runtime: Runtime): Promise<Judge> {
  const file = (extension: string): string => path.join(JUDGES_FOLDER, `${name}.${extension}`);
  try {
    return await openJudge({
      name: `judge-${name}`,
      config: configSchema.parse(JSON.parse(await readFile(file('json'), 'utf8'))),
      weights: await openSafetensors(await fileSource(file('safetensors'))),
      runtime,
    });
  } catch (thrown) {
    throw new AppError(
      'bad-checkpoint',
      `The judge "${name}" of ${JUDGES_FOLDER} cannot be used: ${messageOf(thrown)} Run this in the project's folder.`,
      { cause: thrown },
    );
  }
}

/** What the judge of characters sees at a box, asked at the places round it. */
export async function askCharacter(
  { character }: Judges,
  picture: RgbaImage,
  box: Box,
): Promise<CharacterReading> {
  const answers: JudgeAnswer[] = [];
  for (const asked of shiftedBoxes(box)) answers.push(await character.ask(picture, asked));
  return readCharacter(answers, character.config.labels);
}

/** The relation that the judge of relations sees. */
export async function askRelation({ relation }: Judges, picture: RgbaImage): Promise<string> {
  return readRelation((await relation.ask(picture)).logits, relation.config.labels);
}

/** A picture's vector by the judge of similarity, not normalised. */
export async function embedPicture(similarity: Judge, picture: RgbaImage): Promise<Float32Array> {
  return (await similarity.ask(picture)).logits.get('embedding') ?? new Float32Array();
}

export async function openJudges(runtime: Runtime): Promise<Judges> {
  const relation = await openNamed('relation', runtime);
  const character = await openNamed('character', runtime);
  const trained = existsSync(path.join(JUDGES_FOLDER, 'similarity.json'));
  const similarity = trained ? await openNamed('similarity', runtime) : undefined;
  return {
    relation,
    character,
    similarity,
    async dispose() {
      await relation.dispose();
      await character.dispose();
      await similarity?.dispose();
    },
  };
}
