import { strToU8, unzipSync, zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { initialEditor, type Editor } from '../model/editor.ts';
import { sha256Of } from '../photos/import-photo.ts';
import { readProject } from './read-project.ts';
import { writeProject, type Project } from './write-project.ts';

const NAME = 'scene.relation.zip';

const EDIT = { original: 'ab'.repeat(32), crop: [0, 0, 0.5, 1], cutOut: null } as const;

async function sampleProject(): Promise<Project> {
  const blob = new Blob(['fur and ears'], { type: 'image/png' });
  const weights = new Blob(['low rank']);
  const sha256 = await sha256Of(blob);
  const start = initialEditor();
  const editor: Editor = {
    ...start,
    prompt: 'a bear is hugging a rabbit',
    loras: [{ id: 'hug-0123', weight: 0.7, on: true }],
    objects: start.objects.map((object, index) =>
      index === 0 ? { ...object, phrase: 'bear', photo: { sha256, name: 'bear.png' } } : object,
    ),
  };
  return {
    editor,
    photos: [{ sha256, name: 'bear.png', blob, edit: EDIT }],
    loras: [
      {
        id: 'hug-0123',
        sha256: await sha256Of(weights),
        title: 'Hug',
        purpose: '',
        source: { kind: 'file', name: 'hug.safetensors' },
        blob: weights,
      },
    ],
  };
}

/** The sample project with other files in it: a new manifest, another content, or one left out (null). */
async function repacked(changes: Readonly<Record<string, string | null>>): Promise<Blob> {
  const file = await writeProject(await sampleProject());
  const files = new Map(Object.entries(unzipSync(new Uint8Array(await file.arrayBuffer()))));
  for (const [name, content] of Object.entries(changes)) {
    if (content === null) files.delete(name);
    else files.set(name, strToU8(content));
  }
  return new Blob([new Uint8Array(zipSync(Object.fromEntries(files)))]);
}

describe('a project file', () => {
  it('comes back with editor, photos and LoRA files', async () => {
    const project = await sampleProject();
    const again = await readProject(await writeProject(project), NAME);
    expect(again.editor).toEqual(project.editor);
    expect(await again.photos[0]?.blob.text()).toBe('fur and ears');
    expect(again.photos[0]?.blob.type).toBe('image/png');
    expect(again.photos[0]?.edit).toEqual(EDIT);
    expect(again.loras[0]).toMatchObject({ id: 'hug-0123', title: 'Hug' });
    expect(await again.loras[0]?.blob.text()).toBe('low rank');
  });

  it('that is none or cut short is refused', async () => {
    await expect(readProject(new Blob(['just words']), NAME)).rejects.toMatchObject({ code: 'bad-project' });
    const whole = await writeProject(await sampleProject());
    await expect(readProject(whole.slice(0, whole.size - 40), NAME)).rejects.toThrow(/damaged/);
    const other = new Blob([new Uint8Array(zipSync({ 'readme.txt': strToU8('hello') }))]);
    await expect(readProject(other, NAME)).rejects.toThrow(/without project.json/);
  });

  it('of a newer version says so', async () => {
    const manifest = JSON.stringify({ format: 'relationbooth-project', version: 9 });
    await expect(readProject(await repacked({ 'project.json': manifest }), NAME)).rejects.toThrow(
      /newer version .*format 9/,
    );
  });

  it('with a manifest that is not one names the field', async () => {
    const manifest = JSON.stringify({
      format: 'relationbooth-project',
      version: 1,
      editor: { steps: 'many' },
    });
    await expect(readProject(await repacked({ 'project.json': manifest }), NAME)).rejects.toThrow(/steps/);
  });

  it('whose photo is missing or changed is refused as a whole', async () => {
    const photo = `photos/${(await sampleProject()).photos[0]?.sha256 ?? ''}`;
    await expect(readProject(await repacked({ [photo]: 'scales' }), NAME)).rejects.toThrow(
      /“bear.png” in it is damaged/,
    );
    await expect(readProject(await repacked({ [photo]: null }), NAME)).rejects.toThrow(
      /“bear.png” is missing/,
    );
  });

  it('that claims to unpack to gigabytes is not unpacked', async () => {
    const file = await writeProject(await sampleProject());
    const bytes = new Uint8Array(await file.arrayBuffer());
    const view = new DataView(bytes.buffer);
    const directory = view.getUint32(bytes.length - 6, true);
    // Uncompressed size of the first entry of the central directory.
    view.setUint32(directory + 24, 0x7fffffff, true);
    await expect(readProject(new Blob([bytes]), NAME)).rejects.toThrow(/more than 1 GB/);
  });
});
