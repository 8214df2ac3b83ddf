import {
  type ModelSources,
  PARTS,
  type PartName,
  SDXL_DESCRIPTION,
  SDXL_SOURCES,
} from '../../gpu/packing/sdxl-recipe.ts';
import { formatSourceSpec, HUB_ENDPOINT, parseSourceSpec } from '../../weights/sources/source-spec.ts';

/** Where the parts of a model come from, as a person edits it: every field is text. */
export interface InstallForm {
  readonly title: string;
  readonly base: string;
  readonly parts: Readonly<Record<PartName, string>>;
  /** A whole-SDXL file for the weights of the base; empty for none. */
  readonly singleFile: string;
  /** LoRAs to merge, each "source" or "source=weight", separated by commas. */
  readonly mergeLoras: string;
  readonly endpoint: string;
  readonly token: string;
}

/** The official files of SDXL and MS-Diffusion. */
export const OFFICIAL_FORM: InstallForm = {
  title: SDXL_DESCRIPTION.title,
  base: formatSourceSpec(SDXL_SOURCES.base),
  parts: partsOf((part) => {
    const spec = SDXL_SOURCES.parts[part];
    return spec === undefined ? '' : formatSourceSpec(spec);
  }),
  singleFile: '',
  mergeLoras: '',
  endpoint: HUB_ENDPOINT,
  token: '',
};

export function partsOf(value: (part: PartName) => string): Record<PartName, string> {
  const [vae, encoder, local, adapter] = PARTS.map(value);
  return {
    vae: vae ?? '',
    image_encoder: encoder ?? '',
    local_encoder: local ?? '',
    ms_adapter: adapter ?? '',
  };
}

export type FormField = 'base' | 'singleFile' | 'mergeLoras' | PartName;

/** The sources of a form, or the field that cannot be read. An empty part lies in the base itself. */
export function sourcesOf(
  form: InstallForm,
):
  | { readonly kind: 'sources'; readonly sources: ModelSources }
  | { readonly kind: 'fault'; readonly field: FormField } {
  const base = parseSourceSpec(form.base.trim());
  if (base === undefined) return { kind: 'fault', field: 'base' };
  const parts: ModelSources['parts'] = {};
  for (const part of PARTS) {
    const text = form.parts[part].trim();
    if (text === '') continue;
    const spec = parseSourceSpec(text);
    if (spec === undefined) return { kind: 'fault', field: part };
    parts[part] = spec;
  }
  const single = form.singleFile.trim();
  const singleFile = single === '' ? undefined : parseSourceSpec(single);
  if (single !== '' && singleFile === undefined) return { kind: 'fault', field: 'singleFile' };
  const mergeLoras = mergeListOf(form.mergeLoras);
  if (mergeLoras === undefined) return { kind: 'fault', field: 'mergeLoras' };
  const extras = {
    ...(singleFile === undefined ? {} : { singleFile }),
    ...(mergeLoras.length === 0 ? {} : { mergeLoras }),
  };
  return { kind: 'sources', sources: { base, parts, ...extras } };
}

/** "a, b=0.5" → two LoRAs; undefined if one of them is no source. */
function mergeListOf(text: string): NonNullable<ModelSources['mergeLoras']> | undefined {
  const loras: NonNullable<ModelSources['mergeLoras']> = [];
  for (const item of text.split(',').map((part) => part.trim())) {
    if (item === '') continue;
    const [, source = item, weight = '1'] = /^(.*)=(-?\d+(?:\.\d+)?)$/.exec(item) ?? [];
    const file = parseSourceSpec(source);
    if (file === undefined) return undefined;
    loras.push({ file, weight: Number(weight) });
  }
  return loras;
}

/** The text of a local file's source; commas and "=" have a meaning in lists of them. */
export function localFileName(name: string): string {
  return name.replaceAll(/[,=]/g, '-');
}

/** The name of a model's folder: its title in small letters, digits and dashes. */
export function idOf(title: string): string {
  const id = title
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
  return id === '' ? 'model' : id;
}
