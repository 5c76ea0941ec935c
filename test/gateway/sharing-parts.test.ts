import { describeSharing } from './sharing-contract.ts';

describeSharing('SQLite', 'SQLITE', async () => 'satellites: {root: ./satellites}');
