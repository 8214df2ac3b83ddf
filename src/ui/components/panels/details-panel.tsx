import { type ReactNode } from 'react';
import { Dices, Lock, LockOpen, RotateCcw } from 'lucide-react';
import { SAMPLERS } from '../../../shared/request.ts';
import { DEVICE_PREFERENCES } from '../../../workers/protocol.ts';
import { EMBEDDED_PACK } from '../../model/editor.ts';
import { MOST_LORAS } from '../../model/loras.ts';
import { MOST_IN_BATCH } from '../../model/queue.ts';
import { changeSettings, endStep, rollSeed } from '../../state/edit-actions.ts';
import { chooseDevice, choosePack, drawInFewSteps, resetToDefaults } from '../../state/engine-actions.ts';
import { useApp } from '../../state/use-app.ts';
import { useStrings } from '../../strings/index.ts';
import { IconButton } from '../fields/icon-button.tsx';
import { NumberField } from '../fields/number-field.tsx';
import { SelectField } from '../fields/select-field.tsx';
import { SliderField } from '../fields/slider-field.tsx';
import { SwitchField } from '../fields/switch-field.tsx';
import { SizeFields } from './size-fields.tsx';

const LARGEST_SEED = 4294967295;

/** Every number that somebody who knows diffusion expects. */
export function DetailsPanel(): ReactNode {
  const text = useStrings();
  const editor = useApp((state) => state.editor);
  const ready = useApp((state) => state.engine.kind === 'ready');
  return (
    <section className="panel" aria-labelledby="details-title">
      <div className="panel-head">
        <h2 id="details-title">{text.sections.details}</h2>
        <IconButton label={text.details.reset} disabled={!ready} onClick={resetToDefaults}>
          <RotateCcw size={16} />
        </IconButton>
      </div>
      <div className="fields">
        <NumberField
          label={text.details.seed}
          min={0}
          max={LARGEST_SEED}
          step={1}
          value={editor.seed}
          onChange={(seed) => {
            // A seed that somebody typed is one they want.
            changeSettings({ seed, seedLocked: true }, 'seed');
          }}
        >
          <IconButton label={text.details.roll} shortcut="R" onClick={rollSeed}>
            <Dices size={16} />
          </IconButton>
          <IconButton
            label={text.details.lock}
            aria-pressed={editor.seedLocked}
            onClick={() => {
              changeSettings({ seedLocked: !editor.seedLocked }, 'seed');
              endStep();
            }}
          >
            {editor.seedLocked ? <Lock size={16} /> : <LockOpen size={16} />}
          </IconButton>
        </NumberField>
        <FewStepsSwitch />
        <div className="triple">
          <NumberField
            label={text.details.steps}
            min={1}
            max={200}
            step={1}
            value={editor.steps}
            onChange={(steps) => {
              changeSettings({ steps });
            }}
          />
          <NumberField
            label={text.details.guidance}
            min={0}
            max={30}
            step={0.1}
            value={editor.guidance}
            onChange={(guidance) => {
              changeSettings({ guidance });
            }}
          />
          <NumberField
            label={text.details.batch}
            min={1}
            max={MOST_IN_BATCH}
            step={1}
            value={editor.batch}
            onChange={(batch) => {
              changeSettings({ batch });
            }}
          />
        </div>
        <SliderField
          label={text.details.identity}
          min={0}
          max={2}
          step={0.05}
          value={editor.identityScale}
          onChange={(identityScale) => {
            changeSettings({ identityScale });
          }}
        />
        <SizeFields />
        <SelectField
          label={text.details.sampler}
          value={editor.sampler}
          options={SAMPLERS.map((sampler) => [sampler, text.details.samplers[sampler]] as const)}
          onChange={(sampler) => {
            changeSettings({ sampler });
            endStep();
          }}
        />
        <MachineFields />
      </div>
    </section>
  );
}

/** Where the open model brings a LoRA for few steps. */
function FewStepsSwitch(): ReactNode {
  const text = useStrings();
  const fewSteps = useApp(({ engine }) => (engine.kind === 'ready' ? engine.manifest.fewSteps : undefined));
  const on = useApp((state) => state.editor.fewSteps);
  const steps = useApp((state) => state.editor.steps);
  // It takes a place among the LoRAs of a picture.
  const full = useApp((state) => state.editor.loras.length >= MOST_LORAS);
  // A restored picture may have used one that is not here: it can be switched off.
  if (fewSteps === undefined && !on) return null;
  return (
    <SwitchField
      label={text.details.fewSteps(fewSteps?.steps ?? steps)}
      checked={on}
      disabled={!on && full}
      onChange={drawInFewSteps}
    />
  );
}

/** The model and what it runs on, with the reason. */
function MachineFields(): ReactNode {
  const text = useStrings();
  const engine = useApp((state) => state.engine);
  const pack = useApp((state) => state.editor.pack);
  const device = useApp((state) => state.preferences.device);
  const title = engine.kind === 'ready' ? engine.manifest.title : text.details.models.toybox;
  const packs = pack === EMBEDDED_PACK ? [EMBEDDED_PACK] : [EMBEDDED_PACK, pack];
  return (
    <>
      <SelectField
        label={text.details.model}
        value={pack}
        options={packs.map((id) => [id, id === pack ? title : text.details.models.toybox] as const)}
        onChange={choosePack}
      />
      <SelectField
        label={text.details.device}
        value={device}
        options={DEVICE_PREFERENCES.map((choice) => [choice, text.details.devices[choice]] as const)}
        onChange={chooseDevice}
      />
      {engine.kind === 'ready' && (
        <p className="muted device-note">
          <strong>{text.machine.deviceName(engine.device)}</strong>{' '}
          <span lang="en">{engine.device.reason}</span>
        </p>
      )}
    </>
  );
}
