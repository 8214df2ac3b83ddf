/**
 * Steps that run one after another, in the order in which they were added, while whoever adds them goes on.
 * After a step that failed no other one runs.
 */
export class StepQueue {
  readonly #mostBytes: number;
  /** Steps that are not done, the next one first; each begins when the one before it is done. */
  readonly #steps: Promise<void>[] = [];
  #waitingBytes = 0;
  #failure: { readonly thrown: unknown } | undefined;

  /** @param mostBytes of what steps hold while they wait; one step may hold more. */
  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
  }

  /** Resolves when there is room for more. Throws what a step threw. */
  async add(step: () => Promise<void>, bytes = 0): Promise<void> {
    this.#waitingBytes += bytes;
    const before = this.#steps.at(-1) ?? Promise.resolve();
    this.#steps.push(
      before.then(async () => {
        try {
          if (this.#failure === undefined) await step();
        } catch (thrown) {
          this.#failure = { thrown };
        }
        this.#waitingBytes -= bytes;
        void this.#steps.shift();
      }),
    );
    while (this.#waitingBytes > this.#mostBytes) await this.#steps[0];
    this.#check();
  }

  /** Waits for every step. Throws what a step threw. */
  async finish(): Promise<void> {
    await this.settle();
    this.#check();
  }

  /** Waits until no step runs any more, whether one failed or not. */
  async settle(): Promise<void> {
    await this.#steps.at(-1);
  }

  #check(): void {
    if (this.#failure !== undefined) throw this.#failure.thrown;
  }
}
