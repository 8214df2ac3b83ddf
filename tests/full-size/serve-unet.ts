/** Serves the synthetic U-Net, up to as many bytes as the argument says, as the hub would; tells its address to its parent. */
import { startHubServer } from '../support/hub-server.ts';
import { officialUnet, syntheticUnet } from './synthetic-unet.ts';

const [, , limit] = process.argv;
const server = await startHubServer({
  repositories: {
    'test/sdxl': {
      'unet/config.json': new TextEncoder().encode(JSON.stringify(officialUnet().config)),
      'unet/diffusion_pytorch_model.fp16.safetensors': syntheticUnet(
        limit === undefined ? undefined : Number(limit),
      ),
    },
  },
});
process.send?.(server.endpoint);
