import { resolve } from 'node:path';
import type { LoraToMerge } from '../gpu/packing/merge-loras.ts';
import { PARTS, type PartName, SDXL_SOURCES } from '../gpu/packing/sdxl-recipe.ts';
import { AppError } from '../shared/errors.ts';
import { fileSource } from '../weights/node-source.ts';
import type { HubAccess } from '../weights/sources/hub.ts';
import { mountedFolder } from '../weights/sources/mounted-folder.ts';
import { openFile } from '../weights/sources/open-file.ts';
import { openSource } from '../weights/sources/open-source.ts';
import { parseSourceSpec, type SourceSpec } from '../weights/sources/source-spec.ts';
import type { ByteSource, CheckpointFolder } from '../weights/types.ts';
import { diskCheckpoint } from './node-checkpoint.ts';

/** Sources as the command line names them; without a base the official ones. */
export type CheckpointSources = { readonly [Part in 'base' | PartName]?: string | undefined };

/** `HF_ENDPOINT` is another host with the hub's interface, as the hub's own tools take it. */
function hubAccess(): HubAccess {
  return { endpoint: process.env['HF_ENDPOINT'], token: () => process.env['HF_TOKEN'] };
}

const IS_ADDRESS = /^(hub:|https?:\/\/)/;

/** A source as it is named beside `folder`: paths are relative to it, addresses are what they are. */
export function sourceBeside(folder: string, source: string): string {
  return IS_ADDRESS.test(source) ? source : resolve(folder, source);
}

function parseAddress(source: string): SourceSpec {
  const spec = parseSourceSpec(source);
  if (spec !== undefined) return spec;
  throw new AppError(
    'bad-request',
    `"${source}" is no source. Give a folder, https://…, or hub:OWNER/NAME, hub:OWNER/NAME@REVISION/FOLDER.`,
  );
}

async function open(source: string | SourceSpec): Promise<CheckpointFolder> {
  if (typeof source !== 'string') return (await openSource(source, hubAccess())).folder;
  if (!IS_ADDRESS.test(source)) return diskCheckpoint(source);
  return (await openSource(parseAddress(source), hubAccess())).folder;
}

/** The model that the sources make together. Throws AppError 'bad-request', 'network', 'access-denied'. */
export async function openPackCheckpoint(sources: CheckpointSources): Promise<CheckpointFolder> {
  const official = sources.base === undefined;
  const base = await open(sources.base ?? SDXL_SOURCES.base);
  const mounts = [];
  for (const at of PARTS) {
    const source = sources[at] ?? (official ? SDXL_SOURCES.parts[at] : undefined);
    if (source !== undefined) mounts.push({ at, folder: await open(source) });
  }
  return mounts.length === 0 ? base : mountedFolder(base.name, base, mounts);
}

/** One `.safetensors` file on disk, at an address, or in a repository of the hub. */
export async function openSafetensorsSource(source: string): Promise<ByteSource> {
  if (!IS_ADDRESS.test(source)) return fileSource(source);
  return (await openFile(parseAddress(source), hubAccess())).source;
}

/** "SOURCE" or "SOURCE=WEIGHT" → a LoRA to merge. */
export async function openLoraToMerge(text: string): Promise<LoraToMerge> {
  const [, source = text, weight = '1'] = /^(.*)=(-?\d+(?:\.\d+)?)$/.exec(text) ?? [];
  return { source: await openSafetensorsSource(source), weight: Number(weight) };
}
