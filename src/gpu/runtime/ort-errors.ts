import { AppError, messageOf } from '../../shared/errors.ts';

const OUT_OF_MEMORY =
  /out of memory|\boom\b|bad_alloc|allocation failed|failed to allocate|array buffer allocation/i;
const DEVICE_LOST = /device (is |was )?lost|lost device|GPUDevice.*destroyed/i;

/** The runtime's own files are loaded with its first session. */
const NOT_LOADED = /failed to fetch|networkerror|no available backend found/i;

/** An error of onnxruntime in the project's terms; `what` names the graph and what was done with it. */
export function ortError(what: string, thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown;
  const message = messageOf(thrown);
  if (OUT_OF_MEMORY.test(message)) {
    return new AppError(
      'out-of-memory',
      `Memory ran out: ${what}. Close other programs or tabs, choose a smaller picture, or a more compact model.`,
      { cause: thrown, retryable: true },
    );
  }
  if (DEVICE_LOST.test(message)) {
    return new AppError('device-lost', `The graphics device was lost: ${what}. Try again.`, {
      cause: thrown,
      retryable: true,
    });
  }
  if (NOT_LOADED.test(message)) {
    return new AppError(
      'network',
      `The program that computes the pictures could not be loaded: ${message}. Check the connection and reload the page.`,
      { cause: thrown, retryable: true },
    );
  }
  return new AppError('internal', `${what} failed: ${message}`, { cause: thrown });
}
