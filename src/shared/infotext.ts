import type { GenerationRequest, SamplerKind } from './request.ts';

/** Names that image browsers and model sites know samplers by. */
const SAMPLER_NAMES: Readonly<Record<SamplerKind, string>> = {
  euler: 'Euler',
  'euler-trailing': 'Euler',
  'euler-ancestral': 'Euler a',
  ddim: 'DDIM',
  'dpmpp-2m': 'DPM++ 2M',
  'dpmpp-2m-karras': 'DPM++ 2M',
  lcm: 'LCM',
};

const SCHEDULE_NAMES: Partial<Record<SamplerKind, string>> = {
  'euler-trailing': 'SGM Uniform',
  'dpmpp-2m-karras': 'Karras',
};

/** A value with a separator in it is quoted as JSON, which readers of this format undo. */
function quoted(value: string): string {
  return /[,:\n"]/.test(value) ? JSON.stringify(value) : value;
}

/**
 * The settings of a picture as one text in the form of the AUTOMATIC1111 web UI ("infotext"): prompt,
 * negative prompt, then "Key: value" pairs. Photos and boxes have no place there; the app's own entry holds them.
 */
export function renderInfotext(request: GenerationRequest, modelTitle: string): string {
  const schedule = SCHEDULE_NAMES[request.sampler];
  const pairs: readonly (readonly [string, string])[] = [
    ['Steps', String(request.steps)],
    ['Sampler', SAMPLER_NAMES[request.sampler]],
    ...(schedule === undefined ? [] : [['Schedule type', schedule] as const]),
    ['CFG scale', String(request.guidance)],
    ['Seed', String(request.seed)],
    ['Size', `${request.width}x${request.height}`],
    ['Model', modelTitle],
    ...(request.relation.length === 0
      ? []
      : [['Lora', request.relation.map(({ lora, weight }) => `${lora} (${weight})`).join('; ')] as const]),
    ['RNG', 'GPU'],
    ['Version', 'RelationBooth'],
  ];
  return [
    request.prompt,
    ...(request.negativePrompt === '' ? [] : [`Negative prompt: ${request.negativePrompt}`]),
    pairs.map(([key, value]) => `${key}: ${quoted(value)}`).join(', '),
  ].join('\n');
}
