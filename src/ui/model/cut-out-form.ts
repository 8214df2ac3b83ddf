import { formatSourceSpec, parseSourceSpec, type SourceSpec } from '../../weights/sources/source-spec.ts';

/** Where the model that finds objects comes from, as a person edits it. */
export interface CutOutForm {
  readonly source: string;
  /** Another host with the hub's interface; empty for the hub itself. */
  readonly endpoint: string;
}

/** ormbg: a background-removal network under Apache-2.0, converted for transformers.js. */
export const SUGGESTED_FORM: CutOutForm = {
  source: formatSourceSpec({ kind: 'hub', repository: 'onnx-community/ormbg-ONNX', revision: 'main' }),
  endpoint: '',
};

/** The source of a form; a bare "owner/name" is one of the hub's. Undefined if it is none. */
export function cutOutSource({ source }: CutOutForm): SourceSpec | undefined {
  const text = source.trim();
  return parseSourceSpec(text) ?? parseSourceSpec(`hub:${text}`);
}

/** The other host, or undefined for the hub itself. */
export function cutOutEndpoint({ endpoint }: CutOutForm): string | undefined {
  const text = endpoint.trim().replace(/\/+$/, '');
  return text === '' ? undefined : text;
}
