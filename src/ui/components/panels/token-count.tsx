import { useEffect, useState, type ReactNode } from 'react';
import { type TokenCount as Tokens } from '../../../gpu/pipeline/types.ts';
import { engine } from '../../state/engine-actions.ts';
import { useApp } from '../../state/use-app.ts';
import { useStrings } from '../../strings/index.ts';

/** Counting at every letter would be wasted: a pause in writing is enough. */
const COUNT_DELAY_MS = 250;

/** How much of the model's room for words a prompt takes; the last count stays until the next one is here. */
export function TokenCount({ prompt }: { readonly prompt: string }): ReactNode {
  const text = useStrings().relation;
  const pack = useApp((state) => (state.engine.kind === 'ready' ? state.engine.pack : null));
  const [tokens, setTokens] = useState<Tokens | null>(null);
  useEffect(() => {
    if (pack === null) return undefined;
    let current = true;
    const timer = setTimeout(() => {
      engine()
        .countTokens(prompt)
        .then(
          (counted) => {
            if (current) setTokens(counted);
          },
          () => {
            // The engine stopped or opens another pack: both are reported where they happen.
            if (current) setTokens(null);
          },
        );
    }, COUNT_DELAY_MS);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [prompt, pack]);
  if (tokens === null) return null;
  const over = tokens.count - tokens.capacity;
  return (
    <p className="token-count" data-over={over > 0}>
      {text.tokens(tokens.count, tokens.capacity)}
      {over > 0 && `, ${text.tooLong(over)}`}
    </p>
  );
}
