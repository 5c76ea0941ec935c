/** Whether there is room for a publication: by itself, and beside what its owner has published already. */
import type { PublicationCheck, PublicationVersion } from './publication.ts';
import type { PublishedSettings } from './settings.ts';

const GIB = 2 ** 30;
const KIB = 2 ** 10;

/** @param used bytes of its owner's other publications there, approved ones too */
export function checkSize(
  bytes: number,
  used: number,
  { owner, group }: Pick<PublicationVersion, 'owner' | 'group'>,
  { name, maxBytes, quotaBytes }: Pick<PublishedSettings, 'name' | 'maxBytes' | 'quotaBytes'>,
): PublicationCheck {
  const code = 'SIZE';
  if (bytes > maxBytes) {
    const message = `${sizeOf(bytes)} are more than the ${sizeOf(maxBytes)} that one publication may have: publish less, or ask the operator.`;
    return { code, state: 'FAILED', message };
  }
  const allowed = `${sizeOf(bytes)} of ${sizeOf(maxBytes)} are allowed.`;
  if (quotaBytes === null) return { code, state: 'PASSED', message: allowed };
  const whose = group === null ? `'${owner}'` : `the group '${group}'`;
  const quota = `of the ${sizeOf(quotaBytes)} that all publications of ${whose} may have in '${name}' together, others have ${sizeOf(used)}`;
  if (used + bytes > quotaBytes) {
    const message = `${sizeOf(bytes)} are asked for, and ${quota}: withdraw some, publish less, or ask the operator.`;
    return { code, state: 'FAILED', message };
  }
  return { code, state: 'PASSED', message: `${allowed} ${quota.charAt(0).toUpperCase()}${quota.slice(1)}.` };
}

function sizeOf(bytes: number): string {
  return bytes < GIB / 10 ? `${(bytes / KIB).toFixed(1)} KiB` : `${(bytes / GIB).toFixed(1)} GiB`;
}
