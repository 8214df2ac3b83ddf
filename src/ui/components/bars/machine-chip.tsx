import { Popover } from 'radix-ui';
import { type ReactNode } from 'react';
import { Cpu } from 'lucide-react';
import { formatBytes } from '../../strings/numbers.ts';
import { type EngineState } from '../../state/app-state.ts';
import { checkMemory } from '../../state/memory-check.ts';
import { useApp } from '../../state/use-app.ts';
import { useStrings } from '../../strings/index.ts';
import { StorageSection } from './storage-section.tsx';

/** The model and the device in a few words; a press tells the rest. */
export function MachineChip(): ReactNode {
  const text = useStrings();
  const engine = useApp((state) => state.engine);
  return (
    <Popover.Root>
      <Popover.Trigger asChild>
        <button type="button" className="machine-chip" data-state={engine.kind}>
          <Cpu size={16} aria-hidden="true" />
          {engine.kind === 'ready' ? (
            <>
              <span>{engine.manifest.title}</span>
              <span className="chip-device">{text.machine.deviceName(engine.device)}</span>
            </>
          ) : (
            <span>{engine.kind === 'starting' ? text.bar.engineStarting : text.bar.engineFailed}</span>
          )}
        </button>
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          className="popover machine"
          align="start"
          sideOffset={6}
          collisionPadding={12}
          aria-label={text.machine.title}
        >
          <h2>{text.machine.title}</h2>
          {engine.kind === 'ready' && <EngineFacts engine={engine} />}
          {engine.kind === 'failed' && <p className="muted">{engine.message}</p>}
          <StorageSection />
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}

function EngineFacts({ engine }: { readonly engine: Extract<EngineState, { kind: 'ready' }> }): ReactNode {
  const text = useStrings();
  const { manifest, device } = engine;
  const { need, offer, verdict } = checkMemory(engine);
  return (
    <dl>
      <dt>{text.machine.model}</dt>
      <dd>
        {manifest.title}. <span lang="en">{manifest.description}</span>
      </dd>
      <dt>{text.machine.can}</dt>
      <dd lang="en">{manifest.limits}</dd>
      <dt>{text.machine.device}</dt>
      <dd>
        {text.machine.deviceName(device)}. <span lang="en">{device.reason}</span>
      </dd>
      <dt>{text.machine.memory}</dt>
      <dd data-verdict={verdict}>
        {text.machine.memoryNeed(formatBytes(need))}{' '}
        {offer !== null && text.machine.memoryOffer(formatBytes(offer))}{' '}
        {verdict !== 'fits' && text.machine.memoryVerdicts[verdict]}
      </dd>
      <dt>{text.machine.licence}</dt>
      <dd>{manifest.licence.name}</dd>
    </dl>
  );
}
