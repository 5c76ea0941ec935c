/** Words of stock Butler's messages. */
import type { DataIdValue } from '../../../butler/data-id.ts';

/** A value as Python writes it. */
export function pythonRepr(value: DataIdValue): string {
  if (typeof value !== 'string') return value.toString();
  return value.includes("'") && !value.includes('"') ? `"${value}"` : `'${value.replaceAll("'", "\\'")}'`;
}
