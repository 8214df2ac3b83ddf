import { useEffect, useState, type CSSProperties, type ReactNode } from 'react';
import { Play, RotateCw, Square, ZoomIn } from 'lucide-react';
import { fractionDone, secondsLeft, type Progress, type StepClock } from '../../model/time-left.ts';
import { type Editor } from '../../model/editor.ts';
import { obstaclesOf } from '../../model/request-mapping.ts';
import { type AppState } from '../../state/app-state.ts';
import { openEngine } from '../../state/engine-actions.ts';
import { generate, remedyFor } from '../../state/job-actions.ts';
import { cancel, retry } from '../../state/run-queue.ts';
import { useApp } from '../../state/use-app.ts';
import { isViewing, toggleViewer } from '../../state/viewer-actions.ts';
import { useStrings, type Strings } from '../../strings/index.ts';
import { formatNumber } from '../../strings/numbers.ts';
import { IconButton } from '../fields/icon-button.tsx';
import { DownloadButtons } from './download-buttons.tsx';
import { RelationHint } from './relation-hint.tsx';
import { MixSlider } from './mix-slider.tsx';
import { QueueChip } from './queue-chip.tsx';

/** Start, progress, stop, and what to do with the picture. */
export function RunBar(): ReactNode {
  const text = useStrings();
  const running = useApp((state) => state.job.kind === 'running');
  const cancelling = useApp(({ job }) => job.kind === 'running' && job.cancelling);
  const ready = useApp((state) => state.engine.kind === 'ready');
  const batch = useApp((state) => state.editor.batch);
  return (
    <div className="run-bar">
      <Trouble />
      <RelationHint />
      <ProgressLine />
      <div className="run-row">
        <button type="button" className="button primary large" disabled={!ready} onClick={generate}>
          <Play size={16} aria-hidden="true" /> {text.run.generate}
          {batch > 1 && <span aria-hidden="true">× {batch}</span>}
          {!running && (
            <kbd className="only-wide" aria-hidden="true">
              Ctrl ↵
            </kbd>
          )}
        </button>
        {running && (
          <button type="button" className="button large" disabled={cancelling} onClick={cancel}>
            <Square size={16} aria-hidden="true" /> {text.run.cancel}
          </button>
        )}
        <StatusLine />
        <QueueChip />
        <MixSlider />
        <ViewerToggle />
        <DownloadButtons />
      </div>
    </div>
  );
}

function ViewerToggle(): ReactNode {
  const text = useStrings();
  const usable = useApp(({ shown, job }) => shown !== null && job.kind !== 'running');
  const viewing = useApp(isViewing);
  if (!usable) return null;
  return (
    <IconButton
      label={text.viewer.open}
      shortcut="V"
      className="viewer-toggle"
      aria-pressed={viewing}
      onClick={toggleViewer}
    >
      <ZoomIn size={20} />
    </IconButton>
  );
}

function stageText(text: Strings, progress: Progress): string {
  switch (progress.stage) {
    case 'loading':
      return text.run.loading;
    case 'photos':
      return text.run.photos;
    case 'words':
      return text.run.words;
    case 'drawing':
      // Step 0 is the network being loaded.
      return progress.step === 0 ? text.run.loading : text.run.drawing(progress.step, progress.steps);
    case 'developing':
      return text.run.developing;
  }
}

/** What is missing before a picture can be made, in a few words; nothing is: ready. */
function readiness(text: Strings, editor: Editor): string {
  const [obstacle] = obstaclesOf(editor);
  if (obstacle === undefined) return text.run.idle;
  return obstacle.kind === 'no-prompt'
    ? text.run.needs['no-prompt']
    : text.run.needs[obstacle.kind](obstacle.object + 1);
}

function statusText(text: Strings, { job, engine, editor }: AppState): string {
  switch (job.kind) {
    case 'running':
      return job.cancelling ? text.run.cancelling : stageText(text, job.progress);
    case 'cancelled':
      return text.run.cancelled(job.atStep);
    case 'blocked':
      return readiness(text, editor);
    case 'failed':
      return text.run.failed;
    case 'done':
      return text.run.done(formatNumber(job.seconds, 1));
    case 'idle':
      return engine.kind === 'starting'
        ? text.run.starting
        : engine.kind === 'ready'
          ? readiness(text, editor)
          : '';
  }
}

function StatusLine(): ReactNode {
  const text = useStrings();
  const status = useApp((state) => statusText(text, state));
  const running = useApp(({ job }) => (job.kind === 'running' && !job.cancelling ? job : null));
  return (
    <div className="status-line">
      <p role="status">{status}</p>
      {running !== null && <TimeLeft clock={running.clock} progress={running.progress} />}
    </div>
  );
}

interface TimeLeftProps {
  readonly clock: StepClock | null;
  readonly progress: Progress;
}

/** Counts down between the steps; silent for screen readers, which hear the steps. */
function TimeLeft({ clock, progress }: TimeLeftProps): ReactNode {
  const text = useStrings();
  const [now, setNow] = useState(() => performance.now());
  useEffect(() => {
    const timer = setInterval(() => {
      setNow(performance.now());
    }, 1000);
    return () => {
      clearInterval(timer);
    };
  }, []);
  const seconds = secondsLeft(clock, progress, Math.max(now, clock?.lastAt ?? 0));
  if (seconds === null) return null;
  const shown =
    seconds < 90
      ? text.run.secondsLeft(Math.max(1, Math.ceil(seconds)))
      : text.run.minutesLeft(Math.round(seconds / 60));
  return (
    <p className="time-left muted" aria-hidden="true">
      {shown}
    </p>
  );
}

function ProgressLine(): ReactNode {
  const progress = useApp(({ job }) => (job.kind === 'running' ? job.progress : null));
  const style: CSSProperties = { '--done': progress === null ? 0 : fractionDone(progress) };
  return <div className="progress-line" data-running={progress !== null} style={style} aria-hidden="true" />;
}

function troubleText(text: Strings, { job, engine, editor }: AppState): string | null {
  if (engine.kind === 'failed') return engine.message;
  if (job.kind === 'failed') return job.message;
  if (job.kind !== 'blocked') return null;
  const [obstacle] = obstaclesOf(editor);
  if (obstacle === undefined) return null;
  return remedyFor(text, obstacle);
}

/** What went wrong and the way on; the work in the editor is untouched. */
function Trouble(): ReactNode {
  const text = useStrings();
  const message = useApp((state) => troubleText(text, state));
  const engineFailed = useApp((state) => state.engine.kind === 'failed');
  const retryable = useApp(({ job }) => job.kind === 'failed' && job.retryable);
  const cut = useApp(({ job }) => (job.kind === 'done' ? job.cutTexts : null));
  if (message === null) {
    if (cut === null || cut.length === 0) return null;
    return <p className="remark">{text.run.cut(cut.map((one) => one.text).join(' … '))}</p>;
  }
  return (
    <div className="trouble" role="alert">
      <p>{message}</p>
      {(engineFailed || retryable) && (
        <button
          type="button"
          className="button small"
          onClick={() => {
            if (engineFailed) openEngine();
            else retry();
          }}
        >
          <RotateCw size={14} aria-hidden="true" /> {text.run.retry}
        </button>
      )}
    </div>
  );
}
