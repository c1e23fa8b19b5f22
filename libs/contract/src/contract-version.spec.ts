import { contractVersion } from './contract-version.ts';

test('the contract has a version, the same each time', () => {
  expect(contractVersion()).toMatch(/^[0-9a-f]{16}$/);
  expect(contractVersion()).toBe(contractVersion());
});
