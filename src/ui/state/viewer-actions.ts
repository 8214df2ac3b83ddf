import { store, type AppState, type Picture } from './app-state.ts';

/** The picture made before the given one: what comparing starts with. A picture from outside follows all. */
export function previousOf(pictures: readonly Picture[], shown: Picture): Picture | null {
  return pictures[pictures.findIndex(({ id }) => id === shown.id) + 1] ?? null;
}

/** The picture that the viewer shows beside the shown one, or null. */
export function comparedPicture({ viewer, pictures, shown }: AppState): Picture | null {
  if (viewer.kind === 'closed' || shown === null) return null;
  const { compare } = viewer;
  switch (compare.kind) {
    case 'off':
      return null;
    case 'previous':
      return previousOf(pictures, shown);
    case 'chosen':
      return pictures.find(({ id }) => id === compare.id && id !== shown.id) ?? null;
  }
}

/** The viewer gives way to the boxes while a picture is made. */
export function isViewing({ viewer, shown, job }: AppState): boolean {
  return viewer.kind === 'open' && shown !== null && job.kind !== 'running';
}

export function toggleViewer(): void {
  store.setState((state) => ({
    viewer:
      isViewing(state) || state.shown === null
        ? { kind: 'closed' }
        : { kind: 'open', compare: { kind: 'off' } },
  }));
}

/** From the boxes to the picture, or back. */
export function toggleMix(): void {
  store.setState(({ mix }) => ({ mix: mix < 0.5 ? 1 : 0 }));
}

export function closeViewer(): void {
  store.setState({ viewer: { kind: 'closed' } });
}

export function toggleCompare(): void {
  store.setState((state) => {
    if (state.viewer.kind === 'closed') return {};
    const compare = { kind: comparedPicture(state) === null ? 'previous' : 'off' } as const;
    return { viewer: { kind: 'open', compare } };
  });
}

/** Opens the viewer with this picture beside the shown one. */
export function compareWith(id: string): void {
  store.setState({ viewer: { kind: 'open', compare: { kind: 'chosen', id } } });
}

/** Shows the next older (1) or newer (-1) picture of the history. */
export function stepPicture(direction: 1 | -1): void {
  store.setState(({ pictures, shown }) => {
    const at = pictures.findIndex(({ id }) => id === shown?.id);
    const next = pictures[at + direction];
    return next === undefined ? {} : { shown: next };
  });
}
