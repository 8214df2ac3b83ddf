import { DropdownMenu } from 'radix-ui';
import { useRef, useState, type ReactNode } from 'react';
import { FolderOpen, Link, Plus } from 'lucide-react';
import { MOST_LORAS } from '../../model/loras.ts';
import { installLoraFile, stackLora } from '../../state/lora-actions.ts';
import { attempt } from '../../state/notices.ts';
import { useStrings } from '../../strings/index.ts';
import { HiddenFileInput } from '../fields/hidden-file-input.tsx';
import { LoraAddressDialog } from './lora-address-dialog.tsx';

export interface LoraMenuProps {
  /** Ids and titles of the LoRAs that are here and not on the stack. */
  readonly choices: readonly (readonly [id: string, title: string])[];
  /** LoRAs on the stack. */
  readonly stacked: number;
}

/** Stacks one more LoRA: one that is here, a file, or an address. */
export function LoraMenu({ choices, stacked }: LoraMenuProps): ReactNode {
  const text = useStrings();
  const [asking, setAsking] = useState(false);
  const picker = useRef<HTMLInputElement>(null);
  return (
    <>
      <DropdownMenu.Root modal={false}>
        <DropdownMenu.Trigger asChild>
          <button type="button" className="button quiet small" disabled={stacked >= MOST_LORAS}>
            <Plus size={16} aria-hidden="true" /> {text.relation.addLora}
          </button>
        </DropdownMenu.Trigger>
        <DropdownMenu.Content className="menu" align="start" sideOffset={6} collisionPadding={12}>
          <DropdownMenu.Item className="menu-item" onSelect={() => picker.current?.click()}>
            <FolderOpen size={16} aria-hidden="true" /> {text.relation.openFile}
          </DropdownMenu.Item>
          <DropdownMenu.Item
            className="menu-item"
            onSelect={() => {
              setAsking(true);
            }}
          >
            <Link size={16} aria-hidden="true" /> {text.relation.openAddress}
          </DropdownMenu.Item>
          {choices.length > 0 && <DropdownMenu.Separator className="menu-line" />}
          {choices.map(([id, title]) => (
            <DropdownMenu.Item
              key={id}
              className="menu-item"
              onSelect={() => {
                stackLora(id);
              }}
            >
              {title}
            </DropdownMenu.Item>
          ))}
        </DropdownMenu.Content>
      </DropdownMenu.Root>
      <HiddenFileInput
        picker={picker}
        label={text.relation.loraFile}
        accept=".safetensors"
        onFile={(file) => {
          attempt(() => installLoraFile(file));
        }}
      />
      <LoraAddressDialog open={asking} onOpenChange={setAsking} />
    </>
  );
}
