/** What an answer says to somebody who compares it with another one. */

/** Headers that differ from one request to the next whatever is asked. */
const OF_THE_MOMENT = new Set([
  'date',
  'x-request-id',
  'x-ratelimit-remaining',
  'x-ratelimit-reset',
  'x-ratelimit-used',
]);

/** Status, headers and body as one text; of what changes from one request to the next the name only. */
export async function comparable(response: Response): Promise<string> {
  const headers = [...response.headers].map(([name, value]) => [name, OF_THE_MOMENT.has(name) ? '' : value]);
  return JSON.stringify([response.status, headers, await response.text()]);
}
