import { type ReactNode } from 'react';
import { Check, TriangleAlert, X } from 'lucide-react';
import { formatBytes } from '../../strings/numbers.ts';
import { durationOf } from '../../model/duration.ts';
import { type FitCandidate, type FitCell, type FitTable, fitTables } from '../../model/fit-table.ts';
import { machineMemory } from '../../state/memory-check.ts';
import { useLibrary } from '../../state/library-state.ts';
import { useApp } from '../../state/use-app.ts';
import { useStrings } from '../../strings/index.ts';

const ICONS = { fits: Check, tight: TriangleAlert, exceeds: X } as const;

/** What of the app's own model and the installed ones fits this machine. */
export function FitSection(): ReactNode {
  const text = useStrings();
  const contents = useLibrary((state) => state.contents);
  const embedded = useLibrary((state) => state.embedded);
  const installed = (contents?.entries ?? []).filter((entry) => entry.kind === 'installed');
  return (
    <section className="library-section" aria-labelledby="library-fit">
      <h3 id="library-fit">{text.fit.title}</h3>
      <FitTables candidates={[...(embedded === null ? [] : [embedded]), ...installed]} />
    </section>
  );
}

/** Candidates by sizes: whether they fit, memory at the peak, and time where it is known. */
export function FitTables({ candidates }: { readonly candidates: readonly FitCandidate[] }): ReactNode {
  const all = useStrings();
  const text = all.fit;
  const engine = useApp((state) => state.engine);
  if (engine.kind !== 'ready') return <p className="muted">{text.noDevice}</p>;
  const { device } = engine;
  const deviceBytes = machineMemory();
  return (
    <>
      {fitTables(candidates, { device, deviceBytes }).map((table) => (
        <OneTable key={table.columns.map(({ id }) => id).join()} table={table} />
      ))}
      <p className="muted">
        {text.lead} {text.machine(all.machine.deviceName(device))}{' '}
        {deviceBytes === null ? text.memoryUnknown : text.memory(formatBytes(deviceBytes))}{' '}
        {device.provider === 'webgpu' ? text.card : text.time}
      </p>
    </>
  );
}

function OneTable({ table: { columns, rows } }: { readonly table: FitTable }): ReactNode {
  const text = useStrings().fit;
  return (
    <table className="fit-table">
      <caption className="visually-hidden">
        {text.caption(columns.map(({ title }) => title).join(', '))}
      </caption>
      <thead>
        <tr>
          <th scope="col">{text.size}</th>
          {columns.map(({ id, title }) => (
            <th key={id} scope="col">
              {title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map(({ size: { width, height }, cells }) => (
          <tr key={`${width}×${height}`}>
            <th scope="row">
              {width} × {height}
            </th>
            {cells.map((cell, index) => (
              <td key={columns[index]?.id}>
                <Cell cell={cell} />
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Cell({ cell: { verdict, peakBytes, seconds } }: { readonly cell: FitCell }): ReactNode {
  const text = useStrings().fit;
  const Icon = ICONS[verdict];
  return (
    <>
      <span className="fit-verdict" data-verdict={verdict}>
        <Icon size={14} aria-hidden="true" />
        {text.verdicts[verdict]}
      </span>
      <span className="fit-cost muted">
        {formatBytes(peakBytes)}
        {seconds !== null && verdict !== 'exceeds' && (
          <>
            <br />
            {text.from(durationOf(text, seconds))}
          </>
        )}
      </span>
    </>
  );
}
