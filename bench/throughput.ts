import autocannon from 'autocannon';

/** Requests a second that a server answers to one client with 8 connections. @throws Error when any request fails */
export async function requestsPerSecond(url: string, headers: Record<string, string>, body: string): Promise<number> {
  const result = await autocannon({ url, method: 'POST', headers, body, connections: 8, duration: 5 });
  if (result.errors > 0 || result.non2xx > 0) {
    const statuses = JSON.stringify(result.statusCodeStats);
    throw new Error(
      `${String(result.errors)} of ${String(result.requests.total)} requests broke, statuses: ${statuses}`,
    );
  }
  return result.requests.average;
}
