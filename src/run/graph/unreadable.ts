import { SatelliteError } from '../../butler/errors.ts';

/** What is answered to whoever gave a file that is not a quantum graph, or a damaged or hostile one. */
export function unreadable(why: string, cause?: unknown): SatelliteError {
  return new SatelliteError('BAD_USER_INPUT', `The quantum graph cannot be read: ${why}.`, { cause });
}

/** A name out of a file as a message may show it. */
export function shown(name: string): string {
  const visible = name.replace(/\p{C}/gu, '\u{fffd}');
  return `'${visible.length > 100 ? `${visible.slice(0, 100)}…` : visible}'`;
}
