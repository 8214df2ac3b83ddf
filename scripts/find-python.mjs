/** Finds a Python that can run training/, or makes one from training/requirements.txt. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { root } from './ensure-dependencies.mjs';

const requirements = path.join(root, 'training', 'requirements.txt');
const environment = path.join(root, '.cache', 'training-venv');
const windows = process.platform === 'win32';
const inside = (folder) => path.join(folder, windows ? 'Scripts/python.exe' : 'bin/python');
const system = windows ? 'python' : 'python3';

/** PyTorch alone is hundreds of megabytes. */
const INSTALL_MINUTES = 10;
const MODULES = 'torch, diffusers, transformers, safetensors, tokenizers, numpy, PIL, ninja';

function works(python) {
  const found = spawnSync(python, ['-c', `import ${MODULES}`], { cwd: root, stdio: 'ignore' });
  return found.status === 0;
}

function install() {
  console.log(`Making a Python environment in ${path.relative(root, environment)} ...`);
  const steps = [
    [system, ['-m', 'venv', environment]],
    [inside(environment), ['-m', 'pip', 'install', '--quiet', '--requirement', requirements]],
  ];
  return steps.every(([command, args]) => {
    const options = { cwd: root, stdio: 'inherit', timeout: INSTALL_MINUTES * 60_000 };
    return spawnSync(command, args, options).status === 0;
  });
}

/**
 * $PYTHON, .venv, the one made before, or the system's, whichever has the requirements; else a new one in
 * .cache. Undefined if none can be had.
 */
export function findPython() {
  const known = [process.env.PYTHON, inside(path.join(root, '.venv')), inside(environment), system];
  const ready = known
    .filter((python) => python !== undefined && (!path.isAbsolute(python) || existsSync(python)))
    .find(works);
  if (ready !== undefined) return ready;
  return install() && works(inside(environment)) ? inside(environment) : undefined;
}
