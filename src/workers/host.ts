import type { HostPort } from './calls.ts';
import { type CallKind, type EngineCalls, PROTOCOL } from './protocol.ts';
import { type HandlersOf, serveCalls } from './serve-calls.ts';

export type Handlers = HandlersOf<EngineCalls>;

/** Calls that hold the device run one after another; the others answer at once. */
const QUEUED: Readonly<Record<CallKind, boolean>> = {
  'describe-device': true,
  'open-pack': true,
  generate: true,
  'install-lora': true,
  'inspect-photo': false,
};

/** Serves the engine's calls on a port. */
export function serveEngine(port: HostPort, handlers: Handlers): void {
  serveCalls<EngineCalls>(port, { protocol: PROTOCOL, handlers, queued: QUEUED });
}
