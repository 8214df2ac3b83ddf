import type { ParameterRole, ParameterSpec } from '../../weights/types.ts';

/** Weight [out, in] of a linear layer and, unless told otherwise, its bias [out]. */
export function linearParameters(
  path: string,
  outWidth: number,
  inWidth: number,
  { bias = true, role = 'linear' }: { bias?: boolean; role?: ParameterRole } = {},
): ParameterSpec[] {
  const weight: ParameterSpec = { name: `${path}.weight`, shape: [outWidth, inWidth], role };
  return bias ? [weight, { name: `${path}.bias`, shape: [outWidth], role: 'exact' }] : [weight];
}

/** Weight [out, in, size, size] and bias [out] of a convolution. */
export function convParameters(
  path: string,
  outChannels: number,
  inChannels: number,
  size: number,
  role: ParameterRole = 'conv',
): ParameterSpec[] {
  return [
    { name: `${path}.weight`, shape: [outChannels, inChannels, size, size], role },
    { name: `${path}.bias`, shape: [outChannels], role: 'exact' },
  ];
}

/** Weight and bias of a norm. */
export function normParameters(path: string, channels: number): ParameterSpec[] {
  return ['weight', 'bias'].map((part) => ({ name: `${path}.${part}`, shape: [channels], role: 'exact' }));
}
