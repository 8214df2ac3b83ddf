import { defineConfig } from '@playwright/test';

const executablePath = process.env['CHROME_PATH'] ?? '/usr/bin/chromium';
const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
/** A real WebGPU adapter in software: it proves the path, not the speed. */
const softwareWebGpu = ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'];

export default defineConfig({
  testDir: 'e2e',
  globalSetup: './e2e/global-setup.ts',
  timeout: 180_000,
  workers: 1,
  forbidOnly: process.env['CI'] !== undefined,
  reporter: [['list'], ['json', { outputFile: '.cache/reports/e2e.json' }]],
  use: {
    baseURL: 'http://localhost:4199',
    trace: 'retain-on-failure',
    locale: 'en-US',
    // Requests that a service worker makes cannot be answered by a test; its own tests let it in.
    serviceWorkers: 'block',
  },
  webServer: {
    command: 'node scripts/serve-for-tests.mjs',
    url: 'http://localhost:4199',
    reuseExistingServer: false,
    timeout: 60_000,
  },
  projects: [
    {
      name: 'wasm',
      testIgnore: /webgpu/,
      use: {
        browserName: 'chromium',
        launchOptions: { executablePath, args: [...sandbox, '--disable-gpu'] },
      },
    },
    {
      name: 'webgpu',
      testMatch: /webgpu/,
      use: {
        browserName: 'chromium',
        launchOptions: { executablePath, args: [...sandbox, ...softwareWebGpu] },
      },
    },
  ],
});
