import { type Preferences } from '../state/preferences.ts';
import { store } from '../state/app-state.ts';
import { useApp } from '../state/use-app.ts';
import { de } from './de.ts';
import { en, type Strings } from './en.ts';

export { type Strings } from './en.ts';

const LANGUAGES = { en, de } as const satisfies Readonly<Record<string, Strings>>;
export type Language = keyof typeof LANGUAGES;

/** The language in use: the one chosen, else the browser's if there is one, else English. */
export function languageOf(preferences: Preferences): Language {
  if (preferences.language !== 'system') return preferences.language;
  return navigator.language.toLowerCase().startsWith('de') ? 'de' : 'en';
}

/** A relation's name in the language of the words, or its own. */
export function relationName(
  { relationNames }: Strings,
  relation: { readonly id: string; readonly title: string } | { readonly id: string; readonly label: string },
): string {
  return relationNames[relation.id] ?? ('title' in relation ? relation.title : relation.label);
}

/** The words, for code outside components. */
export function strings(): Strings {
  return LANGUAGES[languageOf(store.getState().preferences)];
}

/** The words, for components: they render again when the language changes. */
export function useStrings(): Strings {
  return LANGUAGES[useApp((state) => languageOf(state.preferences))];
}
