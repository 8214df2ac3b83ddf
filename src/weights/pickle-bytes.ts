import { AppError } from '../shared/errors.ts';

export function badPickle(fault: string): AppError {
  return new AppError(
    'bad-checkpoint',
    `The checkpoint's pickle cannot be read: ${fault}. Convert the file to safetensors.`,
  );
}

/** The operands of a pickle's operations, read one after another; every read past the end is refused. */
export class PickleBytes {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  #take(length: number): number {
    const at = this.#at;
    if (at + length > this.#bytes.length) throw badPickle('it ends too early');
    this.#at += length;
    return at;
  }

  uint8 = (): number => this.#view.getUint8(this.#take(1));
  uint16 = (): number => this.#view.getUint16(this.#take(2), true);
  uint32 = (): number => this.#view.getUint32(this.#take(4), true);
  int32 = (): number => this.#view.getInt32(this.#take(4), true);
  uint64 = (): number => Number(this.#view.getBigUint64(this.#take(8), true));
  float64 = (): number => this.#view.getFloat64(this.#take(8), false);
  advance = (length: number): number => this.#take(length);

  text(length: number): string {
    const at = this.#take(length);
    return new TextDecoder().decode(this.#bytes.subarray(at, at + length));
  }

  line(): string {
    const end = this.#bytes.indexOf(10, this.#at);
    if (end < 0) throw badPickle('it ends too early');
    const text = this.text(end - this.#at);
    this.#take(1);
    return text;
  }

  /** A little-endian two's complement number of any length. */
  long(length: number): number {
    const at = this.#take(length);
    let value = 0n;
    for (let index = length - 1; index >= 0; index -= 1) {
      value = (value << 8n) | BigInt(this.#bytes[at + index] ?? 0);
    }
    return Number(BigInt.asIntN(8 * length, value));
  }
}
