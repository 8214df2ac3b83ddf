/** Serves the synthetic U-Net as the hub would, in a process of its own; tells its address to its parent. */
import { startHubServer } from '../support/hub-server.ts';
import { officialUnet, syntheticUnet } from './synthetic-unet.ts';

const server = await startHubServer({
  repositories: {
    'test/sdxl': {
      'unet/config.json': new TextEncoder().encode(JSON.stringify(officialUnet().config)),
      'unet/diffusion_pytorch_model.fp16.safetensors': syntheticUnet(),
    },
  },
});
process.send?.(server.endpoint);
