import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { type EngineClient } from '../workers/engine-client.ts';
import { type InstallClient } from '../workers/install-client.ts';
import { App } from './app.tsx';
import { startServiceWorker } from './start-offline.ts';
import { applyAddress } from './state/address.ts';
import { store } from './state/app-state.ts';
import { connectEngine } from './state/engine-actions.ts';
import { fillFirstExample, loadIdeas } from './state/example-actions.ts';
import { connectLibrary } from './state/library-actions.ts';
import { loadLoras } from './state/lora-actions.ts';
import { attempt } from './state/notices.ts';
import { startPersistence } from './state/persistence.ts';
import { startRelationReader } from './state/relation-actions.ts';
import { startQueue } from './state/run-queue.ts';
import { openSharedLink } from './state/project-actions.ts';
import { loadPictures } from './state/picture-actions.ts';
import { checkStorage } from './state/storage-actions.ts';
import './styles/index.css';

/** Restores the last visit, shows the page, and starts what it needs, the page first. */
export function startApp(root: HTMLElement, client: EngineClient, library: InstallClient): void {
  connectLibrary(library);
  const restored = startPersistence();
  applyAddress(location.search);
  startQueue();
  startRelationReader();
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
  attempt(async () => {
    const served = startServiceWorker(() => store.getState().undo.past.length === 0);
    // The engine comes after the example, so that “ready” means that a press of the button makes a picture.
    try {
      const shared = await openSharedLink();
      if (!restored && !shared) await fillFirstExample();
    } finally {
      await served;
      connectEngine(client);
    }
  });
  attempt(loadIdeas);
  attempt(checkStorage);
  attempt(loadPictures);
  attempt(loadLoras);
}
