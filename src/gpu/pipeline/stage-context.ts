import type { DeviceReport, Runtime } from '../runtime/runtime.ts';
import type { AttentionSettings } from '../graph/attention.ts';
import { DEFAULT_ATTENTION } from '../graph/attention.ts';
import type { ComputeType } from '../networks/cross-attention-kv.ts';
import type { SessionCache } from './session-cache.ts';

/** Receives intermediate tensors under stable names, for comparisons with other implementations. */
export type Dump = (name: string, shape: readonly number[], data: Float32Array) => void;

/** What every stage shares. */
export interface StageContext {
  readonly sessions: SessionCache;
  readonly runtime: Runtime;
  readonly attention: AttentionSettings;
  /** What a U-Net step computes in. All else runs once a picture and stays in float32. */
  readonly computeType: ComputeType;
  readonly onDump?: Dump | undefined;
}

export function attentionFor(report: DeviceReport): AttentionSettings {
  return { ...DEFAULT_ATTENTION, fused: report.fusedAttention };
}
