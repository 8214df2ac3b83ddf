import type { GenerationRequest } from '../../src/shared/request.ts';
import type { DevicePreference } from '../../src/workers/protocol.ts';

export interface HarnessJob {
  readonly device: DevicePreference;
  readonly packUrl: string;
  readonly request: GenerationRequest;
  /** Bytes of LoRA files that the request names and the pack has not, by their ids. */
  readonly loras: Readonly<Record<string, readonly number[]>>;
}

export type HarnessOutcome =
  | {
      readonly kind: 'done';
      readonly device: string;
      /** Latents after the last step, [C,h,w]. */
      readonly latents: readonly number[];
      readonly pixels: readonly number[];
    }
  | { readonly kind: 'failed'; readonly message: string };

declare global {
  interface Window {
    runHarness: (job: HarnessJob) => Promise<HarnessOutcome>;
  }
}
