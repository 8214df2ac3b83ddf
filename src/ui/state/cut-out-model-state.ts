import { useStore } from 'zustand';
import { createStore } from 'zustand/vanilla';
import { type CutOutModelState, type CutOutOffer } from '../../workers/cut-out-protocol.ts';
import { type LocalFolder } from '../../workers/install-basics.ts';
import { type CutOutForm, SUGGESTED_FORM } from '../model/cut-out-form.ts';
import { type Pace } from '../model/install-pace.ts';

/** The model that finds objects in photos. Nothing of this is kept between visits. */
export interface CutOutModelView {
  /** Null until it was looked at. */
  readonly model: CutOutModelState | null;
  readonly form: CutOutForm;
  /** Files picked for it last; gone with the page. */
  readonly folder: LocalFolder | null;
  readonly step: CutOutStep;
  /** Why the last try ended; empty after one that did not. */
  readonly fault: string;
}

export type CutOutStep =
  | { readonly kind: 'form' }
  | { readonly kind: 'asking' }
  | { readonly kind: 'offer'; readonly offer: CutOutOffer }
  | {
      readonly kind: 'installing';
      readonly title: string;
      readonly doneBytes: number;
      readonly totalBytes: number;
      readonly pace: Pace;
    };

export const cutOutModelStore = createStore<CutOutModelView>()(() => ({
  model: null,
  form: SUGGESTED_FORM,
  folder: null,
  step: { kind: 'form' },
  fault: '',
}));

/** A component's narrow view: it renders again only when this value changes. */
export function useCutOutModel<Value>(selector: (state: CutOutModelView) => Value): Value {
  return useStore(cutOutModelStore, selector);
}
