import { expect, test } from 'vitest';
import { auditDetail } from '../../src/access/audit-detail.ts';

test('the audit trail keeps what was asked for, short, and the job that goes on', () => {
  const uuids = Array.from({ length: 1_000 }, (_, i) => `uuid ${i}`);
  const detail = auditDetail(
    { satellite: 'mine', idempotencyKey: 'k', size: 2n ** 60n, doc: null, uuids },
    { job: 'j' },
  );
  expect(detail).toEqual({
    satellite: 'mine',
    size: '1152921504606846976',
    uuids: [...uuids.slice(0, 20), '… (1000 in all)'],
    job: 'j',
  });
  expect(auditDetail({ text: 'x'.repeat(1_000) }, null)['text']).toHaveLength(200);
});

test.each([
  ['a signature', 'https://s3.example/b/k?X-Amz-Signature=SECRET&x=1', 'https://s3.example/b/k'],
  ['a password', 'see postgresql://user:SECRET@host/db', 'see postgresql://host/db'],
  [
    'a capability',
    'https://g.example/files/alice~mine/~SECRET/00000000-0000-4000-8000-000000000000/x',
    'https://g.example/files/alice~mine/00000000-0000-4000-8000-000000000000/x',
  ],
  ['a Gafaelfawr token', 'my gt-SECRET.SECRET', 'my …'],
  ['a signed token', 'my eyJhbGciOi.eyJzdWIi.SECRET', 'my …'],
])('and never %s', (_what, text, kept) => {
  expect(auditDetail({ deep: [{ text }] }, null)).toEqual({ deep: [{ text: kept }] });
});
