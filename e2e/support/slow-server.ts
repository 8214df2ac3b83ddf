import { createServer, type ServerResponse } from 'node:http';

export interface SlowServer {
  /** Ends in a slash. Files below it: slow, page, closed, model, each `.safetensors`. */
  readonly address: string;
  /** From now on the slow file comes whole. */
  goOn(): void;
  close(): Promise<void>;
}

const HEADERS = { 'access-control-allow-origin': '*', 'cross-origin-resource-policy': 'cross-origin' };

/** A host of files: one that stops coming after `heldAt` bytes, and three that no LoRA is to be had from. */
export async function startSlowServer(file: Buffer, heldAt: number): Promise<SlowServer> {
  let held = true;
  const answers: Readonly<Record<string, (response: ServerResponse) => void>> = {
    '/slow.safetensors': (response) => {
      response.writeHead(200, { ...HEADERS, 'content-length': file.byteLength });
      if (held) response.write(file.subarray(0, heldAt));
      else response.end(file);
    },
    '/page.safetensors': (response) => {
      response.writeHead(200, { ...HEADERS, 'content-type': 'text/html' }).end('<p>a page</p>');
    },
    '/closed.safetensors': (response) => {
      response.writeHead(403, HEADERS).end('no');
    },
    '/model.safetensors': (response) => {
      response.writeHead(200, { ...HEADERS, 'content-length': 7e9 }).write('begins');
    },
  };
  const server = createServer((request, response) => {
    const answer = answers[request.url ?? ''];
    if (answer === undefined) response.writeHead(404, HEADERS).end();
    else answer(response);
  });
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The slow server has no port.');
  return {
    address: `http://localhost:${address.port}/`,
    goOn() {
      held = false;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}
