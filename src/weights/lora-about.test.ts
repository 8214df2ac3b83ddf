import { describe, expect, it } from 'vitest';
import { aboutLora } from './lora-about.ts';

describe('what a LoRA file says of itself', () => {
  it('is read from ModelSpec and from kohya', () => {
    expect(
      aboutLora({
        'modelspec.title': 'Hug',
        'modelspec.description': 'Two people in an embrace',
        'modelspec.trigger_phrase': 'is hugging',
      }),
    ).toEqual({ title: 'Hug', purpose: 'Two people in an embrace · is hugging' });
    expect(aboutLora({ ss_output_name: 'hug_v2', ss_training_comment: 'None' })).toEqual({
      title: 'hug_v2',
      purpose: '',
    });
  });

  it('is empty where it says nothing, and short where it says too much', () => {
    expect(aboutLora({})).toEqual({ title: '', purpose: '' });
    expect(aboutLora({ 'modelspec.description': 'x'.repeat(5000) }).purpose).toHaveLength(300);
  });
});
