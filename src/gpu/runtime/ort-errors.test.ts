import { describe, expect, it } from 'vitest';
import { AppError } from '../../shared/errors.ts';
import { ortError } from './ort-errors.ts';

describe('errors of the runtime', () => {
  it.each([
    ['failed to call OrtRun(). ERROR_CODE: 6, ERROR_MESSAGE: std::bad_alloc', 'out-of-memory', true],
    ['Aborted(OOM). Build with -sASSERTIONS for more info.', 'out-of-memory', true],
    ['Array buffer allocation failed', 'out-of-memory', true],
    ['WebGPU device lost (2): Device was destroyed.', 'device-lost', true],
    ['Non-zero status code returned while running MatMul node', 'internal', false],
    ['no available backend found. ERR: [wasm] TypeError: Failed to fetch', 'network', true],
  ])('%s is %s', (message, code, retryable) => {
    expect(ortError('Running unet', new Error(message))).toMatchObject({ code, retryable });
  });

  it('name the graph', () => {
    expect(ortError('Running unet', new Error('bad node')).message).toBe('Running unet failed: bad node');
  });

  it('leaves the project’s own errors alone', () => {
    const own = new AppError('bad-pack', 'no such weight');
    expect(ortError('Running unet', own)).toBe(own);
  });
});
