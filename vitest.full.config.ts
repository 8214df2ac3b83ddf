import { mergeConfig } from 'vitest/config';
import base from './vitest.config.ts';

/** `npm run test:full`: the unit and golden tests with a hundred times as many damaged files. */
export default mergeConfig(base, { test: { env: { FUZZ_CHANGES: '20000' }, testTimeout: 1_800_000 } });
