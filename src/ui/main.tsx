import { startEngineClient, startInstallClient } from './start-engine.ts';
import { startApp } from './start-app.tsx';

const root = document.getElementById('root');
if (root !== null) startApp(root, startEngineClient(), startInstallClient());
