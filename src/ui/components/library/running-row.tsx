import { type ReactNode } from 'react';
import { bytesPerSecond, secondsToGo } from '../../model/install-pace.ts';
import { formatBytes } from '../../strings/numbers.ts';
import { type RunningInstall } from '../../state/library-state.ts';
import { useStrings } from '../../strings/index.ts';

/** From here on minutes say it better than seconds. */
const MINUTES_FROM = 90;

export interface RunningRowProps {
  readonly install: RunningInstall;
  readonly onPause: () => void;
}

/** An install under way: how far, how fast, how long still. */
export function RunningRow({ install, onPause }: RunningRowProps): ReactNode {
  const { library: text, run } = useStrings();
  const { title, doneBytes, totalBytes, pace } = install;
  const speed = bytesPerSecond(pace);
  const seconds = secondsToGo(pace, totalBytes);
  const left =
    seconds === null
      ? null
      : seconds < MINUTES_FROM
        ? run.secondsLeft(Math.ceil(seconds))
        : run.minutesLeft(Math.round(seconds / 60));
  const facts = [
    totalBytes === 0 ? text.checking : text.done(formatBytes(doneBytes), formatBytes(totalBytes)),
    ...(speed === null ? [] : [text.speed(formatBytes(speed))]),
    ...(left === null ? [] : [left]),
  ];
  return (
    <>
      <div>
        <strong>{title}</strong>
        <progress
          className="library-progress"
          aria-label={text.progress(title)}
          value={doneBytes}
          max={Math.max(totalBytes, 1)}
        />
        <p className="muted">{facts.join(' · ')}</p>
      </div>
      <button type="button" className="button small" aria-label={text.pause(title)} onClick={onPause}>
        {text.pauseShort}
      </button>
    </>
  );
}
