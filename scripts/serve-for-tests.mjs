/** The built app on a fixed port, for the browser tests. */
import { serveApp } from './serve-app.mjs';

await serveApp({ port: Number(process.argv[2]), strictPort: true });
