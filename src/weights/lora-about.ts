/** What the metadata of a LoRA file says of itself; both are empty where it says nothing. */
export interface LoraAbout {
  readonly title: string;
  /** What it was trained for, in the words of whoever trained it. */
  readonly purpose: string;
}

/** A longer text is an essay, not a note in a list. */
const LONGEST_PURPOSE = 300;

function first(metadata: Readonly<Record<string, string>>, keys: readonly string[]): string {
  for (const key of keys) {
    const text = metadata[key]?.trim();
    if (text !== undefined && text !== '' && text !== 'None') return text;
  }
  return '';
}

/**
 * Title and purpose from the keys that trainers write: Stability's ModelSpec 1.0 (`modelspec.*`) and
 * kohya's sd-scripts (`ss_*`).
 */
export function aboutLora(metadata: Readonly<Record<string, string>>): LoraAbout {
  const trigger = first(metadata, ['modelspec.trigger_phrase']);
  const description = first(metadata, [
    'modelspec.description',
    'modelspec.usage_hint',
    'ss_training_comment',
  ]);
  const purpose = [description, trigger].filter((part) => part !== '').join(' · ');
  return {
    title: first(metadata, ['modelspec.title', 'ss_output_name']),
    purpose: purpose.length > LONGEST_PURPOSE ? `${purpose.slice(0, LONGEST_PURPOSE - 1)}…` : purpose,
  };
}
